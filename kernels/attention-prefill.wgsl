// Attention of prefill rows over the paged cache, which holds the chunk's own keys already. A query is a (row, head) pair;
// those of one key head are numbered row by row. A workgroup takes QUERIES of them and goes through the keys in tiles with a
// running softmax; grid (queries / QUERIES, KV_HEADS).
// A thread has four queries (a component each). With these it first owns four keys of the tile, which it scores, then one
// quad of the head, which it sums over all keys of the tile. Two barriers a tile. Tiles lie at multiples of TILE, so that a
// row's result is the same bits however its sequence is cut into chunks and chunks into workgroups.
#import step
#import kv-pages
#import kv-scores
#import kv-${kv}

const LANES: u32 = 128u;
const SPAN: u32 = 16u;                 // lanes that share four queries, at least QUADS
const OUT_QUADS: u32 = 16u;            // quads a row of out
const TILE = 4u * SPAN;                // keys
const QUERIES = LANES / SPAN * 4u;

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> rows: array<Row>;
@group(0) @binding(2) var<storage, read> block_tables: array<u32>;          // [slots, TABLE]
@group(0) @binding(3) var<storage, read> q: array<vec4<f32>>;               // [rows, HEADS * QUADS]
@group(0) @binding(4) var<storage, read> keys: array<KvQuad>;               // see kv-pages
@group(0) @binding(5) var<storage, read> values: array<KvQuad>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4<f32>>;       // [rows, OUT_QUADS]

