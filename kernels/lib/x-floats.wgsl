// A product's x as it is, a vector a load.
#import dots-floats

@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>; // [M, GROUPS * 8]

fn x_octet(m: u32, octet: u32) -> Octet {
  let i = (m * GROUPS * 4u + octet) * 2u;
  return Octet(x[i], x[i + 1u]);
}
