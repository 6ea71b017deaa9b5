enable chromium_experimental_subgroup_matrix;
enable subgroups;
enable subgroup_size_control;
#import matrices-${component}
// lib/matmul-matrices with subgroups of LANES lanes, where drivers make them of several sizes.
#import matmul-matrices

const LANES: u32 = 32u;

@compute @subgroup_size(LANES) @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
) {
  matmul_matrices(workgroup.xy, lane, subgroup, subgroups);
}
