// Gathers the embedding of each row's token; tokens outside this part of the matrix are another launch's.
#import step
#import weights-${weights}

const FIRST: u32 = 0u;           // token of row 0 of this part
const HIDDEN: u32 = 32u;         // elements a row of out

@group(0) @binding(2) var<storage, read> rows: array<Row>;
@group(0) @binding(3) var<storage, read> slot_tokens: array<u32>;  // [slots]
@group(0) @binding(4) var<storage, read_write> out: array<f32>;    // [rows, HIDDEN]

fn put(at: u32, count: u32, v: vec4<f32>) {
  if (count > 0u) { out[at] = v.x; }
  if (count > 1u) { out[at + 1u] = v.y; }
  if (count > 2u) { out[at + 2u] = v.z; }
  if (count > 3u) { out[at + 3u] = v.w; }
}

fn left(count: u32, used: u32) -> u32 { return max(count, used) - used; }

const WIDTH: u32 = 32u;

// Workgroup (i, r): groups of 32 from i * WIDTH on of row r.
@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let group = id.x;
  if (group >= GROUPS) { return; }
  let row = rows[id.y];
  var token = row.token;
  if (token == TOKEN_OF_SLOT) { token = slot_tokens[row.slot]; }
  if (token < FIRST || token - FIRST >= ROWS) { return; }
  let w = weight_group(token - FIRST, group);
  let s = weight_scale(token - FIRST, group);
  let at = id.y * HIDDEN + group * 32u;
  let count = HIDDEN - group * 32u;
  put(at, count, w.a * s.x + s.y);
  put(at + 4u, left(count, 4u), w.b * s.x + s.y);
  put(at + 8u, left(count, 8u), w.c * s.x + s.y);
  put(at + 12u, left(count, 12u), w.d * s.x + s.y);
  put(at + 16u, left(count, 16u), w.e * s.x + s.y);
  put(at + 20u, left(count, 20u), w.f * s.x + s.y);
  put(at + 24u, left(count, 24u), w.g * s.x + s.y);
  put(at + 28u, left(count, 28u), w.h * s.x + s.y);
}
