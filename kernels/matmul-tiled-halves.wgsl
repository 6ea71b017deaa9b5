enable f16;
// matmul-tiled with products in f16, eight along K at a time (lib/x-halves); their sums are f32. Quanta are scaled before.
#import step
#import x-halves
#import input-${input}
#import epilogue-${epilogue}

const FIRST: u32 = 0u;           // row of the whole matrix that is row 0 of this part

@group(0) @binding(2) var<uniform> step: Step;

// [weights, x][16 along K][64 rows, four a vector]
var<workgroup> tile: array<vec4<f16>, 512>;
var<workgroup> scales_x: array<vec4<f32>, 32>; // [2 octets][64 rows]
var<workgroup> factors: array<f32, 64>; // of the rows of x

fn weight_values(n: u32, octet: u32) -> Halves {
  let row = min(n, ROWS - 1u);
  let q = weight_octet(row, octet);
  let by = vec2<f16>(weight_scale(row, octet / 4u));
  return Halves(q.even * by.x + by.y, q.odd * by.x + by.y);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = workgroup.x * 64u;
  let m = step.decode_rows + workgroup.y * 64u;
  let last = step.rows - 1u;
  // As in matmul-tiled.
  let rows = lane % 16u * 4u;
  let half = lane / 16u % 2u;
  let slot = lane / 32u * 256u + half * 128u + lane % 16u;
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
    var a: Halves;
    var b: Halves;
    var c: Halves;
    var d: Halves;
    var scale: vec4<f32>;
    if (lane < 32u) {
      a = weight_values(n + rows, octet);
      b = weight_values(n + rows + 1u, octet);
      c = weight_values(n + rows + 2u, octet);
      d = weight_values(n + rows + 3u, octet);
    } else {
      let e = x_octet(min(m + rows, last), octet);
      let f = x_octet(min(m + rows + 1u, last), octet);
      let g = x_octet(min(m + rows + 2u, last), octet);
      let h = x_octet(min(m + rows + 3u, last), octet);
      a = e.values;
      b = f.values;
      c = g.values;
      d = h.values;
      scale = vec4(e.scale, f.scale, g.scale, h.scale);
    }
    workgroupBarrier();
    tile[slot] = vec4(a.even.x, b.even.x, c.even.x, d.even.x);
    tile[slot + 16u] = vec4(a.even.y, b.even.y, c.even.y, d.even.y);
    tile[slot + 32u] = vec4(a.even.z, b.even.z, c.even.z, d.even.z);
    tile[slot + 48u] = vec4(a.even.w, b.even.w, c.even.w, d.even.w);
    tile[slot + 64u] = vec4(a.odd.x, b.odd.x, c.odd.x, d.odd.x);
    tile[slot + 80u] = vec4(a.odd.y, b.odd.y, c.odd.y, d.odd.y);
    tile[slot + 96u] = vec4(a.odd.z, b.odd.z, c.odd.z, d.odd.z);
    tile[slot + 112u] = vec4(a.odd.w, b.odd.w, c.odd.w, d.odd.w);
    if (lane >= 32u) { scales_x[lane - 32u] = scale; }
    workgroupBarrier();
    for (var first = 0u; first < 256u; first += 128u) {
      var h0a = vec4<f16>();
      var h0b = vec4<f16>();
      var h1a = vec4<f16>();
      var h1b = vec4<f16>();
      var h2a = vec4<f16>();
      var h2b = vec4<f16>();
      var h3a = vec4<f16>();
      var h3b = vec4<f16>();
      var h4a = vec4<f16>();
      var h4b = vec4<f16>();
      var h5a = vec4<f16>();
      var h5b = vec4<f16>();
      var h6a = vec4<f16>();
      var h6b = vec4<f16>();
      var h7a = vec4<f16>();
      var h7b = vec4<f16>();
      for (var k = first; k < first + 128u; k += 16u) {
        let wa = tile[w + k];
        let wb = tile[w + k + 8u];
        let xa = tile[256u + v + k];
        let xb = tile[256u + v + k + 8u];
        h0a += wa * xa.x;
        h0b += wb * xa.x;
        h1a += wa * xa.y;
        h1b += wb * xa.y;
        h2a += wa * xa.z;
        h2b += wb * xa.z;
        h3a += wa * xa.w;
        h3b += wb * xa.w;
        h4a += wa * xb.x;
        h4b += wb * xb.x;
        h5a += wa * xb.y;
        h5b += wb * xb.y;
        h6a += wa * xb.z;
        h6b += wb * xb.z;
        h7a += wa * xb.w;
        h7b += wb * xb.w;
      }
      let scale_a = scales_x[first / 8u + v];
      let scale_b = scales_x[first / 8u + v + 8u];
      y0a += vec4<f32>(h0a) * scale_a.x;
      y0b += vec4<f32>(h0b) * scale_a.x;
      y1a += vec4<f32>(h1a) * scale_a.y;
      y1b += vec4<f32>(h1b) * scale_a.y;
      y2a += vec4<f32>(h2a) * scale_a.z;
      y2b += vec4<f32>(h2b) * scale_a.z;
      y3a += vec4<f32>(h3a) * scale_a.w;
      y3b += vec4<f32>(h3b) * scale_a.w;
      y4a += vec4<f32>(h4a) * scale_b.x;
      y4b += vec4<f32>(h4b) * scale_b.x;
      y5a += vec4<f32>(h5a) * scale_b.y;
      y5b += vec4<f32>(h5b) * scale_b.y;
      y6a += vec4<f32>(h6a) * scale_b.z;
      y6b += vec4<f32>(h6b) * scale_b.z;
      y7a += vec4<f32>(h7a) * scale_b.w;
      y7b += vec4<f32>(h7b) * scale_b.w;
    }
  }
  if (NORMED) {
    factors[lane] = norm_factor(square_sum(m + lane, 0u, 1u));
    workgroupBarrier();
  }
  let row = n + w * 4u;
  let own = v * 4u;
  let count = select(16u, 0u, step.rows == 0u); // see matmul-tiled
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