const PROBS = QUERIES / 4u * TILE;
var<workgroup> probs: array<vec4<f32>, PROBS>;      // [QUERIES / 4, TILE]
var<workgroup> tops: array<vec4<f32>, LANES>;       // [QUERIES / 4, SPAN]
var<workgroup> places: array<u32, TILE>;            // of the keys' values

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let queries = (step.rows - step.decode_rows) * GROUP;
  let first_query = group.x * QUERIES;
  if (first_query >= queries) { return; }
  let last_query = min(first_query + QUERIES, queries) - 1u;
  let last_row = step.decode_rows + last_query / GROUP;
  let kv_head = group.y;

  let own = lane / SPAN;                // which four queries
  let index = lane % SPAN;              // which four keys, then which quad
  let in_tile = own < QUERIES / 4u;
  // Queries past the last one repeat it and are never written.
  let query = first_query + min(own, QUERIES / 4u - 1u) * 4u + vec4<u32>(0u, 1u, 2u, 3u);
  let known = min(query, vec4<u32>(last_query));
  let row = step.decode_rows + known / GROUP;
  let head = row * HEADS + kv_head * GROUP + known % GROUP;
  let q_at = head * QUADS;
  let position = vec4<u32>(rows[row.x].position, rows[row.y].position, rows[row.z].position, rows[row.w].position);
  let seen_from = vec4<u32>(
    first_key(position.x), first_key(position.y), first_key(position.z), first_key(position.w),
  );

  var top = vec4<f32>(LOWEST);
  var weight = vec4<f32>();
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();

  // Each sequence that has rows here in turn; queries of the others see nothing meanwhile.
  var next_row = step.decode_rows + first_query / GROUP;
  while (next_row <= last_row) {
    let slot = rows[next_row].slot;
    let low = first_key(rows[next_row].position);
    let since = next_row;
    next_row++;
    while (next_row <= last_row) {
      if (rows[next_row].slot != slot) { break; }
      next_row++;
    }
    let high = rows[next_row - 1u].position; // the last key that any of these rows sees
    let here = (row >= vec4<u32>(since)) & (row < vec4<u32>(next_row));
    let seen_to = select(vec4<u32>(), position + 1u, here);

    for (var start = low / TILE * TILE; start <= high; start += TILE) {
      // Keys of nobody here are swapped for one that is surely written, and masked: the cache may hold NaN there.
      let key = start + index * 4u + vec4<u32>(0u, 1u, 2u, 3u);
      let stored = clamp(key, vec4<u32>(low), vec4<u32>(high));
      let at = stored % BLOCK;
      let table = slot * TABLE + stored / BLOCK;
      let block = vec4<u32>(
        block_tables[table.x], block_tables[table.y], block_tables[table.z], block_tables[table.w],
      );
      let key0 = key_index(block.x, kv_head, at.x);
      let key1 = key_index(block.y, kv_head, at.y);
      let key2 = key_index(block.z, kv_head, at.z);
      let key3 = key_index(block.w, kv_head, at.w);
      var score0 = vec4<f32>();
      var score1 = vec4<f32>();
      var score2 = vec4<f32>();
      var score3 = vec4<f32>();
      for (var i = 0u; i < QUADS; i++) {
        let x = mat4x4<f32>(q[q_at.x + i], q[q_at.y + i], q[q_at.z + i], q[q_at.w + i]);
        score0 += kv_unpack(keys[key0 + i * BLOCK]) * x;
        score1 += kv_unpack(keys[key1 + i * BLOCK]) * x;
        score2 += kv_unpack(keys[key2 + i * BLOCK]) * x;
        score3 += kv_unpack(keys[key3 + i * BLOCK]) * x;
      }
      let seen0 = (vec4<u32>(key.x) >= seen_from) & (vec4<u32>(key.x) < seen_to);
      let seen1 = (vec4<u32>(key.y) >= seen_from) & (vec4<u32>(key.y) < seen_to);
      let seen2 = (vec4<u32>(key.z) >= seen_from) & (vec4<u32>(key.z) < seen_to);
      let seen3 = (vec4<u32>(key.w) >= seen_from) & (vec4<u32>(key.w) < seen_to);
      score0 = select(vec4<f32>(LOWEST), shape_scores(score0), seen0);
      score1 = select(vec4<f32>(LOWEST), shape_scores(score1), seen1);
      score2 = select(vec4<f32>(LOWEST), shape_scores(score2), seen2);
      score3 = select(vec4<f32>(LOWEST), shape_scores(score3), seen3);
      tops[lane] = max(max(score0, score1), max(score2, score3));
      workgroupBarrier();

      var new_top = top;
      for (var i = 0u; i < SPAN; i++) { new_top = max(new_top, tops[min(own * SPAN + i, LANES - 1u)]); }
      let keep = exp(top - new_top);
      top = new_top;
      if (in_tile) {
        // A query that sees nothing of the tile has top LOWEST yet, or scores far below it: hence select.
        let prob = own * TILE + index * 4u;
        probs[prob] = select(vec4<f32>(), exp(score0 - top), seen0);
        probs[prob + 1u] = select(vec4<f32>(), exp(score1 - top), seen1);
        probs[prob + 2u] = select(vec4<f32>(), exp(score2 - top), seen2);
        probs[prob + 3u] = select(vec4<f32>(), exp(score3 - top), seen3);
      }
      if (own == 0u) {
        places[index * 4u] = value_index(block.x, kv_head, at.x);
        places[index * 4u + 1u] = value_index(block.y, kv_head, at.y);
        places[index * 4u + 2u] = value_index(block.z, kv_head, at.z);
        places[index * 4u + 3u] = value_index(block.w, kv_head, at.w);
      }
      workgroupBarrier();

      if (in_tile && index < QUADS) {
        weight *= keep;
        sum0 *= keep.x;
        sum1 *= keep.y;
        sum2 *= keep.z;
        sum3 *= keep.w;
        let count = min(TILE, high + 1u - start);
        for (var k = 0u; k < count; k++) {
          let value = kv_unpack(values[places[k] + index]);
          let p = probs[own * TILE + k];
          weight += p;
          sum0 += p.x * value;
          sum1 += p.y * value;
          sum2 += p.z * value;
          sum3 += p.w * value;
        }
      }
    }
  }

  if (in_tile && index < QUADS) {
    let at = row * OUT_QUADS + (kv_head * GROUP + known % GROUP) * QUADS + index;
    if (query.x <= last_query) { out[at.x] = sum0 / weight.x; }
    if (query.y <= last_query) { out[at.y] = sum1 / weight.y; }
    if (query.z <= last_query) { out[at.z] = sum2 / weight.z; }
    if (query.w <= last_query) { out[at.w] = sum3 / weight.w; }
  }
}
