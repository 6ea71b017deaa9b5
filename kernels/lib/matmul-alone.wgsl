// A thread makes whole results, alone, with no barrier: best where threads are lanes of a CPU. Bound there by the loads,
// an address a lane each: hence 8 rows of weights a load of x, and a loop over octets short enough for the registers.
// The importing kernel has row_square_sum(m): square_sum of all quads.
#import matmul-rows

const SPAN: u32 = 4u;            // a group, where it has a scale
const WIDTH: u32 = 16u;
const OF_DECODE: bool = false;   // rows of decode only

fn matmul_alone(thread: u32, tile: u32) {
  let row = thread * 8u;
  let m = tile * TILE;
  var y = product(row, m, 0u, 1u);
  let count = select(select(step.rows, step.decode_rows, OF_DECODE), step.outputs, OF_OUTPUTS);
  var factor = 1.0;
  // Results move up, so that the code to finish one is there once: drivers take long to compile it, and to index an array.
  let end = select(2u * TILE, 0u, step.rows == 0u); // not a constant: no driver unrolls the loop
  for (var i = 0u; i < end; i++) {
    let at = m + i / 2u;
    if (NORMED && i % 2u == 0u) { factor = norm_factor(row_square_sum(at)); }
    finish(at, row + i % 2u * 4u, y.m0.a * factor, count);
    y.m0.a = y.m0.b;
    if (TILE > 1u) {
      y.m0.b = y.m1.a;
      y.m1.a = y.m1.b;
    }
    if (TILE > 2u) {
      y.m1.b = y.m2.a;
      y.m2.a = y.m2.b;
      y.m2.b = y.m3.a;
      y.m3.a = y.m3.b;
    }
    if (TILE > 4u) {
      y.m3.b = y.m4.a;
      y.m4.a = y.m4.b;
      y.m4.b = y.m5.a;
      y.m5.a = y.m5.b;
      y.m5.b = y.m6.a;
      y.m6.a = y.m6.b;
      y.m6.b = y.m7.a;
      y.m7.a = y.m7.b;
    }
  }
}
