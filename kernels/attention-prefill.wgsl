// Attention of prefill rows over the paged cache, which holds the chunk's own keys already. A query is a (row, head) pair;
// those of one key head are numbered row by row. A workgroup takes QUERIES of them and goes through the keys in tiles with a
// running softmax, then takes the next ones; grid (any, KV_HEADS).
// A thread has eight queries, in two fours a and b (a matrix column each). With these it first owns four keys of the tile,
// which it scores, then one quad of the head, which it sums over all keys of the tile. Two barriers a tile. Tiles lie at
// multiples of TILE, so that a row's result is the same bits however its sequence is cut into chunks and workgroups.
#import step
#import kv-pages
#import kv-scores
#import kv-${kv}

const LANES: u32 = 64u;
const SPAN: u32 = 16u;                 // lanes that share eight queries, at least QUADS
const OUT_QUADS: u32 = 16u;            // quads a row of out
const TILE = 4u * SPAN;                // keys
const EIGHTS = LANES / SPAN;
const QUERIES = 8u * EIGHTS;

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> rows: array<Row>;
@group(0) @binding(2) var<storage, read> block_tables: array<u32>;          // [slots, TABLE]
@group(0) @binding(3) var<storage, read> q: array<vec4<f32>>;               // [rows, HEADS * QUADS]
@group(0) @binding(4) var<storage, read> keys: array<KvQuad>;               // see kv-pages
@group(0) @binding(5) var<storage, read> values: array<KvQuad>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4<f32>>;       // [rows, OUT_QUADS]

const PROBS = QUERIES * SPAN;
const TOPS = 2u * LANES;
const STEPS = vec4<u32>(0u, 1u, 2u, 3u);
var<workgroup> probs: array<vec4<f32>, PROBS>;      // [QUERIES, SPAN], of four keys
var<workgroup> tops: array<vec4<f32>, TOPS>;        // [EIGHTS, SPAN, 2], largest score of four keys, by query
var<workgroup> places: array<u32, SPAN>;            // of the values of four keys, the first one's

fn largest(x: vec4<f32>) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }

