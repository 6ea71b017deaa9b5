// Gathers the embedding of each row's token; tokens outside this part of the matrix are another launch's.
#import step
#import weights-${weights}
#import next-${next}

const FIRST: u32 = 0u;           // token of row 0 of this part
const HIDDEN: u32 = 32u;         // elements of a row
const STRIDE: u32 = 32u;         // elements from row to row of out; what is beyond HIDDEN stays as it is
const OUT_SCALE: f32 = 1.0f;     // multiplies each element
const WIDTH: u32 = 32u;

@group(0) @binding(2) var<storage, read> rows: array<Row>;
@group(0) @binding(3) var<storage, read> slot_tokens: array<u32>;  // [slots]
@group(0) @binding(4) var<storage, read_write> out: array<f32>;    // [rows, STRIDE]

// Up to four elements from `column` on, none beyond the row.
fn put(row: u32, column: u32, v: vec4<f32>) {
  let at = row * STRIDE + column;
  if (column < HIDDEN) { out[at] = v.x; }
  if (column + 1u < HIDDEN) { out[at + 1u] = v.y; }
  if (column + 2u < HIDDEN) { out[at + 2u] = v.z; }
  if (column + 3u < HIDDEN) { out[at + 3u] = v.w; }
  hand_over(row, column, v);
}

// An octet a thread; the workgroup's y is the row.
@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let octet = id.x;
  if (octet >= GROUPS * 4u) { return; }
  let row = rows[id.y];
  var token = row.token;
  if (token == TOKEN_OF_SLOT) { token = slot_tokens[row.slot]; }
  if (token < FIRST || token - FIRST >= ROWS) { return; }
  let w = weight_octet(token - FIRST, octet);
  let pair = weight_scale(token - FIRST, octet / 4u);
  put(id.y, octet * 8u, (w.low * UNIT * pair.x + pair.y) * OUT_SCALE);
  put(id.y, octet * 8u + 4u, (w.high * UNIT * pair.x + pair.y) * OUT_SCALE);
}
