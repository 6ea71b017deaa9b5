// Queries of decode that are rotated already, beside keys and values that are in the cache.
@group(0) @binding(2) var<storage, read> q: array<vec4<f32>>;                   // [rows, HEADS * QUADS]
@group(0) @binding(3) var<storage, read> keys: array<KvQuad>;                   // see kv-pages
@group(0) @binding(4) var<storage, read> values: array<KvQuad>;

fn prepare(row: u32, position: u32, kv_head: u32, head: u32, heads: u32, block: u32, is_last: bool, lane: u32) {}
fn first_query(row: u32, head: u32) -> u32 { return (row * HEADS + head) * QUADS; }
fn query(i: u32) -> vec4<f32> { return q[i]; }
