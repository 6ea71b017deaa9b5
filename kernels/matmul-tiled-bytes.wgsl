// matmul-tiled of bytes (lib/x-bytes): a workgroup makes 32 rows of x times 64 rows of the weights, a group along K at a time;
// a thread makes 4 × 8 of them in registers.
#import step
#import x-bytes
#import input-${input}
#import epilogue-${epilogue}

const FIRST: u32 = 0u;           // row of the whole matrix that is row 0 of this part

@group(0) @binding(2) var<uniform> step: Step;

var<workgroup> tile_w: array<vec4<u32>, 128>;    // [8 along K, four bytes each][64 rows of the weights, four a vector]
var<workgroup> tile_x: array<vec4<u32>, 64>;     // [8 along K][32 rows of x]
var<workgroup> pairs_w: array<vec4<f32>, 32>;    // [scale, bias][64 rows]
var<workgroup> scales_x: array<vec4<f32>, 8>;
var<workgroup> factors: array<f32, 32>;          // of the rows of x

fn w_octet(n: u32, octet: u32) -> vec2<u32> { return weight_octet(min(n, ROWS - 1u), octet); }
fn w_pair(n: u32, group: u32) -> vec2<f32> { return weight_scale(min(n, ROWS - 1u), group); }

fn dots_by(w: vec4<u32>, x: u32) -> vec4<i32> { return vec4(dot4(w.x, x), dot4(w.y, x), dot4(w.z, x), dot4(w.w, x)); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = workgroup.x * 64u;
  let m = step.decode_rows + workgroup.y * 32u;
  let last = step.rows - 1u;
  // Loading: four rows of the weights of one octet; the first half has four rows of x too, the second the scales.
  let n0 = n + lane % 16u * 4u;
  let w_slot = lane / 16u * 32u + lane % 16u;
  let m0 = m + lane % 8u * 4u;
  let x_slot = lane / 8u * 16u + lane % 8u;
  // Multiplying: the thread's vectors of the weights are w and w + 8, of x is v.
  let w = lane % 8u;
  let v = lane / 8u;
  var y0a = vec4<f32>();
  var y0b = vec4<f32>();
  var y1a = vec4<f32>();
  var y1b = vec4<f32>();
  var y2a = vec4<f32>();
  var y2b = vec4<f32>();
  var y3a = vec4<f32>();
  var y3b = vec4<f32>();
  let end = select(GROUPS, 0u, step.rows == 0u); // not a constant: no driver unrolls the loop
  for (var group = 0u; group < end; group++) {
    let octet = group * 4u + lane / 16u;
    let a = w_octet(n0, octet);
    let b = w_octet(n0 + 1u, octet);
    let c = w_octet(n0 + 2u, octet);
    let d = w_octet(n0 + 3u, octet);
    workgroupBarrier();
    tile_w[w_slot] = vec4(a.x, b.x, c.x, d.x);
    tile_w[w_slot + 16u] = vec4(a.y, b.y, c.y, d.y);
    if (lane < 32u) {
      let at = group * 4u + lane / 8u;
      let e = x_octet(min(m0, last), at);
      let f = x_octet(min(m0 + 1u, last), at);
      let g = x_octet(min(m0 + 2u, last), at);
      let h = x_octet(min(m0 + 3u, last), at);
      tile_x[x_slot] = vec4(e.x, f.x, g.x, h.x);
      tile_x[x_slot + 8u] = vec4(e.y, f.y, g.y, h.y);
    } else if (lane < 48u) {
      let p = w_pair(n0, group);
      let q = w_pair(n0 + 1u, group);
      let r = w_pair(n0 + 2u, group);
      let s = w_pair(n0 + 3u, group);
      pairs_w[lane - 32u] = vec4(p.x, q.x, r.x, s.x);
      pairs_w[lane - 16u] = vec4(p.y, q.y, r.y, s.y);
    } else if (lane < 56u) {
      scales_x[lane - 48u] = vec4(
        x_scale(min(m0, last), group),
        x_scale(min(m0 + 1u, last), group),
        x_scale(min(m0 + 2u, last), group),
        x_scale(min(m0 + 3u, last), group),
      );
    }
    workgroupBarrier();
    var d0a = vec4<i32>();
    var d0b = vec4<i32>();
    var d1a = vec4<i32>();
    var d1b = vec4<i32>();
    var d2a = vec4<i32>();
    var d2b = vec4<i32>();
    var d3a = vec4<i32>();
    var d3b = vec4<i32>();
    var sums = vec4<i32>();
    for (var k = 0u; k < 8u; k++) {
      let wa = tile_w[k * 16u + w];
      let wb = tile_w[k * 16u + w + 8u];
      let xs = tile_x[k * 8u + v];
      sums += dots_by(xs, 0x01010101u);
      d0a += dots_by(wa, xs.x);
      d0b += dots_by(wb, xs.x);
      d1a += dots_by(wa, xs.y);
      d1b += dots_by(wb, xs.y);
      d2a += dots_by(wa, xs.z);
      d2b += dots_by(wb, xs.z);
      d3a += dots_by(wa, xs.w);
      d3b += dots_by(wb, xs.w);
    }
    let scale_a = pairs_w[w];
    let scale_b = pairs_w[w + 8u];
    let bias_a = pairs_w[w + 16u];
    let bias_b = pairs_w[w + 24u];
    let scale = scales_x[v];
    let sum = vec4<f32>(sums);
    y0a += (vec4<f32>(d0a) * scale_a + bias_a * sum.x) * scale.x;
    y0b += (vec4<f32>(d0b) * scale_b + bias_b * sum.x) * scale.x;
    y1a += (vec4<f32>(d1a) * scale_a + bias_a * sum.y) * scale.y;
    y1b += (vec4<f32>(d1b) * scale_b + bias_b * sum.y) * scale.y;
    y2a += (vec4<f32>(d2a) * scale_a + bias_a * sum.z) * scale.z;
    y2b += (vec4<f32>(d2b) * scale_b + bias_b * sum.z) * scale.z;
    y3a += (vec4<f32>(d3a) * scale_a + bias_a * sum.w) * scale.w;
    y3b += (vec4<f32>(d3b) * scale_b + bias_b * sum.w) * scale.w;
  }
  if (NORMED) {
    if (lane < 32u) { factors[lane] = norm_factor(square_sum(m + lane, 0u, 1u)); }
    workgroupBarrier();
  }
  // As in matmul-tiled.
  let count = select(8u, 0u, step.rows == 0u);
  for (var i = 0u; i < count; i++) {
    let at = v * 4u + i / 2u;
    var values = y0a;
    if (NORMED) { values *= factors[at]; }
    finish(m + at, n + w * 4u + i % 2u * 32u, values, step.rows);
    y0a = y0b;
    y0b = y1a;
    y1a = y1b;
    y1b = y2a;
    y2a = y2b;
    y2b = y3a;
    y3a = y3b;
  }
}
