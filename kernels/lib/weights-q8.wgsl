// A part of a matrix held as q8: 32 bytes a group of 32, weight = q * scale + bias, the pair as f16 in one u32.
#import group

const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up
const SCALED: bool = true;
const DATA_LENGTH: u32 = 8u;     // ROWS * GROUPS * 2
const SCALES_LENGTH: u32 = 4u;   // ROWS * GROUPS

@group(0) @binding(0) var<storage, read> data: array<vec4<u32>, DATA_LENGTH>; // [ROWS, GROUPS * 2], element i in byte i
@group(0) @binding(1) var<storage, read> scales: array<u32, SCALES_LENGTH>;   // [ROWS, GROUPS]

// Signed conversions: the values fit, and unsigned ones take three times the instructions on CPUs.
fn four_bytes(v: u32) -> vec4<f32> { return vec4<f32>(bitcast<vec4<i32>>((vec4(v) >> vec4(0u, 8u, 16u, 24u)) & vec4(255u))); }

fn weight_group(row: u32, group: u32) -> Group {
  let i = (row * GROUPS + group) * 2u;
  let p = data[i];
  let q = data[i + 1u];
  return Group(
    four_bytes(p.x), four_bytes(p.y), four_bytes(p.z), four_bytes(p.w),
    four_bytes(q.x), four_bytes(q.y), four_bytes(q.z), four_bytes(q.w),
  );
}

fn weight_scale(row: u32, group: u32) -> vec2<f32> { return unpack2x16float(scales[row * GROUPS + group]); }
