// A part of a matrix held as q4: 16 bytes a group of 32, weight = q * scale + bias, the pair as f16 in one u32.
#import octet

const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up
const SCALED: bool = true;
// A quantum stays in its place in the word, so an element reads as q / UNIT; the other factor is multiplied by UNIT, exactly.
const UNIT = vec4<f32>(1.0, 0x1p-8, 0x1p-16, 0x1p-24);

// [ROWS, GROUPS * 4], each u32 with elements 0–3 in the low nibbles of its bytes and 4–7 in the high ones
@group(0) @binding(0) var<storage, read> data: array<u32, ROWS * GROUPS * 4u>;
@group(0) @binding(1) var<storage, read> scales: array<u32, ROWS * GROUPS>;   // [ROWS, GROUPS]

// Masks, no shifts by lane, and conversions from i32: on CPUs the others take many instructions.
fn four_quanta(v: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(vec4(v) & vec4(0xfu, 0xf00u, 0xf0000u, 0xf000000u)));
}

fn weight_octet(row: u32, octet: u32) -> Octet {
  let v = data[row * GROUPS * 4u + octet];
  return Octet(four_quanta(v), four_quanta(v >> 4u));
}

fn weight_scale(row: u32, group: u32) -> vec2<f32> { return unpack2x16float(scales[row * GROUPS + group]); }
