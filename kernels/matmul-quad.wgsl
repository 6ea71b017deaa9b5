enable subgroups;
// lib/matmul-alone with lib/x-quads.
#import matmul-alone

fn row_square_sum(m: u32) -> f32 {
  let sums = quad(square_sum(m, lane, 4u));
  return (sums.x + sums.y) + (sums.z + sums.w);
}

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(subgroup_invocation_id) invocation: u32,
) {
  lane = invocation & 3u;
  matmul_alone(id.x, workgroup.y);
}
