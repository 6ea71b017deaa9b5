// Sums final hidden states of a chunk's rows into its slot's pooled state; a chunk a workgroup's y.
#import step

const HIDDEN: u32 = 64u;
const STRIDE: u32 = 64u;          // elements from row to row of x
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> pools: array<Pool>;
@group(0) @binding(1) var<storage, read> x: array<f32>;             // [rows, STRIDE]
@group(0) @binding(2) var<storage, read_write> pooled: array<f32>;  // [slots, HIDDEN]

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= HIDDEN) { return; }
  let pool = pools[id.y];
  let at = pool.slot * HIDDEN + id.x;
  var sum = 0.0;
  for (var row = pool.first; row < pool.first + pool.rows; row++) { sum += x[row * STRIDE + id.x]; }
  if (pool.added != 0u) { sum += pooled[at]; }
  pooled[at] = sum;
}
