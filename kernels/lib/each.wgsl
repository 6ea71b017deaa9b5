// What an epilogue does to each result by itself: bias, scale, then what its `write_one` does, which returns what y holds
// afterwards.
#import next-${next}

const Y_STRIDE: u32 = 32u;       // elements a row of y
const BIASED: bool = false;      // else some other read-only buffer is bound as bias
const Y_SCALE: f32 = 1.0f;       // multiplies the result

@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [M, Y_STRIDE]
@group(0) @binding(5) var<storage, read> bias: array<f32>;    // [rows of the whole matrix]

fn finish_one(m: u32, row: u32, value: f32) -> f32 {
  if (row >= ROWS) { return 0.0; }
  let n = FIRST + row;
  var z = value;
  if (BIASED) { z += bias[n]; }
  if (Y_SCALE != 1.0) { z *= Y_SCALE; }
  return write_one(m * Y_STRIDE + n, z);
}

fn finish(m: u32, row: u32, values: vec4<f32>, count: u32) {
  if (m >= count) { return; }
  let x = finish_one(m, row, values.x);
  let y = finish_one(m, row + 1u, values.y);
  let z = finish_one(m, row + 2u, values.z);
  let w = finish_one(m, row + 3u, values.w);
  if (row < ROWS) { hand_over(m, FIRST + row, vec4(x, y, z, w)); }
}
