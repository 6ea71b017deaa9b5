// Sums of 8 rows of the weights times TILE rows of x, as one thread makes them: over all of K, or over some of it. Quanta
// are summed unscaled, SPAN octets at a time. The order of a sum depends neither on TILE nor on the other rows of x.
#import step
#import x-${x}
#import input-${input}
#import epilogue-${epilogue}

const FIRST: u32 = 0u;           // row of the whole matrix that is row 0 of this part
const TILE: u32 = 1u;            // 1, 2, 4 or 8
const OF_OUTPUTS: bool = false;  // x has a row for each output of the step

@group(0) @binding(2) var<uniform> step: Step;

// For one row of x: rows 0–3 and 4–7 of the weights.
struct Eight { a: vec4<f32>, b: vec4<f32> }
struct Product { m0: Eight, m1: Eight, m2: Eight, m3: Eight, m4: Eight, m5: Eight, m6: Eight, m7: Eight }

// Of the octets [i * SPAN, i * SPAN + SPAN) for i = start, start + stride, … The importing kernel has SPAN (of 1, 2, 4). Rows
// beyond the matrix repeat its last.
fn product(row: u32, m: u32, start: u32, stride: u32) -> Product {
  let r0 = min(row, ROWS - 1u);
  let r1 = min(row + 1u, ROWS - 1u);
  let r2 = min(row + 2u, ROWS - 1u);
  let r3 = min(row + 3u, ROWS - 1u);
  let r4 = min(row + 4u, ROWS - 1u);
  let r5 = min(row + 5u, ROWS - 1u);
  let r6 = min(row + 6u, ROWS - 1u);
  let r7 = min(row + 7u, ROWS - 1u);
  var y: Product;
  // Always the first of the two: no constants, so that no driver unrolls the loops, which some take half a minute for.
  let end = select(GROUPS * 4u / SPAN, 0u, step.rows == 0u);
  let span = select(SPAN, 0u, SPAN > 1u && step.rows == 0u);
  for (var i = start; i < end; i += stride) {
    var a0 = Dots();
    var b0 = Dots();
    var s0 = Sum();
    var a1 = Dots();
    var b1 = Dots();
    var s1 = Sum();
    var a2 = Dots();
    var b2 = Dots();
    var s2 = Sum();
    var a3 = Dots();
    var b3 = Dots();
    var s3 = Sum();
    var a4 = Dots();
    var b4 = Dots();
    var s4 = Sum();
    var a5 = Dots();
    var b5 = Dots();
    var s5 = Sum();
    var a6 = Dots();
    var b6 = Dots();
    var s6 = Sum();
    var a7 = Dots();
    var b7 = Dots();
    var s7 = Sum();
    for (var octet = i * SPAN; octet < i * SPAN + span; octet++) {
      let w0 = weight_octet(r0, octet);
      let w1 = weight_octet(r1, octet);
      let w2 = weight_octet(r2, octet);
      let w3 = weight_octet(r3, octet);
      let w4 = weight_octet(r4, octet);
      let w5 = weight_octet(r5, octet);
      let w6 = weight_octet(r6, octet);
      let w7 = weight_octet(r7, octet);
      let x0 = x_octet(m, octet);
      a0 += dots(w0, w1, w2, w3, x0);
      b0 += dots(w4, w5, w6, w7, x0);
      s0 += sum_of(x0);
      if (TILE > 1u) {
        let x1 = x_octet(m + 1u, octet);
        a1 += dots(w0, w1, w2, w3, x1);
        b1 += dots(w4, w5, w6, w7, x1);
        s1 += sum_of(x1);
      }
      if (TILE > 2u) {
        let x2 = x_octet(m + 2u, octet);
        a2 += dots(w0, w1, w2, w3, x2);
        b2 += dots(w4, w5, w6, w7, x2);
        s2 += sum_of(x2);
        let x3 = x_octet(m + 3u, octet);
        a3 += dots(w0, w1, w2, w3, x3);
        b3 += dots(w4, w5, w6, w7, x3);
        s3 += sum_of(x3);
      }
      if (TILE > 4u) {
        let x4 = x_octet(m + 4u, octet);
        a4 += dots(w0, w1, w2, w3, x4);
        b4 += dots(w4, w5, w6, w7, x4);
        s4 += sum_of(x4);
        let x5 = x_octet(m + 5u, octet);
        a5 += dots(w0, w1, w2, w3, x5);
        b5 += dots(w4, w5, w6, w7, x5);
        s5 += sum_of(x5);
        let x6 = x_octet(m + 6u, octet);
        a6 += dots(w0, w1, w2, w3, x6);
        b6 += dots(w4, w5, w6, w7, x6);
        s6 += sum_of(x6);
        let x7 = x_octet(m + 7u, octet);
        a7 += dots(w0, w1, w2, w3, x7);
        b7 += dots(w4, w5, w6, w7, x7);
        s7 += sum_of(x7);
      }
    }
    let group = i * SPAN / 4u;
    let p0 = weight_scale(r0, group);
    let p1 = weight_scale(r1, group);
    let p2 = weight_scale(r2, group);
    let p3 = weight_scale(r3, group);
    let p4 = weight_scale(r4, group);
    let p5 = weight_scale(r5, group);
    let p6 = weight_scale(r6, group);
    let p7 = weight_scale(r7, group);
    let scale_a = vec4(p0.x, p1.x, p2.x, p3.x);
    let bias_a = vec4(p0.y, p1.y, p2.y, p3.y);
    let scale_b = vec4(p4.x, p5.x, p6.x, p7.x);
    let bias_b = vec4(p4.y, p5.y, p6.y, p7.y);
    y.m0.a += weighted(a0, s0, scale_a, bias_a, m, group);
    y.m0.b += weighted(b0, s0, scale_b, bias_b, m, group);
    if (TILE > 1u) {
      y.m1.a += weighted(a1, s1, scale_a, bias_a, m + 1u, group);
      y.m1.b += weighted(b1, s1, scale_b, bias_b, m + 1u, group);
    }
    if (TILE > 2u) {
      y.m2.a += weighted(a2, s2, scale_a, bias_a, m + 2u, group);
      y.m2.b += weighted(b2, s2, scale_b, bias_b, m + 2u, group);
      y.m3.a += weighted(a3, s3, scale_a, bias_a, m + 3u, group);
      y.m3.b += weighted(b3, s3, scale_b, bias_b, m + 3u, group);
    }
    if (TILE > 4u) {
      y.m4.a += weighted(a4, s4, scale_a, bias_a, m + 4u, group);
      y.m4.b += weighted(b4, s4, scale_b, bias_b, m + 4u, group);
      y.m5.a += weighted(a5, s5, scale_a, bias_a, m + 5u, group);
      y.m5.b += weighted(b5, s5, scale_b, bias_b, m + 5u, group);
      y.m6.a += weighted(a6, s6, scale_a, bias_a, m + 6u, group);
      y.m6.b += weighted(b6, s6, scale_b, bias_b, m + 6u, group);
      y.m7.a += weighted(a7, s7, scale_a, bias_a, m + 7u, group);
      y.m7.b += weighted(b7, s7, scale_b, bias_b, m + 7u, group);
    }
  }
  return y;
}
