// A part of a matrix held as q4, its quanta as f16: 8 less, which the bias makes good. See weights-q4.
#import halves

const ROWS: u32 = 4u;
const GROUPS: u32 = 1u;          // columns / 32, rounded up

@group(0) @binding(0) var<storage, read> data: array<u32, ROWS * GROUPS * 4u>;
@group(0) @binding(1) var<storage, read> scales: array<u32, ROWS * GROUPS>;   // [ROWS, GROUPS]

fn pair(v: u32) -> vec2<f16> { return small_halves(v & 0x000f000fu, 8.0h); }

fn weight_octet(row: u32, octet: u32) -> Halves {
  let v = data[row * GROUPS * 4u + octet];
  return Halves(vec4(pair(v), pair(v >> 4u)), vec4(pair(v >> 8u), pair(v >> 12u)));
}

fn weight_scale(row: u32, group: u32) -> vec2<f32> {
  let both = unpack2x16float(scales[row * GROUPS + group]);
  return vec2(both.x, both.y + 8.0 * both.x);
}
