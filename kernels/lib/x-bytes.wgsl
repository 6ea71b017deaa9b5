// A product's x rounded to signed bytes, with a scale for each group of 32 (see quantize-bytes). Products with quanta are summed
// as integers, so exactly.
#import bytes-${weights}
#import bytes-dot-${dot}

// [M, X_PITCH]: eight bytes each, GROUPS * 4 of them, then the scales, two each
@group(0) @binding(3) var<storage, read> x: array<vec2<u32>>;

const X_PITCH = GROUPS * 4u + (GROUPS + 1u) / 2u;

alias Dots = vec4<i32>;          // of four rows of the weights
alias Sum = i32;                 // of x

fn x_octet(m: u32, octet: u32) -> vec2<u32> { return x[m * X_PITCH + octet]; }

fn x_scale(m: u32, group: u32) -> f32 {
  let pair = x[m * X_PITCH + GROUPS * 4u + group / 2u];
  return bitcast<f32>(select(pair.x, pair.y, group % 2u == 1u));
}

fn octet_dot(w: vec2<u32>, x: vec2<u32>) -> i32 { return dot4(w.x, x.x) + dot4(w.y, x.y); }

fn dots(a: vec2<u32>, b: vec2<u32>, c: vec2<u32>, d: vec2<u32>, x: vec2<u32>) -> Dots {
  return vec4(octet_dot(a, x), octet_dot(b, x), octet_dot(c, x), octet_dot(d, x));
}

fn sum_of(x: vec2<u32>) -> Sum { return octet_dot(vec2(0x01010101u), x); }

// Σ x (q scale + bias) of row m, from Σ x q and Σ x within a group.
fn weighted(dots: Dots, x: Sum, scale: vec4<f32>, bias: vec4<f32>, m: u32, group: u32) -> vec4<f32> {
  return (vec4<f32>(dots) * scale + bias * f32(x)) * x_scale(m, group);
}
