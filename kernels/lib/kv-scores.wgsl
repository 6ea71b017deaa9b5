// What attention does between q·k and softmax, and which keys it sees; the same for decode and prefill.
const HEADS: u32 = 1u;          // query heads
const SCALE: f32 = 0.125f;
const SOFTCAP: f32 = 0.0f;      // logits end up in (-SOFTCAP, SOFTCAP); 0 = off
const WINDOW: u32 = 0u;         // keys a row sees at most, its own included; 0 = all
const GROUP = HEADS / KV_HEADS; // query heads that share a key head
const LOWEST = -1e30f;          // below any score, and still finite after a subtraction

fn shape_scores(dots: vec4<f32>) -> vec4<f32> {
  let scores = dots * SCALE;
  if (SOFTCAP == 0.0) { return scores; }
  // Some drivers' tanh overflows for large arguments; at 10 it is 1 in f32.
  let limit = vec4<f32>(10.0);
  return tanh(clamp(scores / SOFTCAP, -limit, limit)) * SOFTCAP;
}

// First key that the token at a position sees; the last is its own.
fn first_key(position: u32) -> u32 {
  if (WINDOW != 0u && position >= WINDOW) { return position - WINDOW + 1u; }
  return 0u;
}
