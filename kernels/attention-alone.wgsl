// Attention of every row over the paged cache, as plainly as it can be said: a thread makes a quad of a head's result alone,
// with a running softmax, and scores every key itself. No barrier, no workgroup memory; slow. Grid (quads of a row / WIDTH,
// rows).
#import step
#import kv-pages
#import kv-scores
#import kv-${kv}

const OUT_QUADS: u32 = 16u;    // quads a row of out
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> rows: array<Row>;
@group(0) @binding(1) var<storage, read> block_tables: array<u32>;          // [slots, TABLE]
@group(0) @binding(2) var<storage, read> q: array<vec4<f32>>;               // [rows, HEADS * QUADS]
@group(0) @binding(3) var<storage, read> keys: array<KvQuad>;               // see kv-pages
@group(0) @binding(4) var<storage, read> values: array<KvQuad>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;       // [rows, OUT_QUADS]

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let head = id.x / QUADS;
  if (head >= HEADS) { return; }
  let quad = id.x % QUADS;
  let position = rows[id.y].position;
  let table = rows[id.y].slot * TABLE;
  let query = (id.y * HEADS + head) * QUADS;
  var top = LOWEST;
  var weight = 0.0;
  var sum = vec4<f32>();
  for (var key = first_key(position); key <= position; key++) {
    let block = block_tables[table + key / BLOCK];
    let at = key_index(block, head / GROUP, key % BLOCK);
    var score = 0.0;
    for (var i = 0u; i < QUADS; i++) { score += dot(q[query + i], kv_unpack(keys[at + i * BLOCK])); }
    score = shape_scores(vec4<f32>(score)).x;
    let most = max(top, score);
    let kept = exp(top - most);
    let more = exp(score - most);
    weight = weight * kept + more;
    sum = sum * kept + more * kv_unpack(values[value_index(block, head / GROUP, key % BLOCK) + quad]);
    top = most;
  }
  out[id.y * OUT_QUADS + head * QUADS + quad] = sum / weight;
}
