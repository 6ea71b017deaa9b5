// Rotary embedding of the queries and keys of each row, and its keys and values into the paged cache. A thread makes one
// quad; grid (quads of a row / WIDTH, rows).
#import step
#import kv-pages
#import kv-${kv}
#import rope

const HEADS: u32 = 1u;         // query heads
const OF_PREFILL: bool = false; // rows of prefill only
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> rows: array<Row>;
@group(0) @binding(1) var<storage, read> block_tables: array<u32>;      // [slots, TABLE]
@group(0) @binding(2) var<storage, read> rope: array<vec2<f32>>;        // [NEAR + far, HALF] (cos, sin)
@group(0) @binding(3) var<storage, read> qkv: array<f32>;               // [rows, (HEADS + 2 KV_HEADS) * HEAD_DIM]
@group(0) @binding(4) var<storage, read_write> q: array<vec4<f32>>;     // [rows, HEADS * QUADS]
@group(0) @binding(5) var<storage, read_write> keys: array<KvQuad>;     // see kv-pages
@group(0) @binding(6) var<storage, read_write> values: array<KvQuad>;
@group(0) @binding(7) var<uniform> step: Step;

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let head = id.x / QUADS;
  if (head >= HEADS + 2u * KV_HEADS) { return; }
  let quad = id.x % QUADS;
  let row = id.y + select(0u, step.decode_rows, OF_PREFILL);
  let position = rows[row].position;
  let start = (row * (HEADS + 2u * KV_HEADS) + head) * HEAD_DIM;
  let d = quad * 4u;
  let block = block_tables[rows[row].slot * TABLE + position / BLOCK];

  if (head >= HEADS + KV_HEADS) {
    values[value_index(block, head - HEADS - KV_HEADS, position % BLOCK) + quad] = kv_pack(plain_quad(start + d));
    return;
  }
  let y = rotated_quad(start, d, turns_of(d, position));
  if (head < HEADS) {
    q[(row * HEADS + head) * QUADS + quad] = y;
  } else {
    keys[key_index(block, head - HEADS, position % BLOCK) + quad * BLOCK] = kv_pack(y);
  }
}
