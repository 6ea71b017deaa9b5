// A part of a matrix held as f16, two in a u32: 64 bytes a group of 32. Needs no shader-f16.
#import octet

const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up
const SCALED: bool = false;
const UNIT = vec4<f32>(1.0);

@group(0) @binding(0) var<storage, read> data: array<vec4<u32>, ROWS * GROUPS * 4u>; // [ROWS, GROUPS * 4]

fn weight_octet(row: u32, octet: u32) -> Octet {
  let v = data[row * GROUPS * 4u + octet];
  return Octet(
    vec4(unpack2x16float(v.x), unpack2x16float(v.y)),
    vec4(unpack2x16float(v.z), unpack2x16float(v.w)),
  );
}

fn weight_scale(row: u32, group: u32) -> vec2<f32> { return vec2(1.0, 0.0); }
