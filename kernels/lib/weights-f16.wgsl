// A part of a matrix held as f16, two in a u32: 64 bytes a group of 32. Needs no shader-f16.
#import group

const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up
const SCALED: bool = false;
const DATA_LENGTH: u32 = 16u;    // ROWS * GROUPS * 4

@group(0) @binding(0) var<storage, read> data: array<vec4<u32>, DATA_LENGTH>; // [ROWS, GROUPS * 4]

fn four_halves(v: vec2<u32>) -> vec4<f32> { return vec4(unpack2x16float(v.x), unpack2x16float(v.y)); }

fn weight_group(row: u32, group: u32) -> Group {
  let i = (row * GROUPS + group) * 4u;
  let p = data[i];
  let q = data[i + 1u];
  let r = data[i + 2u];
  let s = data[i + 3u];
  return Group(
    four_halves(p.xy), four_halves(p.zw), four_halves(q.xy), four_halves(q.zw),
    four_halves(r.xy), four_halves(r.zw), four_halves(s.xy), four_halves(s.zw),
  );
}

fn weight_scale(row: u32, group: u32) -> vec2<f32> { return vec2(1.0, 0.0); }
