// Attention of decode rows over the paged cache, split over keys; up to four query heads of one key head share a workgroup,
// so that keys and values are read once for them. Grid (splits, KV_HEADS * BUNDLES, decode rows).
// Queries come as the product left them, each workgroup rotates its own. The row's own key and value are not in the cache yet:
// whoever has the last split takes them from the product, and the first of these workgroups puts them there, where nobody
// looks in this dispatch.
// First a thread owns four keys and scores them for the heads; then it owns a quad of the head and every PARTS-th four keys,
// with its own running softmax; at the end the parts are merged. Two barriers a tile. Four keys at a time because loads
// are what costs on software adapters, even of what all threads share.
#import step
#import kv-pages
#import kv-scores
#import kv-splits
#import kv-${kv}
#import rope

const LANES: u32 = 64u;                             // at least QUADS
const BUNDLES = (GROUP + 3u) / 4u;                  // workgroups that share the heads of a key head
const BUNDLE = (GROUP + BUNDLES - 1u) / BUNDLES;    // heads of a workgroup
const PARTS = LANES / QUADS;
const OUT_QUADS: u32 = 16u;                         // quads a row of out

@group(0) @binding(0) var<storage, read> rows: array<Row>;
@group(0) @binding(1) var<storage, read> block_tables: array<u32>;              // [slots, TABLE]
@group(0) @binding(2) var<storage, read> qkv: array<f32>;                       // [rows, (HEADS + 2 KV_HEADS) * HEAD_DIM]
@group(0) @binding(3) var<storage, read_write> keys: array<KvQuad>;             // see kv-pages
@group(0) @binding(4) var<storage, read_write> values: array<KvQuad>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec4<f32>>;      // see kv-splits
@group(0) @binding(6) var<storage, read_write> out: array<vec4<f32>>;           // [rows, OUT_QUADS]
@group(0) @binding(7) var<storage, read> rope: array<vec2<f32>>;                // [NEAR + far, HALF] (cos, sin)

const FOURS = TILE / 4u;
const PROBS = BUNDLE * FOURS;
const SUMS = BUNDLE * PARTS * QUADS;
const STATS = 4u * PARTS;
const STEPS = vec4<u32>(0u, 1u, 2u, 3u);
var<workgroup> probs: array<vec4<f32>, PROBS>;      // [BUNDLE, FOURS], of four keys, relative to their top
var<workgroup> tops: array<vec4<f32>, FOURS>;       // largest score of four keys, by head
var<workgroup> places: array<u32, FOURS>;           // of the first key's value
var<workgroup> sums: array<vec4<f32>, SUMS>;        // [BUNDLE, PARTS, QUADS]; before, the queries [BUNDLE, QUADS]
var<workgroup> own_dots: array<vec4<f32>, QUADS>;   // of the queries and the row's own key, by head
var<workgroup> part_tops: array<f32, STATS>;        // [PARTS, 4]
var<workgroup> part_weights: array<f32, STATS>;

