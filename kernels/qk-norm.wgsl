// RMS norms of each row's queries and keys in place, before they are rotated: of each head, or of all heads at once. A
// workgroup normalises one segment; grid (segments of a row, rows).
const Q_SEGMENTS: u32 = 1u;       // of the queries
const Q_SIZE: u32 = 64u;          // elements of such a segment
const K_SIZE: u32 = 64u;          // elements of a segment of the keys, which come after all queries
const STRIDE: u32 = 192u;         // elements from row to row
const EPS: f32 = 1e-5f;
const WIDTH: u32 = 32u;

@group(0) @binding(0) var<storage, read> weight: array<f32>;    // [Q_SIZE + K_SIZE]
@group(0) @binding(1) var<storage, read_write> qkv: array<f32>; // [rows, STRIDE]

var<workgroup> partial: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var at = group.x * Q_SIZE;
  var size = Q_SIZE;
  var first = 0u;                 // weight of the segment's first element
  if (group.x >= Q_SEGMENTS) {
    at = Q_SEGMENTS * Q_SIZE + (group.x - Q_SEGMENTS) * K_SIZE;
    size = K_SIZE;
    first = Q_SIZE;
  }
  at += group.y * STRIDE;
  var squares = 0.0;
  for (var i = lane; i < size; i += WIDTH) { squares += qkv[at + i] * qkv[at + i]; }
  if (WIDTH > 1u) {
    partial[lane] = squares;
    workgroupBarrier();
    for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
      if (lane < half) { partial[lane] += partial[lane + half]; }
      workgroupBarrier();
    }
    squares = partial[0];
  }
  let scale = inverseSqrt(squares / f32(size) + EPS);
  for (var i = lane; i < size; i += WIDTH) { qkv[at + i] *= scale * weight[first + i]; }
}
