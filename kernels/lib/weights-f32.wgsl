// A part of a matrix held as f32: 128 bytes a group of 32.
#import group

const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up
const SCALED: bool = false;
const DATA_LENGTH: u32 = 32u;    // ROWS * GROUPS * 8

@group(0) @binding(0) var<storage, read> data: array<vec4<f32>, DATA_LENGTH>; // [ROWS, GROUPS * 8]

fn weight_group(row: u32, group: u32) -> Group {
  let i = (row * GROUPS + group) * 8u;
  return Group(data[i], data[i + 1u], data[i + 2u], data[i + 3u], data[i + 4u], data[i + 5u], data[i + 6u], data[i + 7u]);
}

fn weight_scale(row: u32, group: u32) -> vec2<f32> { return vec2(1.0, 0.0); }
