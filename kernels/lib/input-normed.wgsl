// A product's input that its RMS norm has still to divide: x holds residual * weight, and whoever wrote it left the sums of
// squares (see next-norm). The same factor for a whole row, so it is applied to the product's results.
const NORMED: bool = true;
const NORM_SIZE: u32 = 64u;      // elements of a row
const NORM_EPS: f32 = 1e-5f;
const SQUARE_QUADS = (NORM_SIZE + 15u) / 16u;

@group(0) @binding(9) var<storage, read> squares: array<vec4<f32>>; // [M, SQUARE_QUADS], the pads zero

// Of every stride-th quad from start on; all of them make the row's sum.
fn square_sum(m: u32, start: u32, stride: u32) -> f32 {
  var sum = vec4<f32>();
  let end = select(SQUARE_QUADS, 0u, step.rows == 0u); // not a constant: no driver unrolls the loop
  for (var i = start; i < end; i += stride) { sum += squares[m * SQUARE_QUADS + i]; }
  return (sum.x + sum.y) + (sum.z + sum.w);
}

fn norm_factor(sum: f32) -> f32 { return inverseSqrt(sum / f32(NORM_SIZE) + NORM_EPS); }