// Scores of four keys (a column a query), LOWEST where the query does not see the key.
fn masked(dots: mat4x4<f32>, key: vec4<u32>, since: vec4<u32>, until: vec4<u32>) -> mat4x4<f32> {
  let low = vec4<f32>(LOWEST);
  return mat4x4<f32>(
    select(low, shape_scores(dots[0]), (key >= vec4<u32>(since.x)) & (key < vec4<u32>(until.x))),
    select(low, shape_scores(dots[1]), (key >= vec4<u32>(since.y)) & (key < vec4<u32>(until.y))),
    select(low, shape_scores(dots[2]), (key >= vec4<u32>(since.z)) & (key < vec4<u32>(until.z))),
    select(low, shape_scores(dots[3]), (key >= vec4<u32>(since.w)) & (key < vec4<u32>(until.w))),
  );
}
fn largest_each(x: mat4x4<f32>) -> vec4<f32> {
  return vec4<f32>(largest(x[0]), largest(x[1]), largest(x[2]), largest(x[3]));
}
fn scale_each(x: mat4x4<f32>, by: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(x[0] * by.x, x[1] * by.y, x[2] * by.z, x[3] * by.w);
}
// 0 for what is masked; a query that saw no key yet has top LOWEST itself.
fn prob(score: vec4<f32>, top: f32) -> vec4<f32> {
  return select(vec4<f32>(), exp(score - top), score > vec4<f32>(LOWEST));
}
fn positions(row: vec4<u32>) -> vec4<u32> {
  return vec4<u32>(rows[row.x].position, rows[row.y].position, rows[row.z].position, rows[row.w].position);
}
fn first_keys(position: vec4<u32>) -> vec4<u32> {
  return vec4<u32>(first_key(position.x), first_key(position.y), first_key(position.z), first_key(position.w));
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let queries = (step.rows - step.decode_rows) * GROUP;
  let kv_head = group.y;
  let own = min(lane / SPAN, EIGHTS - 1u);      // which eight queries
  let index = lane % SPAN;                      // which four keys, then which quad
  let spare = lane >= EIGHTS * SPAN;
  // QUADS and SPAN, but unknown to compilers: some take seconds where they may unroll the loops.
  let quads = select(QUADS, 0u, queries == 0u);
  let span = select(SPAN, 0u, queries == 0u);

  for (var first_query = group.x * QUERIES; first_query < queries; first_query += groups.x * QUERIES) {
    let last_query = min(first_query + QUERIES, queries) - 1u;
    let last_row = step.decode_rows + last_query / GROUP;
    // Queries past the last one repeat it and are never written.
    let query_a = first_query + own * 8u + STEPS;
    let query_b = query_a + 4u;
    let known_a = min(query_a, vec4<u32>(last_query));
    let known_b = min(query_b, vec4<u32>(last_query));
    let row_a = step.decode_rows + known_a / GROUP;
    let row_b = step.decode_rows + known_b / GROUP;
    let head_a = kv_head * GROUP + known_a % GROUP;
    let head_b = kv_head * GROUP + known_b % GROUP;
    let q_a = (row_a * HEADS + head_a) * QUADS;
    let q_b = (row_b * HEADS + head_b) * QUADS;
    let position_a = positions(row_a);
    let position_b = positions(row_b);
    let from_a = first_keys(position_a);
    let from_b = first_keys(position_b);

    var top_a = vec4<f32>(LOWEST);
    var top_b = vec4<f32>(LOWEST);
    var weight_a = vec4<f32>();
    var weight_b = vec4<f32>();
    var sum_a = mat4x4<f32>();
    var sum_b = mat4x4<f32>();

    // Each sequence that has rows here in turn; queries of the others see nothing meanwhile.
    var next_row = step.decode_rows + first_query / GROUP;
    while (next_row <= last_row) {
      let slot = rows[next_row].slot;
      let low = first_key(rows[next_row].position);
      let row_since = next_row;
      next_row++;
      while (next_row <= last_row) {
        if (rows[next_row].slot != slot) { break; }
        next_row++;
      }
      let high = rows[next_row - 1u].position; // the last key that any of these rows sees
      let here_a = (row_a >= vec4<u32>(row_since)) & (row_a < vec4<u32>(next_row));
      let here_b = (row_b >= vec4<u32>(row_since)) & (row_b < vec4<u32>(next_row));
      let to_a = select(vec4<u32>(), position_a + 1u, here_a);
      let to_b = select(vec4<u32>(), position_b + 1u, here_b);

      for (var start = low / TILE * TILE; start <= high; start += TILE) {
        let key = min(start + index * 4u, high / 4u * 4u); // four keys never straddle blocks
        let block = block_tables[slot * TABLE + key / BLOCK];
        let base = key_index(block, kv_head, key % BLOCK);
        var score_a = mat4x4<f32>();
        var score_b = mat4x4<f32>();
        for (var i = 0u; i < quads; i++) {
          let at = base + i * BLOCK;
          let x = transpose(mat4x4<f32>(
            kv_unpack(keys[at]), kv_unpack(keys[at + 1u]), kv_unpack(keys[at + 2u]), kv_unpack(keys[at + 3u]),
          ));
          score_a += x * mat4x4<f32>(q[q_a.x + i], q[q_a.y + i], q[q_a.z + i], q[q_a.w + i]);
          score_b += x * mat4x4<f32>(q[q_b.x + i], q[q_b.y + i], q[q_b.z + i], q[q_b.w + i]);
        }
        score_a = masked(score_a, start + index * 4u + STEPS, from_a, to_a);
        score_b = masked(score_b, start + index * 4u + STEPS, from_b, to_b);
        tops[lane * 2u] = largest_each(score_a);
        tops[lane * 2u + 1u] = largest_each(score_b);
        workgroupBarrier();

        var new_a = top_a;
        var new_b = top_b;
        for (var i = own * SPAN; i < own * SPAN + span; i++) {
          new_a = max(new_a, tops[i * 2u]);
          new_b = max(new_b, tops[i * 2u + 1u]);
        }
        let keep_a = exp(top_a - new_a);
        let keep_b = exp(top_b - new_b);
        top_a = new_a;
        top_b = new_b;
        let at = own * 8u * SPAN + index;
        if (!spare) {
          probs[at] = prob(score_a[0], top_a.x);
          probs[at + SPAN] = prob(score_a[1], top_a.y);
          probs[at + 2u * SPAN] = prob(score_a[2], top_a.z);
          probs[at + 3u * SPAN] = prob(score_a[3], top_a.w);
          probs[at + 4u * SPAN] = prob(score_b[0], top_b.x);
          probs[at + 5u * SPAN] = prob(score_b[1], top_b.y);
          probs[at + 6u * SPAN] = prob(score_b[2], top_b.z);
          probs[at + 7u * SPAN] = prob(score_b[3], top_b.w);
        }
        if (lane < SPAN) { places[index] = value_index(block, kv_head, key % BLOCK); }
        workgroupBarrier();

        if (!spare && index < QUADS) {
          weight_a *= keep_a;
          weight_b *= keep_b;
          sum_a = scale_each(sum_a, keep_a);
          sum_b = scale_each(sum_b, keep_b);
          let count = min(SPAN, (high - start) / 4u + 1u);
          for (var i = (max(low, start) - start) / 4u; i < count; i++) {
            // A key that nobody here sees gives way to one that surely is written: the cache may hold NaN there.
            let four = start + i * 4u;
            let v = places[i] + index + (clamp(four + STEPS, vec4<u32>(low), vec4<u32>(high)) - four) * QUADS;
            let x = mat4x4<f32>(
              kv_unpack(values[v.x]), kv_unpack(values[v.y]), kv_unpack(values[v.z]), kv_unpack(values[v.w]),
            );
            let p = own * 8u * SPAN + i;
            let p_a = mat4x4<f32>(probs[p], probs[p + SPAN], probs[p + 2u * SPAN], probs[p + 3u * SPAN]);
            let p_b = mat4x4<f32>(probs[p + 4u * SPAN], probs[p + 5u * SPAN], probs[p + 6u * SPAN], probs[p + 7u * SPAN]);
            weight_a += vec4<f32>(1.0) * p_a;
            weight_b += vec4<f32>(1.0) * p_b;
            sum_a += x * p_a;
            sum_b += x * p_b;
          }
        }
      }
    }

    if (!spare && index < QUADS) {
      let at_a = row_a * OUT_QUADS + head_a * QUADS + index;
      let at_b = row_b * OUT_QUADS + head_b * QUADS + index;
      if (query_a.x <= last_query) { out[at_a.x] = sum_a[0] / weight_a.x; }
      if (query_a.y <= last_query) { out[at_a.y] = sum_a[1] / weight_a.y; }
      if (query_a.z <= last_query) { out[at_a.z] = sum_a[2] / weight_a.z; }
      if (query_a.w <= last_query) { out[at_a.w] = sum_a[3] / weight_a.w; }
      if (query_b.x <= last_query) { out[at_b.x] = sum_b[0] / weight_b.x; }
      if (query_b.y <= last_query) { out[at_b.y] = sum_b[1] / weight_b.y; }
      if (query_b.z <= last_query) { out[at_b.z] = sum_b[2] / weight_b.z; }
      if (query_b.w <= last_query) { out[at_b.w] = sum_b[3] / weight_b.w; }
    }
  }
}
