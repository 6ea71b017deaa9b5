// Rotary embedding (Su et al. 2021) of the queries and keys of each row, and its keys and values into the paged cache.
// A thread makes one quad; grid (quads of a row / WIDTH, rows).
#import step
#import kv-pages
#import kv-${kv}

const HEADS: u32 = 1u;         // query heads
const ROTATE: bool = true;     // false: a layer without positions
const HALF: u32 = 32u;         // rotated elements of a head come in pairs (i, i + HALF); those from 2 HALF on stay
const INTERLEAVED: bool = false; // pairs are (2i, 2i + 1)
const NEAR: u32 = 256u;        // positions in the near part of the rope table
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> rows: array<Row>;
@group(0) @binding(1) var<storage, read> block_tables: array<u32>;      // [slots, TABLE]
@group(0) @binding(2) var<storage, read> rope: array<vec2<f32>>;        // [NEAR + far, HALF] (cos, sin)
@group(0) @binding(3) var<storage, read> qkv: array<f32>;               // [rows, (HEADS + 2 KV_HEADS) * HEAD_DIM]
@group(0) @binding(4) var<storage, read_write> q: array<vec4<f32>>;     // [rows, HEADS * QUADS]
@group(0) @binding(5) var<storage, read_write> keys: array<KvQuad>;     // see kv-pages
@group(0) @binding(6) var<storage, read_write> values: array<KvQuad>;

// Angles of large positions lose their digits in f32. So the table holds cos and sin of position % NEAR and of
// position - position % NEAR, computed in f64, and the sum's come by the addition theorem.
fn turn(position: u32, pair: u32) -> vec2<f32> {
  let near = rope[(position % NEAR) * HALF + pair];
  let far = rope[(NEAR + position / NEAR) * HALF + pair];
  return vec2<f32>(near.x * far.x - near.y * far.y, near.y * far.x + near.x * far.y);
}

fn rotated(head: u32, d: u32, position: u32) -> f32 {
  let x = qkv[head + d];
  if (!ROTATE || (2u * HALF < HEAD_DIM && d >= 2u * HALF)) { return x; }
  var is_first = d < HALF;
  var pair = select(d - HALF, d, is_first);
  var partner = select(d - HALF, d + HALF, is_first);
  if (INTERLEAVED) {
    is_first = d % 2u == 0u;
    pair = d / 2u;
    partner = d ^ 1u;
  }
  let other = qkv[head + partner];
  let t = turn(position, pair);
  return x * t.x + select(other, -other, is_first) * t.y;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let head = id.x / QUADS;
  if (head >= HEADS + 2u * KV_HEADS) { return; }
  let quad = id.x % QUADS;
  let row = id.y;
  let position = rows[row].position;
  let start = (row * (HEADS + 2u * KV_HEADS) + head) * HEAD_DIM;
  let d = quad * 4u;
  let block = block_tables[rows[row].slot * TABLE + position / BLOCK];

  if (head >= HEADS + KV_HEADS) {
    let x = start + d;
    let value = vec4<f32>(qkv[x], qkv[x + 1u], qkv[x + 2u], qkv[x + 3u]);
    values[value_index(block, head - HEADS - KV_HEADS, position % BLOCK) + quad] = kv_pack(value);
    return;
  }
  let y = vec4<f32>(
    rotated(start, d, position),
    rotated(start, d + 1u, position),
    rotated(start, d + 2u, position),
    rotated(start, d + 3u, position),
  );
  if (head < HEADS) {
    q[(row * HEADS + head) * QUADS + quad] = y;
  } else {
    keys[key_index(block, head - HEADS, position % BLOCK) + quad * BLOCK] = kv_pack(y);
  }
}
