// RMSNorm (Zhang & Sennrich 2019) of each row, times a learned weight; one workgroup a row.
#import step

const HIDDEN: u32 = 64u;          // elements a row of x
const STRIDE: u32 = 64u;          // elements a row of out, HIDDEN rounded up to 32; the rest stays zero
const EPS: f32 = 1e-5f;
const OF_OUTPUTS: bool = false;   // rows of x are picked by the outputs table, else all in order
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> x: array<f32>;         // [rows, HIDDEN]
@group(0) @binding(2) var<storage, read> weight: array<f32>;    // [HIDDEN]
@group(0) @binding(3) var<storage, read_write> out: array<f32>; // [rows, STRIDE]

var<workgroup> partial: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var row = group.x;
  if (OF_OUTPUTS) { row = outputs[group.x].row; }
  let base = row * HIDDEN;
  var sum = 0.0;
  for (var i = lane; i < HIDDEN; i += WIDTH) {
    let v = x[base + i];
    sum += v * v;
  }
  partial[lane] = sum;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { partial[lane] += partial[lane + half]; }
    workgroupBarrier();
  }
  let scale = inverseSqrt(partial[0] / f32(HIDDEN) + EPS);
  for (var i = lane; i < HIDDEN; i += WIDTH) {
    out[group.x * STRIDE + i] = x[base + i] * scale * weight[i];
  }
}
