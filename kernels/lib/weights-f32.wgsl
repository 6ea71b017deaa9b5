// A part of a matrix held as f32: 128 bytes a group of 32.
#import octet

const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up
const SCALED: bool = false;
const UNIT = vec4<f32>(1.0);

@group(0) @binding(0) var<storage, read> data: array<vec4<f32>, ROWS * GROUPS * 8u>; // [ROWS, GROUPS * 8]

fn weight_octet(row: u32, octet: u32) -> Octet {
  let i = (row * GROUPS * 4u + octet) * 2u;
  return Octet(data[i], data[i + 1u]);
}

fn weight_scale(row: u32, group: u32) -> vec2<f32> { return vec2(1.0, 0.0); }
