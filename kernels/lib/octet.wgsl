// 8 neighbours along K: the unit in which weights and activations are read. Fields instead of an array, so that no
// compiler is tempted to index it at run time.
struct Octet { low: vec4<f32>, high: vec4<f32> }

fn octet_dot(w: Octet, x: Octet) -> f32 { return dot(w.low, x.low) + dot(w.high, x.high); }

fn octet_sum(x: Octet) -> f32 {
  let sum = x.low + x.high;
  return (sum.x + sum.y) + (sum.z + sum.w);
}
