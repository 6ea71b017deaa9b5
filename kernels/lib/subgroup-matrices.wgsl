// Matrices that a subgroup holds together, by built-ins of an experimental feature, of which all is here. The importing kernel
// has the tiles that they come from and go to.
const SUB_M: u32 = 8u;           // rows of Left and Sums
const SUB_N: u32 = 8u;           // columns of Right and Sums
const SUB_K: u32 = 8u;           // columns of Left, rows of Right

alias Left = subgroup_matrix_left<Component, SUB_K, SUB_M>;
alias Right = subgroup_matrix_right<Component, SUB_N, SUB_K>;
alias Sums = subgroup_matrix_result<f32, SUB_N, SUB_M>;

// Of tile_x, from element `at` on, and of tile_w, transposed.
fn left_at(at: u32) -> Left { return subgroupMatrixLoad<Left, row_major>(&tile_x, at, PITCH); }
fn right_at(at: u32) -> Right { return subgroupMatrixLoad<Right, col_major>(&tile_w, at, PITCH); }

fn multiplied(left: Left, right: Right, sums: Sums) -> Sums {
  return subgroupMatrixMultiplyAccumulate(left, right, sums);
}

// Into results, [SUB_M, SUB_N] from element `at` on.
fn write_sums(at: u32, sums: Sums) { subgroupMatrixStore<row_major>(&results, at, sums, SUB_N); }
