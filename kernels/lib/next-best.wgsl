// The product that makes the logits leaves the best of every four of them to sampling, behind them in their row: it reads a
// quarter then to find the best of all.
#import tamed

const TOKENS: u32 = 24u;         // logits of a row of y; (TOKENS + 3) / 4 more elements are their bests

// Elements n to n + 3 of row m, n a multiple of 4.
fn hand_over(m: u32, n: u32, values: vec4<f32>) {
  if (n >= TOKENS) { return; }
  let tame = vec4<f32>(tamed(values.x), tamed(values.y), tamed(values.z), tamed(values.w));
  let four = select(vec4<f32>(MASKED), tame, n + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(TOKENS));
  y[m * Y_STRIDE + TOKENS + n / 4u] = max(max(four.x, four.y), max(four.z, four.w));
}
