// A part of a matrix held as q8, its quanta as signed bytes: 128 less, which the bias makes good. See weights-q8.
const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up

@group(0) @binding(0) var<storage, read> data: array<vec2<u32>, ROWS * GROUPS * 4u>; // [ROWS, GROUPS * 4]
@group(0) @binding(1) var<storage, read> scales: array<u32, ROWS * GROUPS>;   // [ROWS, GROUPS]

fn weight_octet(row: u32, octet: u32) -> vec2<u32> { return data[row * GROUPS * 4u + octet] ^ vec2(0x80808080u); }

fn weight_scale(row: u32, group: u32) -> vec2<f32> {
  let pair = unpack2x16float(scales[row * GROUPS + group]);
  return vec2(pair.x, pair.y + 128.0 * pair.x);
}
