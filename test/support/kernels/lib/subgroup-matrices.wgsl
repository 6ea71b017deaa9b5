// A stand-in for kernels/lib/subgroup-matrices in ordinary WGSL: matrices to multiply stay in their tile, of the sums each lane
// has every LANES-th.
const SUB_M: u32 = 8u;
const SUB_N: u32 = 8u;
const SUB_K: u32 = 8u;
const SUBGROUPS: u32 = 4u;
const LANES = THREADS / SUBGROUPS;

struct Left { at: u32 }
struct Right { at: u32 }
struct Sums { own: array<f32, SUB_M * SUB_N / LANES> }

var<private> lane_of_subgroup: u32;

fn left_at(at: u32) -> Left { return Left(at); }
fn right_at(at: u32) -> Right { return Right(at); }

fn multiplied(left: Left, right: Right, before: Sums) -> Sums {
  var sums = before;
  let end = select(SUB_K, 0u, step.rows == 0u); // not a constant: no driver unrolls the loops
  for (var element = lane_of_subgroup; element < SUB_M * SUB_N; element += LANES) {
    let x_row = left.at + element / SUB_N * PITCH;
    let w_row = right.at + element % SUB_N * PITCH;
    var sum = sums.own[element / LANES];
    for (var k = 0u; k < end; k++) { sum += f32(tile_x[x_row + k]) * f32(tile_w[w_row + k]); }
    sums.own[element / LANES] = sum;
  }
  return sums;
}

fn write_sums(at: u32, sums: Sums) {
  for (var element = lane_of_subgroup; element < SUB_M * SUB_N; element += LANES) {
    results[at + element] = sums.own[element / LANES];
  }
}
