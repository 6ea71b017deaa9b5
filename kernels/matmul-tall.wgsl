// lib/matmul-alone in core WGSL.
#import matmul-alone

@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>; // [M, GROUPS * 8]

fn x_octet(m: u32, octet: u32) -> Octet {
  let i = (m * GROUPS * 4u + octet) * 2u;
  return Octet(x[i], x[i + 1u]);
}

fn row_square_sum(m: u32) -> f32 { return square_sum(m, 0u, 1u); }

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) workgroup: vec3<u32>) {
  matmul_alone(id.x, workgroup.y);
}
