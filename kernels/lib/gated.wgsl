// y = activated(gate) * up (Shazeer 2020), by an epilogue that says what activated is. Row 2i of the matrix is gate i and
// row 2i + 1 is up i, so both are at hand.
const Y_STRIDE: u32 = 32u;       // elements a row of y
const MATRIX_ROWS: u32 = 4u;     // rows of the whole matrix
const BIASED: bool = false;      // else some other read-only buffer is bound as bias

@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [M, Y_STRIDE]
@group(0) @binding(5) var<storage, read> bias: array<f32>;    // [MATRIX_ROWS], gates, then ups

fn finish_pair(m: u32, row: u32, pair: vec2<f32>) {
  if (row >= ROWS) { return; }
  let i = (FIRST + row) / 2u;
  var gate = pair.x;
  var up = pair.y;
  if (BIASED) {
    gate += bias[i];
    up += bias[MATRIX_ROWS / 2u + i];
  }
  y[m * Y_STRIDE + i] = activated(gate) * up;
}

fn finish(m: u32, row: u32, values: vec4<f32>, count: u32) {
  if (m >= count) { return; }
  finish_pair(m, row, values.xy);
  finish_pair(m, row + 2u, values.zw);
}
