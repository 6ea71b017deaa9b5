// A thread makes whole results, alone, with no barrier: best where threads are lanes of a CPU. Bound there by the loads,
// an address a lane each: hence 8 rows of weights a load of x, and a loop over octets short enough for the registers.
#import matmul-rows

const SPAN: u32 = 4u;            // a group, where it has a scale
const WIDTH: u32 = 16u;

fn finish_eight(m: u32, row: u32, values: Eight, count: u32) {
  finish(m, row, values.a, count);
  finish(m, row + 4u, values.b, count);
}

fn matmul_alone(thread: u32, tile: u32) {
  let row = thread * 8u;
  let m = tile * TILE;
  let y = product(row, m, 0u, 1u);
  let count = select(step.rows, step.outputs, OF_OUTPUTS);
  finish_eight(m, row, y.m0, count);
  if (TILE > 1u) { finish_eight(m + 1u, row, y.m1, count); }
  if (TILE > 2u) {
    finish_eight(m + 2u, row, y.m2, count);
    finish_eight(m + 3u, row, y.m3, count);
  }
}
