enable subgroups;
// As lib/matvec, in f32, the lanes' sums added up by subgroups first: what is left for workgroup memory is one of each.
#import matmul-rows

const SPAN: u32 = 1u;
const WIDTH: u32 = 64u;          // at least 16
const SUBGROUPS = WIDTH / 4u;    // none has fewer lanes than 4

var<workgroup> sums: array<Eight, SUBGROUPS * TILE>; // [subgroups, TILE]
var<workgroup> squares_of: array<f32, SUBGROUPS * TILE>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) invocation: u32,
  @builtin(subgroup_size) size: u32,
) {
  let row = workgroup.y * 8u;
  let m = workgroup.x * TILE;
  var y = product(row, m, lane, WIDTH);
  // Results move up, so that the code to add one up is there once.
  let end = select(TILE, 0u, step.rows == 0u); // not a constant: no driver unrolls the loop
  for (var i = 0u; i < end; i++) {
    let sum = Eight(subgroupAdd(y.m0.a), subgroupAdd(y.m0.b));
    var squares_sum = 0.0;
    if (NORMED) { squares_sum = subgroupAdd(square_sum(m + i, lane, WIDTH)); }
    if (invocation == 0u) {
      sums[lane / size * TILE + i] = sum;
      squares_of[lane / size * TILE + i] = squares_sum;
    }
    if (TILE > 1u) { y.m0 = y.m1; }
    if (TILE > 2u) {
      y.m1 = y.m2;
      y.m2 = y.m3;
    }
    if (TILE > 4u) {
      y.m3 = y.m4;
      y.m4 = y.m5;
      y.m5 = y.m6;
      y.m6 = y.m7;
    }
  }
  workgroupBarrier();
  if (lane < 2u * TILE) {
    let of_tile = lane / 2u;
    var values = vec4<f32>();
    var squares_sum = 0.0;
    for (var at = of_tile; at < (WIDTH + size - 1u) / size * TILE; at += TILE) {
      values += select(sums[at].a, sums[at].b, lane % 2u == 1u);
      squares_sum += squares_of[at];
    }
    if (NORMED) { values *= norm_factor(squares_sum); }
    let count = select(step.decode_rows, step.outputs, OF_OUTPUTS);
    finish(m + of_tile, row + lane % 2u * 4u, values, count);
  }
}
