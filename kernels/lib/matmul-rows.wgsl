// y[m, n] = Σ_k x[m, k] * weight[n, k]: a thread makes 8 rows of the weights times TILE rows of x, alone, with no barrier.
// Best where threads are lanes of a CPU. The sum of a result runs in the same order whatever TILE and the other rows are.
// Bound there by the loads, an address a lane each: hence 8 rows a load of x, and a loop over octets short enough for the
// registers.
#import step
#import weights-${weights}
#import epilogue-${epilogue}

const FIRST: u32 = 0u;           // row of the whole matrix that is row 0 of this part
const TILE: u32 = 1u;            // 1, 2 or 4
const OF_OUTPUTS: bool = false;  // x has step.outputs rows, else step.rows
const WIDTH: u32 = 16u;

@group(0) @binding(2) var<uniform> step: Step;

fn dots(a: Octet, b: Octet, c: Octet, d: Octet, x: Octet) -> vec4<f32> {
  let scaled = Octet(x.low * UNIT, x.high * UNIT);
  return vec4(octet_dot(a, scaled), octet_dot(b, scaled), octet_dot(c, scaled), octet_dot(d, scaled));
}

// x_octet(m, octet) is the importing kernel's. `id`: row / 8, `tile`: m / TILE.
fn matmul_rows(id: u32, tile: u32) {
  let row = id * 8u;
  let r0 = min(row, ROWS - 1u);
  let r1 = min(row + 1u, ROWS - 1u);
  let r2 = min(row + 2u, ROWS - 1u);
  let r3 = min(row + 3u, ROWS - 1u);
  let r4 = min(row + 4u, ROWS - 1u);
  let r5 = min(row + 5u, ROWS - 1u);
  let r6 = min(row + 6u, ROWS - 1u);
  let r7 = min(row + 7u, ROWS - 1u);
  let m = tile * TILE;
  var y0a = vec4<f32>();
  var y0b = vec4<f32>();
  var y1a = vec4<f32>();
  var y1b = vec4<f32>();
  var y2a = vec4<f32>();
  var y2b = vec4<f32>();
  var y3a = vec4<f32>();
  var y3b = vec4<f32>();
  for (var group = 0u; group < GROUPS; group++) {
    var d0a = vec4<f32>();
    var d0b = vec4<f32>();
    var d1a = vec4<f32>();
    var d1b = vec4<f32>();
    var d2a = vec4<f32>();
    var d2b = vec4<f32>();
    var d3a = vec4<f32>();
    var d3b = vec4<f32>();
    var s0 = vec4<f32>();
    var s1 = vec4<f32>();
    var s2 = vec4<f32>();
    var s3 = vec4<f32>();
    for (var octet = group * 4u; octet < group * 4u + 4u; octet++) {
      let w0 = weight_octet(r0, octet);
      let w1 = weight_octet(r1, octet);
      let w2 = weight_octet(r2, octet);
      let w3 = weight_octet(r3, octet);
      let w4 = weight_octet(r4, octet);
      let w5 = weight_octet(r5, octet);
      let w6 = weight_octet(r6, octet);
      let w7 = weight_octet(r7, octet);
      let x0 = x_octet(m, octet);
      d0a += dots(w0, w1, w2, w3, x0);
      d0b += dots(w4, w5, w6, w7, x0);
      s0 += x0.low + x0.high;
      if (TILE > 1u) {
        let x1 = x_octet(m + 1u, octet);
        d1a += dots(w0, w1, w2, w3, x1);
        d1b += dots(w4, w5, w6, w7, x1);
        s1 += x1.low + x1.high;
      }
      if (TILE > 2u) {
        let x2 = x_octet(m + 2u, octet);
        d2a += dots(w0, w1, w2, w3, x2);
        d2b += dots(w4, w5, w6, w7, x2);
        s2 += x2.low + x2.high;
        let x3 = x_octet(m + 3u, octet);
        d3a += dots(w0, w1, w2, w3, x3);
        d3b += dots(w4, w5, w6, w7, x3);
        s3 += x3.low + x3.high;
      }
    }
    let p0 = weight_scale(r0, group);
    let p1 = weight_scale(r1, group);
    let p2 = weight_scale(r2, group);
    let p3 = weight_scale(r3, group);
    let p4 = weight_scale(r4, group);
    let p5 = weight_scale(r5, group);
    let p6 = weight_scale(r6, group);
    let p7 = weight_scale(r7, group);
    let scale_a = vec4(p0.x, p1.x, p2.x, p3.x);
    let scale_b = vec4(p4.x, p5.x, p6.x, p7.x);
    let bias_a = vec4(p0.y, p1.y, p2.y, p3.y);
    let bias_b = vec4(p4.y, p5.y, p6.y, p7.y);
    y0a += weighted(d0a, s0, scale_a, bias_a);
    y0b += weighted(d0b, s0, scale_b, bias_b);
    if (TILE > 1u) {
      y1a += weighted(d1a, s1, scale_a, bias_a);
      y1b += weighted(d1b, s1, scale_b, bias_b);
    }
    if (TILE > 2u) {
      y2a += weighted(d2a, s2, scale_a, bias_a);
      y2b += weighted(d2b, s2, scale_b, bias_b);
      y3a += weighted(d3a, s3, scale_a, bias_a);
      y3b += weighted(d3b, s3, scale_b, bias_b);
    }
  }
  let count = select(step.rows, step.outputs, OF_OUTPUTS);
  finish(m, row, y0a, count);
  finish(m, row + 4u, y0b, count);
  if (TILE > 1u) {
    finish(m + 1u, row, y1a, count);
    finish(m + 1u, row + 4u, y1b, count);
  }
  if (TILE > 2u) {
    finish(m + 2u, row, y2a, count);
    finish(m + 2u, row + 4u, y2b, count);
    finish(m + 3u, row, y3a, count);
    finish(m + 3u, row + 4u, y3b, count);
  }
}

// Σ x (q scale + bias) of a group, from Σ x q and the sums of x.
fn weighted(dots: vec4<f32>, x: vec4<f32>, scale: vec4<f32>, bias: vec4<f32>) -> vec4<f32> {
  if (!SCALED) { return dots; }
  return dots * scale + bias * ((x.x + x.y) + (x.z + x.w));
}
