// A stand-in for kernels/lib/matrices-f16 where there is no shader-f16: the same values, held as f32.
alias Component = f32;
const NARROW: bool = true;

fn components(v: vec4<f32>) -> vec4<Component> { return quantizeToF16(v); }
