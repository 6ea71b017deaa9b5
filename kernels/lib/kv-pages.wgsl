// Where a token's key and value lie in the paged cache; src/webgpu/kv-cache.ts sets the constants. A quad is 4 elements of
// a head. Keys have the tokens of a block side by side, so that a thread a key reads next to its neighbour; values have the
// quads of a token side by side, for a thread a quad.
const BLOCK: u32 = 16u;        // tokens a block holds
const TABLE: u32 = 128u;       // entries a row of block_tables
const KV_HEADS: u32 = 1u;
const HEAD_DIM: u32 = 64u;
const QUADS = HEAD_DIM / 4u;

// keys: [blocks, KV_HEADS, QUADS, BLOCK] quads. A token's first quad; the next one is BLOCK further.
fn key_index(block: u32, kv_head: u32, token: u32) -> u32 {
  return (block * KV_HEADS + kv_head) * QUADS * BLOCK + token;
}

// values: [blocks, KV_HEADS, BLOCK, QUADS] quads. A token's first quad; the next one is 1 further.
fn value_index(block: u32, kv_head: u32, token: u32) -> u32 {
  return ((block * KV_HEADS + kv_head) * BLOCK + token) * QUADS;
}
