// y[m, n] = Σ_k x[m, k] * weight[n, k] for the rows of prefill: a workgroup makes 64 rows of x times 64 rows of the weights
// through tiles in workgroup memory, 16 along K at a time; a thread makes 8 × 8 of them in registers.
#import step
#import weights-${weights}
#import input-${input}
#import epilogue-${epilogue}

const FIRST: u32 = 0u;           // row of the whole matrix that is row 0 of this part

@group(0) @binding(2) var<uniform> step: Step;
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>; // [M, GROUPS * 8]

// [weights, x][16 along K][64 rows, four a vector]
var<workgroup> tile: array<vec4<f32>, 512>;
var<workgroup> factors: array<f32, 64>; // of the rows of x

fn weight_values(n: u32, octet: u32) -> Octet {
  let row = min(n, ROWS - 1u);
  let w = weight_octet(row, octet);
  let pair = weight_scale(row, octet / 4u);
  return Octet(w.low * UNIT * pair.x + pair.y, w.high * UNIT * pair.x + pair.y);
}

fn x_values(m: u32, octet: u32) -> Octet {
  let i = (min(m, step.rows - 1u) * GROUPS * 4u + octet) * 2u;
  return Octet(x[i], x[i + 1u]);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = workgroup.x * 64u;
  let m = step.decode_rows + workgroup.y * 64u;
  // Loading: the first half of the threads has the weights, the second x; each four rows of one octet.
  let rows = lane % 16u * 4u;
  let half = lane / 16u % 2u;
  let slot = lane / 32u * 256u + half * 128u + lane % 16u;
  // Multiplying: the thread's vectors of the weights are w and w + 8, of x are v and v + 8.
  let w = lane % 8u;
  let v = 256u + lane / 8u;
  var y0a = vec4<f32>();
  var y0b = vec4<f32>();
  var y1a = vec4<f32>();
  var y1b = vec4<f32>();
  var y2a = vec4<f32>();
  var y2b = vec4<f32>();
  var y3a = vec4<f32>();
  var y3b = vec4<f32>();
  var y4a = vec4<f32>();
  var y4b = vec4<f32>();
  var y5a = vec4<f32>();
  var y5b = vec4<f32>();
  var y6a = vec4<f32>();
  var y6b = vec4<f32>();
  var y7a = vec4<f32>();
  var y7b = vec4<f32>();
  for (var start = 0u; start < GROUPS * 4u; start += 2u) {
    let octet = start + half;
    var a: Octet;
    var b: Octet;
    var c: Octet;
    var d: Octet;
    if (lane < 32u) {
      a = weight_values(n + rows, octet);
      b = weight_values(n + rows + 1u, octet);
      c = weight_values(n + rows + 2u, octet);
      d = weight_values(n + rows + 3u, octet);
    } else {
      a = x_values(m + rows, octet);
      b = x_values(m + rows + 1u, octet);
      c = x_values(m + rows + 2u, octet);
      d = x_values(m + rows + 3u, octet);
    }
    workgroupBarrier();
    tile[slot] = vec4(a.low.x, b.low.x, c.low.x, d.low.x);
    tile[slot + 16u] = vec4(a.low.y, b.low.y, c.low.y, d.low.y);
    tile[slot + 32u] = vec4(a.low.z, b.low.z, c.low.z, d.low.z);
    tile[slot + 48u] = vec4(a.low.w, b.low.w, c.low.w, d.low.w);
    tile[slot + 64u] = vec4(a.high.x, b.high.x, c.high.x, d.high.x);
    tile[slot + 80u] = vec4(a.high.y, b.high.y, c.high.y, d.high.y);
    tile[slot + 96u] = vec4(a.high.z, b.high.z, c.high.z, d.high.z);
    tile[slot + 112u] = vec4(a.high.w, b.high.w, c.high.w, d.high.w);
    workgroupBarrier();
    for (var k = 0u; k < 256u; k += 16u) {
      let wa = tile[w + k];
      let wb = tile[w + k + 8u];
      let xa = tile[v + k];
      let xb = tile[v + k + 8u];
      y0a += wa * xa.x;
      y0b += wb * xa.x;
      y1a += wa * xa.y;
      y1b += wb * xa.y;
      y2a += wa * xa.z;
      y2b += wb * xa.z;
      y3a += wa * xa.w;
      y3b += wb * xa.w;
      y4a += wa * xb.x;
      y4b += wb * xb.x;
      y5a += wa * xb.y;
      y5b += wb * xb.y;
      y6a += wa * xb.z;
      y6b += wb * xb.z;
      y7a += wa * xb.w;
      y7b += wb * xb.w;
    }
  }
  if (NORMED) {
    factors[lane] = norm_factor(square_sum(m + lane, 0u, 1u));
    workgroupBarrier();
  }
  let row = n + w * 4u;
  let own = lane / 8u * 4u;
  // Results move up, so that the code to finish one is there once; not a constant, so that no driver unrolls the loop: that
  // takes some of them a minute.
  let count = select(16u, 0u, step.rows == 0u);
  for (var i = 0u; i < count; i++) {
    let at = own + i / 8u * 32u + i / 2u % 4u;
    var values = y0a;
    if (NORMED) { values *= factors[at]; }
    finish(m + at, row + i % 2u * 32u, values, step.rows);
    y0a = y0b;
    y0b = y1a;
    y1a = y1b;
    y1b = y2a;
    y2a = y2b;
    y2b = y3a;
    y3a = y3b;
    y3b = y4a;
    y4a = y4b;
    y4b = y5a;
    y5a = y5b;
    y5b = y6a;
    y6a = y6b;
    y6b = y7a;
    y7a = y7b;
  }
}
