// y[row] += Σ_k weight_k * (x[row, k] · Wᵀ of the row's k-th expert), of the experts in this part. Grid (EXPERT_ROWS / 8, rows).
#import expert-rows

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y;
  let local = workgroup.x * 8u;
  var mine: Eight;
  for (var k = 0u; k < CHOSEN; k++) {
    let choice = choices[row * CHOSEN + k];
    let expert = choice.expert - FIRST_EXPERT; // beyond EXPERTS where it is another part's
    if (expert >= EXPERTS) { continue; }
    let y = product(expert * EXPERT_ROWS + local, row * CHOSEN + k, lane, WIDTH).m0;
    mine.a += y.a * choice.weight;
    mine.b += y.b * choice.weight;
  }
  let y = total(mine, lane);
  if (lane > 0u) { return; }
  for (var i = 0u; i < 4u; i++) {
    if (local + i < EXPERT_ROWS) { finish_one(row, local + i, y.a[i]); }
    if (local + i + 4u < EXPERT_ROWS) { finish_one(row, local + i + 4u, y.b[i]); }
  }
}
