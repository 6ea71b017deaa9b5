// RMSNorm (Zhang & Sennrich 2019) or LayerNorm (Ba et al. 2016) of each row, times a learned weight; one workgroup a row.
#import step

const HIDDEN: u32 = 64u;          // elements of a row
const STRIDE: u32 = 64u;          // elements from row to row, HIDDEN rounded up to 32; the rest stays zero
const EPS: f32 = 1e-5f;
const CENTERED: bool = false;     // the mean is taken away first: LayerNorm
const BIASED: bool = false;       // else some other read-only buffer is bound as bias
const ADDED: f32 = 0.0f;          // 0: out is the result; else so many times the result is added to out
const OF_OUTPUTS: bool = false;   // rows of x are picked by the outputs table, else all in order
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> x: array<f32>;         // [rows, STRIDE]
@group(0) @binding(2) var<storage, read> weight: array<f32>;    // [HIDDEN]
@group(0) @binding(3) var<storage, read> bias: array<f32>;      // [HIDDEN]
@group(0) @binding(4) var<storage, read_write> out: array<f32>; // [rows, STRIDE]

var<workgroup> partial: array<f32, WIDTH>;

fn total(mine: f32, lane: u32) -> f32 {
  partial[lane] = mine;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { partial[lane] += partial[lane + half]; }
    workgroupBarrier();
  }
  return partial[0];
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var row = group.x;
  if (OF_OUTPUTS) { row = outputs[group.x].row; }
  let base = row * STRIDE;
  var mean = 0.0;
  if (CENTERED) {
    var sum = 0.0;
    for (var i = lane; i < HIDDEN; i += WIDTH) { sum += x[base + i]; }
    mean = total(sum, lane) / f32(HIDDEN);
    workgroupBarrier();
  }
  var squares = 0.0;
  for (var i = lane; i < HIDDEN; i += WIDTH) {
    let v = x[base + i] - mean;
    squares += v * v;
  }
  let scale = inverseSqrt(total(squares, lane) / f32(HIDDEN) + EPS);
  for (var i = lane; i < HIDDEN; i += WIDTH) {
    var y = (x[base + i] - mean) * scale * weight[i];
    if (BIASED) { y += bias[i]; }
    let at = group.x * STRIDE + i;
    if (ADDED != 0.0) { out[at] += y * ADDED; } else { out[at] = y; }
  }
}
