// SiLU.
#import gated

fn activated(gate: f32) -> f32 { return gate / (1.0 + exp(-gate)); }
