// y[row, k] = activated(gate) * up of the row's k-th expert. Grid (EXPERT_ROWS / 8, rows * CHOSEN).
#import expert-rows

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let pair = workgroup.y;
  let expert = choices[pair].expert - FIRST_EXPERT; // beyond EXPERTS where it is another part's
  if (expert >= EXPERTS) { return; }
  let local = workgroup.x * 8u;
  let y = total(product(expert * EXPERT_ROWS + local, pair / CHOSEN, lane, WIDTH).m0, lane);
  if (lane > 0u) { return; }
  finish_pair(pair, local, y.a.xy);
  if (local + 2u < EXPERT_ROWS) { finish_pair(pair, local + 2u, y.a.zw); }
  if (local + 4u < EXPERT_ROWS) { finish_pair(pair, local + 4u, y.b.xy); }
  if (local + 6u < EXPERT_ROWS) { finish_pair(pair, local + 6u, y.b.zw); }
}
