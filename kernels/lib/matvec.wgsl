// y[m, n] = Σ_k x[m, k] * weight[n, k] for the few rows of decode, or those of the outputs: a workgroup makes 8 rows of
// the weights times TILE rows of x, its lanes side by side along K. Bound by the reading of the weights. Grid (rows of x / TILE,
// rows of the weights / 8): neighbours read the same weights.
#import matmul-rows

const SPAN: u32 = 1u;
const WIDTH: u32 = 64u;          // a multiple of 8
const PITCH: u32 = WIDTH + 8u;   // of a value's lanes in partial: keeps the reads below off each other's banks

const HELD = select(TILE, 4u, TILE > 4u); // rows of x that there is workgroup memory for
const VALUES = select(8u, 9u, NORMED) * HELD;
var<workgroup> partial: array<f32, VALUES * PITCH>; // [HELD, 8 rows, lanes], then [HELD, lanes] of squares

fn put(lane: u32, m: u32, values: Eight) {
  let at = m * 8u * PITCH + lane;
  partial[at] = values.a.x;
  partial[at + PITCH] = values.a.y;
  partial[at + 2u * PITCH] = values.a.z;
  partial[at + 3u * PITCH] = values.a.w;
  partial[at + 4u * PITCH] = values.b.x;
  partial[at + 5u * PITCH] = values.b.y;
  partial[at + 6u * PITCH] = values.b.z;
  partial[at + 7u * PITCH] = values.b.w;
}

fn total(value: u32) -> f32 {
  let at = value * PITCH;
  return ((partial[at] + partial[at + 1u]) + (partial[at + 2u] + partial[at + 3u])) +
    ((partial[at + 4u] + partial[at + 5u]) + (partial[at + 6u] + partial[at + 7u]));
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * 8u;
  let m = workgroup.x * TILE;
  var y = product(row, m, lane, WIDTH);
  let end = select(TILE, 0u, TILE > 4u && step.rows == 0u); // not a constant where there are two rounds: see matmul-alone
  for (var first = 0u; first < end; first += HELD) {
    if (first > 0u) { workgroupBarrier(); }
    put(lane, 0u, y.m0);
    if (TILE > 1u) { put(lane, 1u, y.m1); }
    if (TILE > 2u) {
      put(lane, 2u, y.m2);
      put(lane, 3u, y.m3);
    }
    if (TILE > 4u) {
      y.m0 = y.m4;
      y.m1 = y.m5;
      y.m2 = y.m6;
      y.m3 = y.m7;
    }
    if (NORMED) {
      for (var i = 0u; i < HELD; i++) {
        partial[(8u * HELD + i) * PITCH + lane] = square_sum(m + first + i, lane, WIDTH);
      }
    }
    workgroupBarrier();
    // Every eighth lane's to one of eight, then those to one.
    for (var i = lane; i < VALUES * 8u; i += WIDTH) {
      let at = i / 8u * PITCH + i % 8u;
      var sum = 0.0;
      for (var j = 0u; j < WIDTH; j += 8u) { sum += partial[at + j]; }
      partial[at] = sum;
    }
    workgroupBarrier();
    if (lane < 2u * HELD) {
      let count = select(step.decode_rows, step.outputs, OF_OUTPUTS);
      var values = vec4(total(lane * 4u), total(lane * 4u + 1u), total(lane * 4u + 2u), total(lane * 4u + 3u));
      if (NORMED) { values *= norm_factor(total(8u * HELD + lane / 2u)); }
      finish(m + first + lane / 2u, row + lane % 2u * 4u, values, count);
    }
  }
}
