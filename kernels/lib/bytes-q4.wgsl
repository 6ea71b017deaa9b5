// A part of a matrix held as q4, its quanta as bytes. See weights-q4.
const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up

@group(0) @binding(0) var<storage, read> data: array<u32, ROWS * GROUPS * 4u>;
@group(0) @binding(1) var<storage, read> scales: array<u32, ROWS * GROUPS>;   // [ROWS, GROUPS]

fn weight_octet(row: u32, octet: u32) -> vec2<u32> {
  let v = data[row * GROUPS * 4u + octet];
  return vec2(v, v >> 4u) & vec2(0x0f0f0f0fu);
}

fn weight_scale(row: u32, group: u32) -> vec2<f32> { return unpack2x16float(scales[row * GROUPS + group]); }
