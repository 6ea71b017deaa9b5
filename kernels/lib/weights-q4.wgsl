// A part of a matrix held as q4: 16 bytes a group of 32, weight = q * scale + bias, the pair as f16 in one u32.
#import group

const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up
const SCALED: bool = true;
const DATA_LENGTH: u32 = 4u;     // ROWS * GROUPS
const SCALES_LENGTH: u32 = 4u;   // ROWS * GROUPS

// [ROWS, GROUPS], a u32 holds elements 0–3 in the low nibbles of its bytes and 4–7 in the high ones
@group(0) @binding(0) var<storage, read> data: array<vec4<u32>, DATA_LENGTH>;
@group(0) @binding(1) var<storage, read> scales: array<u32, SCALES_LENGTH>;   // [ROWS, GROUPS]

// Signed conversions: the values fit, and unsigned ones take three times the instructions on CPUs.
fn low_nibbles(v: u32) -> vec4<f32> { return vec4<f32>(bitcast<vec4<i32>>((vec4(v) >> vec4(0u, 8u, 16u, 24u)) & vec4(15u))); }
fn high_nibbles(v: u32) -> vec4<f32> { return vec4<f32>(bitcast<vec4<i32>>((vec4(v) >> vec4(4u, 12u, 20u, 28u)) & vec4(15u))); }

fn weight_group(row: u32, group: u32) -> Group {
  let v = data[row * GROUPS + group];
  return Group(
    low_nibbles(v.x), high_nibbles(v.x), low_nibbles(v.y), high_nibbles(v.y),
    low_nibbles(v.z), high_nibbles(v.z), low_nibbles(v.w), high_nibbles(v.w),
  );
}

fn weight_scale(row: u32, group: u32) -> vec2<f32> { return unpack2x16float(scales[row * GROUPS + group]); }
