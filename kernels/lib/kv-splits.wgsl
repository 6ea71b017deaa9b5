// How the keys of a decode row are split over workgroups. It depends on nothing but how many the row sees, so that its
// result is the same bits in every batch.
const TILE: u32 = 128u;         // keys a workgroup looks at together
const SPLIT_TILES: u32 = 1u;    // tiles a workgroup takes before there is a second one
const MAX_SPLITS: u32 = 32u;    // workgroups a row may have; with more keys each takes more tiles

fn keys_of_split(keys: u32) -> u32 {
  let tiles = (keys + TILE - 1u) / TILE;
  return max((tiles + MAX_SPLITS - 1u) / MAX_SPLITS, SPLIT_TILES) * TILE;
}

// Index of the first quad in partials: [decode rows, MAX_SPLITS, HEADS, QUADS + 1] quads. The first QUADS are the sum of
// exp(score - top) * value, the last one is (top, sum of exp(score - top), 0, 0).
fn partial_index(row: u32, split: u32, head: u32) -> u32 {
  return ((row * MAX_SPLITS + split) * HEADS + head) * (QUADS + 1u);
}
