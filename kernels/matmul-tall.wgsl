// lib/matmul-alone in core WGSL.
#import matmul-alone

fn row_square_sum(m: u32) -> f32 { return square_sum(m, 0u, 1u); }

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) workgroup: vec3<u32>) {
  matmul_alone(id.x, workgroup.y);
}
