#import matrices-${component}
// kernels/matmul-matrices without subgroups: so many lanes in a row stand for one.
#import matmul-matrices

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  lane_of_subgroup = lane % LANES;
  matmul_matrices(workgroup.xy, lane, lane / LANES, SUBGROUPS);
}
