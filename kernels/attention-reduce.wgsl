// Puts the splits of attention-decode together. A thread makes one quad of out; grid (HEADS * QUADS / WIDTH, decode rows).
#import step
#import kv-pages
#import kv-scores
#import kv-splits

const OUT_QUADS: u32 = 16u;     // quads a row of out
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> rows: array<Row>;
@group(0) @binding(1) var<storage, read> partials: array<vec4<f32>>;       // see kv-splits
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;      // [rows, OUT_QUADS]

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let head = id.x / QUADS;
  let row = id.y;
  let position = rows[row].position;
  let keys = position + 1u - first_key(position) / 4u * 4u; // as attention-decode cuts them
  let per_split = keys_of_split(keys);
  if (head >= HEADS || keys <= per_split) { return; } // a single split is in out already

  let splits = (keys + per_split - 1u) / per_split;
  var top = LOWEST;
  for (var s = 0u; s < splits; s++) { top = max(top, partials[partial_index(row, s, head) + QUADS].x); }
  var weight = 0.0;
  var sum = vec4<f32>();
  for (var s = 0u; s < splits; s++) {
    let at = partial_index(row, s, head);
    let stats = partials[at + QUADS];
    let scale = exp(stats.x - top);
    weight += scale * stats.y;
    sum += scale * partials[at + id.x % QUADS];
  }
  out[row * OUT_QUADS + id.x] = sum / weight;
}