fn largest(x: vec4<f32>) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }
fn total(x: vec4<f32>) -> f32 { return dot(x, vec4<f32>(1.0)); }
fn stored(x: vec4<f32>) -> vec4<f32> { return kv_unpack(kv_pack(x)); }

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let split = group.x;
  let row = group.z;
  let position = rows[row].position;
  let table = rows[row].slot * TABLE;
  let first = first_key(position);
  let low = first / 4u * 4u;            // four keys never straddle blocks
  let per_split = keys_of_split(position + 1u - low);
  let begin = low + split * per_split;
  if (begin > position) { return; }
  let is_last = begin + per_split > position;
  let end = select(min(begin + per_split, position), begin, WINDOW == 1u); // of the keys in the cache

  let kv_head = group.y / BUNDLES;
  let bundle = group.y % BUNDLES;
  let head = kv_head * GROUP + bundle * BUNDLE;
  let heads = min(BUNDLE, GROUP - bundle * BUNDLE);
  // A head that is not there repeats the last one and is never written.
  let q1 = min(1u, heads - 1u) * QUADS;
  let q2 = min(2u, heads - 1u) * QUADS;
  let q3 = min(3u, heads - 1u) * QUADS;

  let products = row * (HEADS + 2u * KV_HEADS) * HEAD_DIM;
  let own = products + (HEADS + kv_head) * HEAD_DIM;
  let own_value = own + KV_HEADS * HEAD_DIM;
  for (var i = lane; i < QUADS; i += LANES) {
    let turns = turns_of(i * 4u, position);
    var own_key = vec4<f32>();
    if (is_last) {
      let key = kv_pack(rotated_quad(own, i * 4u, turns));
      own_key = kv_unpack(key);
      if (bundle == 0u) {
        let block = block_tables[table + position / BLOCK];
        keys[key_index(block, kv_head, position % BLOCK) + i * BLOCK] = key;
        values[value_index(block, kv_head, position % BLOCK) + i] = kv_pack(plain_quad(own_value + i * 4u));
      }
    }
    var dots = vec4<f32>();
    for (var h = heads; h > 0u; h--) {
      let query = rotated_quad(products + (head + h - 1u) * HEAD_DIM, i * 4u, turns);
      sums[(h - 1u) * QUADS + i] = query;
      dots = vec4<f32>(dot(query, own_key), dots.xyz); // moves up: nothing is indexed
    }
    own_dots[i] = dots;
  }
  workgroupBarrier();

  // QUADS and PARTS, but unknown to compilers: some take seconds where they may unroll the loops.
  let quads = select(QUADS, 0u, heads == 0u);
  let parts = select(PARTS, 0u, heads == 0u);
  let quad = lane % QUADS;
  let part = lane / QUADS;
  var top = vec4<f32>(LOWEST);
  var weight = vec4<f32>();
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  if (is_last && part == 0u) {
    var score = vec4<f32>();
    for (var i = 0u; i < quads; i++) { score += own_dots[i]; }
    top = shape_scores(score);
    weight = vec4<f32>(1.0);
    sum0 = stored(plain_quad(own_value + quad * 4u));
    sum1 = sum0;
    sum2 = sum0;
    sum3 = sum0;
  }
  if (begin == end) { workgroupBarrier(); } // else those of the tiles are between queries and sums

  for (var start = begin; start < end; start += TILE) {
    let count = (min(TILE, end - start) + 3u) / 4u;
    for (var k = lane; k < count; k += LANES) {
      let key = start + k * 4u;
      let block = block_tables[table + key / BLOCK];
      let base = key_index(block, kv_head, key % BLOCK);
      var score0 = vec4<f32>();
      var score1 = vec4<f32>();
      var score2 = vec4<f32>();
      var score3 = vec4<f32>();
      for (var i = 0u; i < quads; i++) {
        let at = base + i * BLOCK;
        let x = mat4x4<f32>(
          kv_unpack(keys[at]), kv_unpack(keys[at + 1u]), kv_unpack(keys[at + 2u]), kv_unpack(keys[at + 3u]),
        );
        score0 += sums[i] * x;
        if (BUNDLE > 1u) { score1 += sums[q1 + i] * x; }
        if (BUNDLE > 2u) { score2 += sums[q2 + i] * x; }
        if (BUNDLE > 3u) { score3 += sums[q3 + i] * x; }
      }
      // One of the four at least is seen. exp of what is not comes out as 0.
      let seen = (key + STEPS >= vec4<u32>(first)) & (key + STEPS < vec4<u32>(position));
      score0 = select(vec4<f32>(LOWEST), shape_scores(score0), seen);
      score1 = select(vec4<f32>(LOWEST), shape_scores(score1), seen);
      score2 = select(vec4<f32>(LOWEST), shape_scores(score2), seen);
      score3 = select(vec4<f32>(LOWEST), shape_scores(score3), seen);
      let local = vec4<f32>(largest(score0), largest(score1), largest(score2), largest(score3));
      probs[k] = exp(score0 - local.x);
      if (BUNDLE > 1u) { probs[FOURS + k] = exp(score1 - local.y); }
      if (BUNDLE > 2u) { probs[2u * FOURS + k] = exp(score2 - local.z); }
      if (BUNDLE > 3u) { probs[3u * FOURS + k] = exp(score3 - local.w); }
      tops[k] = local;
      places[k] = value_index(block, kv_head, key % BLOCK);
    }
    workgroupBarrier();

    if (part < PARTS) {
      var new_top = top;
      for (var k = part; k < count; k += PARTS) { new_top = max(new_top, tops[k]); }
      let keep = exp(top - new_top);
      top = new_top;
      weight *= keep;
      sum0 *= keep.x;
      sum1 *= keep.y;
      sum2 *= keep.z;
      sum3 *= keep.w;
      for (var k = part; k < count; k += PARTS) {
        // A key that is not seen gives way to one that surely is written: the cache may hold NaN there.
        let key = start + k * 4u;
        let at = places[k] + quad + (clamp(key + STEPS, vec4<u32>(first), vec4<u32>(position - 1u)) - key) * QUADS;
        let x = mat4x4<f32>(
          kv_unpack(values[at.x]), kv_unpack(values[at.y]), kv_unpack(values[at.z]), kv_unpack(values[at.w]),
        );
        let scale = exp(tops[k] - top);
        let p0 = probs[k] * scale.x;
        weight.x += total(p0);
        sum0 += x * p0;
        if (BUNDLE > 1u) {
          let p1 = probs[FOURS + k] * scale.y;
          weight.y += total(p1);
          sum1 += x * p1;
        }
        if (BUNDLE > 2u) {
          let p2 = probs[2u * FOURS + k] * scale.z;
          weight.z += total(p2);
          sum2 += x * p2;
        }
        if (BUNDLE > 3u) {
          let p3 = probs[3u * FOURS + k] * scale.w;
          weight.w += total(p3);
          sum3 += x * p3;
        }
      }
    }
    if (start + TILE < end) { workgroupBarrier(); }
  }

  if (part < PARTS) {
    sums[lane] = sum0;
    if (BUNDLE > 1u) { sums[PARTS * QUADS + lane] = sum1; }
    if (BUNDLE > 2u) { sums[2u * PARTS * QUADS + lane] = sum2; }
    if (BUNDLE > 3u) { sums[3u * PARTS * QUADS + lane] = sum3; }
    if (quad == 0u) {
      for (var i = 0u; i < 4u; i++) {
        part_tops[part * 4u + i] = top[i];
        part_weights[part * 4u + i] = weight[i];
      }
    }
  }
  workgroupBarrier();

  for (var i = lane; i < heads * QUADS; i += LANES) {
    let h = i / QUADS;
    var all_top = LOWEST;
    for (var p = 0u; p < parts; p++) { all_top = max(all_top, part_tops[p * 4u + h]); }
    var all_weight = 0.0;
    var sum = vec4<f32>();
    for (var p = 0u; p < parts; p++) {
      let scale = exp(part_tops[p * 4u + h] - all_top);
      all_weight += scale * part_weights[p * 4u + h];
      sum += scale * sums[(h * PARTS + p) * QUADS + i % QUADS];
    }
    if (low + per_split > position) {
      out[row * OUT_QUADS + head * QUADS + i] = sum / all_weight;
    } else {
      let at = partial_index(row, split, head + h);
      partials[at + i % QUADS] = sum;
      if (i % QUADS == 0u) { partials[at + QUADS] = vec4<f32>(all_top, all_weight, 0.0, 0.0); }
    }
  }
}
