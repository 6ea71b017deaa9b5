// Logits as sampling sees them.

const MASKED: f32 = -3e38f;   // no probability
const ALIVE: f32 = -1e38f;    // above it: has probability

// NaN and -inf have no probability, +inf the most a logit may have. Compilers may assume that there is no NaN: test bits.
fn tamed(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) < 0x7f800000u) { return clamp(x, MASKED, -ALIVE); }
  return select(MASKED, -ALIVE, bits == 0x7f800000u);
}
