// Rounds rows of a product's x to signed bytes, a scale for each group of 32 such that its largest element becomes 127. A
// thread makes a group; grid (GROUPS / WIDTH, rows).
const GROUPS: u32 = 1u;
const WIDTH: u32 = 32u;

const PITCH = (GROUPS * 4u + (GROUPS + 1u) / 2u) * 2u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;          // [M, GROUPS * 8]
@group(0) @binding(1) var<storage, read_write> quantized: array<u32>;  // [M, PITCH], see lib/x-bytes

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let group = id.x;
  if (group >= GROUPS) { return; }
  let m = id.y;
  let first = (m * GROUPS + group) * 8u;
  var most = vec4<f32>();
  for (var i = 0u; i < 8u; i++) { most = max(most, abs(x[first + i])); }
  let top = max(max(most.x, most.y), max(most.z, most.w));
  let some = top > 1e-30; // below, 127 / top may be infinite
  let inverse = select(0.0, 127.0 / top, some);
  for (var i = 0u; i < 8u; i++) {
    let bytes = bitcast<vec4<u32>>(vec4<i32>(round(x[first + i] * inverse))) & vec4(0xffu);
    quantized[m * PITCH + group * 8u + i] = bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u);
  }
  quantized[m * PITCH + GROUPS * 8u + group] = bitcast<u32>(select(0.0, top / 127.0, some));
}
