// y[m, n] = Σ_k x[m, k] * weight[n, k]: a thread makes 4 rows of the weights times TILE rows of x, alone, with no barrier.
// Best where threads are lanes of a CPU. The sum of a result runs in the same order whatever TILE and the other rows are.
#import step
#import weights-${weights}
#import epilogue-${epilogue}

const FIRST: u32 = 0u;           // row of the whole matrix that is row 0 of this part
const TILE: u32 = 1u;            // 1, 2, 4 or 8
const OF_OUTPUTS: bool = false;  // x has step.outputs rows, else step.rows
const WIDTH: u32 = 16u;

@group(0) @binding(2) var<uniform> step: Step;
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>; // [M, GROUPS * 8]

fn x_group(m: u32, group: u32) -> Group {
  let i = (m * GROUPS + group) * 8u;
  return Group(x[i], x[i + 1u], x[i + 2u], x[i + 3u], x[i + 4u], x[i + 5u], x[i + 6u], x[i + 7u]);
}

struct Four { a: Group, b: Group, c: Group, d: Group, scale: vec4<f32>, bias: vec4<f32> }

fn product(w: Four, x: Group) -> vec4<f32> {
  let dots = vec4(group_dot(w.a, x), group_dot(w.b, x), group_dot(w.c, x), group_dot(w.d, x));
  if (SCALED) { return dots * w.scale + w.bias * group_sum(x); }
  return dots;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x * 4u;
  let m = id.y * TILE;
  if (row >= ROWS) { return; }
  let b = min(row + 1u, ROWS - 1u);
  let c = min(row + 2u, ROWS - 1u);
  let d = min(row + 3u, ROWS - 1u);
  var y0 = vec4<f32>();
  var y1 = vec4<f32>();
  var y2 = vec4<f32>();
  var y3 = vec4<f32>();
  var y4 = vec4<f32>();
  var y5 = vec4<f32>();
  var y6 = vec4<f32>();
  var y7 = vec4<f32>();
  for (var g = 0u; g < GROUPS; g++) {
    let pa = weight_scale(row, g);
    let pb = weight_scale(b, g);
    let pc = weight_scale(c, g);
    let pd = weight_scale(d, g);
    let w = Four(
      weight_group(row, g), weight_group(b, g), weight_group(c, g), weight_group(d, g),
      vec4(pa.x, pb.x, pc.x, pd.x), vec4(pa.y, pb.y, pc.y, pd.y),
    );
    y0 += product(w, x_group(m, g));
    if (TILE > 1u) { y1 += product(w, x_group(m + 1u, g)); }
    if (TILE > 2u) {
      y2 += product(w, x_group(m + 2u, g));
      y3 += product(w, x_group(m + 3u, g));
    }
    if (TILE > 4u) {
      y4 += product(w, x_group(m + 4u, g));
      y5 += product(w, x_group(m + 5u, g));
      y6 += product(w, x_group(m + 6u, g));
      y7 += product(w, x_group(m + 7u, g));
    }
  }
  let count = select(step.rows, step.outputs, OF_OUTPUTS);
  finish(m, row, y0, count);
  if (TILE > 1u) { finish(m + 1u, row, y1, count); }
  if (TILE > 2u) {
    finish(m + 2u, row, y2, count);
    finish(m + 3u, row, y3, count);
  }
  if (TILE > 4u) {
    finish(m + 4u, row, y4, count);
    finish(m + 5u, row, y5, count);
    finish(m + 6u, row, y6, count);
    finish(m + 7u, row, y7, count);
  }
}
