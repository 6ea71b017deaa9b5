enable subgroups;
// lib/matmul-alone where subgroups are known: each lane of a quad loads one of four elements of x that all four need.
#import matmul-alone

@group(0) @binding(3) var<storage, read> x: array<f32>; // [M, GROUPS * 32]

var<private> lane: u32;

fn quad(v: f32) -> vec4<f32> {
  return vec4(quadBroadcast(v, 0u), quadBroadcast(v, 1u), quadBroadcast(v, 2u), quadBroadcast(v, 3u));
}

fn x_octet(m: u32, octet: u32) -> Octet {
  let i = (m * GROUPS * 4u + octet) * 8u + lane;
  return Octet(quad(x[i]), quad(x[i + 4u]));
}

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
