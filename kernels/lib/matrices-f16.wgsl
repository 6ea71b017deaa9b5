enable f16;
// What subgroup matrices are made of: f16. Rows of x are scaled into its range first.
alias Component = f16;
const NARROW: bool = true;

fn components(v: vec4<f32>) -> vec4<Component> { return vec4<Component>(v); }
