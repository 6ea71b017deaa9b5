// GELU by its approximation with tanh (Hendrycks & Gimpel 2016).
#import gated

fn activated(gate: f32) -> f32 {
  // (1 + tanh u) / 2 = 1 / (1 + exp(-2u)), which overflows nowhere; u = sqrt(2 / pi) (gate + 0.044715 gate^3)
  let twice = 1.5957691216057308 * (gate + 0.044715 * gate * gate * gate);
  return gate / (1.0 + exp(-twice));
}
