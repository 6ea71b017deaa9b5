// y[m, n] = Σ_k x[m, k] * weight[n, k] for the rows of prefill, by subgroup matrices: a workgroup makes 64 rows of x times 64
// rows of the weights through tiles in workgroup memory, a subgroup a quarter of them. Right for any number of subgroups, made
// for four: with fewer they take several turns, with more some only load.
#import step
#import weights-${weights}
#import input-${input}
#import epilogue-${epilogue}
#import subgroup-matrices

const FIRST: u32 = 0u;           // row of the whole matrix that is row 0 of this part
const THREADS: u32 = 128u;
const DEPTH: u32 = 32u;          // columns of the tiles: 16 or 32
const PITCH = DEPTH + 8u;        // their elements from row to row: other banks of memory for the next
const OCTETS = DEPTH / 8u;
const DOWN = 32u / SUB_M;        // a quarter in matrices
const ACROSS = 32u / SUB_N;
const QUADS = SUB_M * SUB_N / 4u;

@group(0) @binding(2) var<uniform> step: Step;
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>; // [M, GROUPS * 8]

var<workgroup> tile_x: array<Component, 64u * PITCH>;     // [64, PITCH]
var<workgroup> tile_w: array<Component, 64u * PITCH>;
var<workgroup> results: array<f32, 16u * QUADS>;          // [4 quarters, SUB_M, SUB_N]
var<workgroup> tops: array<atomic<u32>, 64>;              // bits of the largest element of each row of x
var<workgroup> scales_x: array<f32, 64>;                    // x is multiplied by them,
var<workgroup> factors: array<f32, 64>;                   // results are by these

// The largest elements, eight lanes a row: 128 bytes at a time.
fn find_tops(m: u32, lane: u32) {
  for (var row = lane / 8u; row < 64u; row += THREADS / 8u) {
    let start = min(m + row, step.rows - 1u) * GROUPS * 8u;
    var most = vec4<f32>();
    for (var i = lane % 8u; i < GROUPS * 8u; i += 8u) { most = max(most, abs(x[start + i])); }
    atomicMax(&tops[row], bitcast<u32>(max(max(most.x, most.y), max(most.z, most.w))));
  }
  workgroupBarrier();
}

// Powers of two, so that nothing is rounded; the largest element becomes 2^14 to 2^15, so that 2^-29 of it is no subnormal yet.
fn set_factors(m: u32, lane: u32) {
  for (var row = lane; row < 64u; row += THREADS) {
    var scale = 1.0;
    var factor = 1.0;
    if (NARROW) {
      let exponent = clamp(atomicLoad(&tops[row]) >> 23u, 15u, 254u);
      scale = bitcast<f32>((268u - exponent) << 23u);
      factor = bitcast<f32>((exponent - 14u) << 23u);
    }
    if (NORMED) { factor *= norm_factor(square_sum(min(m + row, step.rows - 1u), 0u, 1u)); }
    scales_x[row] = scale;
    factors[row] = factor;
  }
  workgroupBarrier();
}

fn load_tiles(n: u32, m: u32, start: u32, lane: u32) {
  for (var i = lane; i < 64u * OCTETS; i += THREADS) {
    let row = i / OCTETS;
    let octet = start + i % OCTETS;
    let at = row * PITCH + i % OCTETS * 8u;
    let w_row = min(n + row, ROWS - 1u);
    let w = weight_octet(w_row, octet);
    let pair = weight_scale(w_row, octet / 4u);
    let w_low = components(w.low * UNIT * pair.x + pair.y);
    let w_high = components(w.high * UNIT * pair.x + pair.y);
    tile_w[at] = w_low.x;
    tile_w[at + 1u] = w_low.y;
    tile_w[at + 2u] = w_low.z;
    tile_w[at + 3u] = w_low.w;
    tile_w[at + 4u] = w_high.x;
    tile_w[at + 5u] = w_high.y;
    tile_w[at + 6u] = w_high.z;
    tile_w[at + 7u] = w_high.w;
    let from_x = (min(m + row, step.rows - 1u) * GROUPS * 4u + octet) * 2u;
    let x_low = components(x[from_x] * scales_x[row]);
    let x_high = components(x[from_x + 1u] * scales_x[row]);
    tile_x[at] = x_low.x;
    tile_x[at + 1u] = x_low.y;
    tile_x[at + 2u] = x_low.z;
    tile_x[at + 3u] = x_low.w;
    tile_x[at + 4u] = x_high.x;
    tile_x[at + 5u] = x_high.y;
    tile_x[at + 6u] = x_high.z;
    tile_x[at + 7u] = x_high.w;
  }
}

fn matmul_matrices(workgroup: vec2<u32>, lane: u32, subgroup: u32, subgroups: u32) {
  let n = workgroup.x * 64u;
  let m = step.decode_rows + workgroup.y * 64u;
  if (NARROW) { find_tops(m, lane); }
  set_factors(m, lane);
  for (var turn = 0u; turn < 4u; turn += subgroups) {
    let quarter = min(turn + subgroup, 3u);
    let down = quarter / 2u * 32u * PITCH;
    let across = quarter % 2u * 32u * PITCH;
    var sums = array<Sums, DOWN * ACROSS>(); // zeros said: Tint leaves what a turn before left
    for (var start = 0u; start < GROUPS * 4u; start += OCTETS) {
      workgroupBarrier();
      load_tiles(n, m, start, lane);
      workgroupBarrier();
      for (var k = 0u; k < DEPTH; k += SUB_K) {
        var right: array<Right, ACROSS>;
        for (var j = 0u; j < ACROSS; j++) { right[j] = right_at(across + j * SUB_N * PITCH + k); }
        for (var i = 0u; i < DOWN; i++) {
          let left = left_at(down + i * SUB_M * PITCH + k);
          for (var j = 0u; j < ACROSS; j++) {
            sums[i * ACROSS + j] = multiplied(left, right[j], sums[i * ACROSS + j]);
          }
        }
      }
    }
    // Results move up, so that the code to finish one is there once; see matmul-tiled.
    let count = select(DOWN * ACROSS, 0u, step.rows == 0u);
    for (var i = 0u; i < count; i++) {
      workgroupBarrier();
      if (turn + subgroup < 4u) { write_sums(quarter * QUADS * 4u, sums[0]); }
      workgroupBarrier();
      for (var quad = turn * QUADS + lane; quad < min(turn + subgroups, 4u) * QUADS; quad += THREADS) {
        let block = quad / QUADS;
        let element = quad % QUADS * 4u;
        let row = block / 2u * 32u + i / ACROSS * SUB_M + element / SUB_N;
        let column = block % 2u * 32u + i % ACROSS * SUB_N + element % SUB_N;
        let at = quad * 4u;
        let values = vec4(results[at], results[at + 1u], results[at + 2u], results[at + 3u]);
        finish(m + row, n + column, values * factors[row], step.rows);
      }
      for (var j = 1u; j < DOWN * ACROSS; j++) { sums[j - 1u] = sums[j]; }
    }
  }
}
