// Whoever changes the residual stream hands it over to the RMS norm that comes next: elements times the norm's weight, and
// the sums of their squares, four by four. What is left of the norm is a factor a row (input-normed).
const NEXT_SIZE: u32 = 64u;      // elements of a row
const NEXT_STRIDE: u32 = 64u;    // elements from row to row of normed
const SQUARE_STRIDE = (NEXT_SIZE + 15u) / 16u * 4u;

@group(0) @binding(6) var<storage, read> next_weight: array<f32>;    // [NEXT_SIZE]
@group(0) @binding(7) var<storage, read_write> normed: array<f32>;   // [M, NEXT_STRIDE]
@group(0) @binding(8) var<storage, read_write> squares_out: array<f32>; // [M, SQUARE_STRIDE]

fn hand_over_one(m: u32, n: u32, value: f32) -> f32 {
  if (n >= NEXT_SIZE) { return 0.0; }
  normed[m * NEXT_STRIDE + n] = value * next_weight[n];
  return value * value;
}

// Elements n to n + 3 of row m, n a multiple of 4.
fn hand_over(m: u32, n: u32, values: vec4<f32>) {
  if (n >= NEXT_SIZE) { return; }
  let a = hand_over_one(m, n, values.x) + hand_over_one(m, n + 1u, values.y);
  let b = hand_over_one(m, n + 2u, values.z) + hand_over_one(m, n + 3u, values.w);
  squares_out[m * SQUARE_STRIDE + n / 4u] = a + b;
}
