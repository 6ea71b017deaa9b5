// Attention of decode rows over the paged cache, split over keys; up to four query heads of one key head share a workgroup,
// so that keys and values are read once for them. Grid (splits, KV_HEADS * BUNDLES, decode rows).
// First a thread owns a key and scores it for the heads (a component each); then it owns a quad of the head and every
// PARTS-th key, with its own running softmax; at the end the parts are merged. Two barriers a tile.
#import step
#import kv-pages
#import kv-scores
#import kv-splits
#import kv-${kv}

const LANES: u32 = 128u;                            // at least QUADS
const BUNDLES = (GROUP + 3u) / 4u;                  // workgroups that share the heads of a key head
const BUNDLE = (GROUP + BUNDLES - 1u) / BUNDLES;    // heads of a workgroup
const PARTS = LANES / QUADS;
const OUT_QUADS: u32 = 16u;                         // quads a row of out

@group(0) @binding(0) var<storage, read> rows: array<Row>;
@group(0) @binding(1) var<storage, read> block_tables: array<u32>;              // [slots, TABLE]
@group(0) @binding(2) var<storage, read> q: array<vec4<f32>>;                   // [rows, HEADS * QUADS]
@group(0) @binding(3) var<storage, read> keys: array<KvQuad>;                   // see kv-pages
@group(0) @binding(4) var<storage, read> values: array<KvQuad>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec4<f32>>;      // see kv-splits
@group(0) @binding(6) var<storage, read_write> out: array<vec4<f32>>;           // [rows, OUT_QUADS]

const SUMS = BUNDLE * PARTS * QUADS;
const STATS = 4u * PARTS;
var<workgroup> scores: array<vec4<f32>, TILE>;
var<workgroup> places: array<u32, TILE>;            // of the keys' values
var<workgroup> sums: array<vec4<f32>, SUMS>;        // [BUNDLE, PARTS, QUADS]
var<workgroup> tops: array<f32, STATS>;             // [PARTS, 4]
var<workgroup> weights: array<f32, STATS>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let split = group.x;
  let row = group.z;
  let position = rows[row].position;
  let table = rows[row].slot * TABLE;
  let first = first_key(position);
  let per_split = keys_of_split(position + 1u - first);
  let begin = first + split * per_split;
  if (begin > position) { return; }
  let end = min(begin + per_split, position + 1u);

  let kv_head = group.y / BUNDLES;
  let bundle = group.y % BUNDLES;
  let head = kv_head * GROUP + bundle * BUNDLE;
  let heads = min(BUNDLE, GROUP - bundle * BUNDLE);
  // A head that is not there repeats the last one and is never written.
  let q0 = (row * HEADS + head) * QUADS;
  let q1 = q0 + min(1u, heads - 1u) * QUADS;
  let q2 = q0 + min(2u, heads - 1u) * QUADS;
  let q3 = q0 + min(3u, heads - 1u) * QUADS;

  let quad = lane % QUADS;
  let part = lane / QUADS;
  var top = vec4<f32>(LOWEST);
  var weight = vec4<f32>();
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();

  for (var start = begin; start < end; start += TILE) {
    let count = min(TILE, end - start);
    for (var k = lane; k < count; k += LANES) {
      let block = block_tables[table + (start + k) / BLOCK];
      let token = (start + k) % BLOCK;
      let base = key_index(block, kv_head, token);
      var dots = vec4<f32>();
      for (var i = 0u; i < QUADS; i++) {
        let key = kv_unpack(keys[base + i * BLOCK]);
        dots.x += dot(q[q0 + i], key);
        if (BUNDLE > 1u) { dots.y += dot(q[q1 + i], key); }
        if (BUNDLE > 2u) { dots.z += dot(q[q2 + i], key); }
        if (BUNDLE > 3u) { dots.w += dot(q[q3 + i], key); }
      }
      scores[k] = shape_scores(dots);
      places[k] = value_index(block, kv_head, token);
    }
    workgroupBarrier();

    if (part < PARTS) {
      var new_top = top;
      for (var k = part; k < count; k += PARTS) { new_top = max(new_top, scores[k]); }
      let keep = exp(top - new_top);
      top = new_top;
      weight *= keep;
      sum0 *= keep.x;
      sum1 *= keep.y;
      sum2 *= keep.z;
      sum3 *= keep.w;
      for (var k = part; k < count; k += PARTS) {
        let value = kv_unpack(values[places[k] + quad]);
        let p = exp(scores[k] - top);
        weight += p;
        sum0 += p.x * value;
        if (BUNDLE > 1u) { sum1 += p.y * value; }
        if (BUNDLE > 2u) { sum2 += p.z * value; }
        if (BUNDLE > 3u) { sum3 += p.w * value; }
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
        tops[part * 4u + i] = top[i];
        weights[part * 4u + i] = weight[i];
      }
    }
  }
  workgroupBarrier();

  for (var i = lane; i < heads * QUADS; i += LANES) {
    let h = i / QUADS;
    var all_top = LOWEST;
    for (var p = 0u; p < PARTS; p++) { all_top = max(all_top, tops[p * 4u + h]); }
    var all_weight = 0.0;
    var sum = vec4<f32>();
    for (var p = 0u; p < PARTS; p++) {
      let scale = exp(tops[p * 4u + h] - all_top);
      all_weight += scale * weights[p * 4u + h];
      sum += scale * sums[(h * PARTS + p) * QUADS + i % QUADS];
    }
    if (first + per_split > position) {
      out[row * OUT_QUADS + head * QUADS + i] = sum / all_weight;
    } else {
      let at = partial_index(row, split, head + h);
      partials[at + i % QUADS] = sum;
      if (i % QUADS == 0u) { partials[at + QUADS] = vec4<f32>(all_top, all_weight, 0.0, 0.0); }
    }
  }
}
