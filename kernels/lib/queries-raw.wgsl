// Queries of decode as the product left them: each workgroup rotates its own, and the one that looks at the row's own key puts
// it and the value into the cache. So all heads of a key head must be in one workgroup (BUNDLES is 1).
#import rope

@group(0) @binding(2) var<storage, read> qkv: array<f32>;                       // [rows, (HEADS + 2 KV_HEADS) * HEAD_DIM]
@group(0) @binding(3) var<storage, read_write> keys: array<KvQuad>;             // see kv-pages
@group(0) @binding(4) var<storage, read_write> values: array<KvQuad>;
@group(0) @binding(7) var<storage, read> rope: array<vec2<f32>>;                // [NEAR + far, HALF] (cos, sin)

const QUERY_QUADS = GROUP * QUADS;
var<workgroup> queries: array<vec4<f32>, QUERY_QUADS>;

fn prepare(row: u32, position: u32, kv_head: u32, head: u32, heads: u32, block: u32, is_last: bool, lane: u32) {
  let start = row * (HEADS + 2u * KV_HEADS) * HEAD_DIM;
  for (var i = lane; i < heads * QUADS; i += LANES) {
    queries[i] = rotated_quad(start + (head + i / QUADS) * HEAD_DIM, i % QUADS * 4u, position);
  }
  if (is_last) {
    let key = key_index(block, kv_head, position % BLOCK);
    let value = value_index(block, kv_head, position % BLOCK);
    let own = start + (HEADS + kv_head) * HEAD_DIM;
    for (var i = lane; i < QUADS; i += LANES) {
      keys[key + i * BLOCK] = kv_pack(rotated_quad(own, i * 4u, position));
      values[value + i] = kv_pack(plain_quad(own + KV_HEADS * HEAD_DIM + i * 4u));
    }
  }
  storageBarrier();
  workgroupBarrier();
}

fn first_query(row: u32, head: u32) -> u32 { return 0u; }
fn query(i: u32) -> vec4<f32> { return queries[i]; }
