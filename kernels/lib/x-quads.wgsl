// A product's x as it is, where subgroups are known: each lane of a quad loads one of four elements that all four need. The
// importing kernel sets `lane`.
#import dots-floats

@group(0) @binding(3) var<storage, read> x: array<f32>; // [M, GROUPS * 32]

var<private> lane: u32;

fn quad(v: f32) -> vec4<f32> {
  return vec4(quadBroadcast(v, 0u), quadBroadcast(v, 1u), quadBroadcast(v, 2u), quadBroadcast(v, 3u));
}

fn x_octet(m: u32, octet: u32) -> Octet {
  let i = (m * GROUPS * 4u + octet) * 8u + lane;
  return Octet(quad(x[i]), quad(x[i + 4u]));
}
