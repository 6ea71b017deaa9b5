// What subgroup matrices are made of: f32.
alias Component = f32;
const NARROW: bool = false;

fn components(v: vec4<f32>) -> vec4<Component> { return v; }
