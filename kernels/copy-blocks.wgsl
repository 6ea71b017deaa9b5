// Copies whole blocks within one buffer of the paged cache. Grid (UNITS / WIDTH, pairs). No block may be both read and
// written in one dispatch: the launches are made so.
const UNITS: u32 = 64u;   // vec4<u32> a block has
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> pairs: array<vec2<u32>>;             // (from, to)
@group(0) @binding(1) var<storage, read_write> blocks: array<vec4<u32>>;      // [blocks, UNITS]

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= UNITS) { return; }
  let pair = pairs[id.y];
  blocks[pair.y * UNITS + id.x] = blocks[pair.x * UNITS + id.x];
}
