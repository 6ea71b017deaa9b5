// Picks the experts of each row: those of the CHOSEN highest scores (equal scores: lowest first), likeliest first, each with
// its probability under a softmax of all scores. A workgroup a row.
#import step
#import choice

const EXPERTS: u32 = 4u;
const CHOSEN: u32 = 2u;           // at most EXPERTS
const NORMALISED: bool = false;   // the probabilities of those chosen add up to 1
const WIDTH: u32 = 32u;
#import best

@group(0) @binding(0) var<storage, read> scores: array<f32>;            // [rows, EXPERTS]
@group(0) @binding(1) var<storage, read_write> choices: array<Choice>;  // [rows, CHOSEN]

var<workgroup> left: array<f32, EXPERTS>;       // scores of experts that are not chosen yet
var<workgroup> chosen: array<Best, CHOSEN>;
var<workgroup> sums: array<f32, WIDTH>;

const TAKEN = -3.4e38f;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var i = lane; i < EXPERTS; i += WIDTH) { left[i] = clamp(scores[group.x * EXPERTS + i], -3e38, 3e38); }
  workgroupBarrier();
  for (var k = 0u; k < CHOSEN; k++) {
    var mine = Best(TAKEN, 0xffffffffu);
    for (var i = lane; i < EXPERTS; i += WIDTH) {
      if (left[i] > mine.value) { mine = Best(left[i], i); }
    }
    let best = best_of_workgroup(mine, lane);
    if (lane == 0u) {
      chosen[k] = best;
      left[best.token] = TAKEN;
    }
    workgroupBarrier();
  }
  let top = chosen[0].value;
  var sum = 0.0;
  if (!NORMALISED) {
    for (var i = lane; i < EXPERTS; i += WIDTH) {
      if (left[i] > TAKEN) { sum += exp(left[i] - top); }
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < WIDTH; i++) { sum += sums[i]; }
    for (var k = 0u; k < CHOSEN; k++) { sum += exp(chosen[k].value - top); }
    for (var k = 0u; k < CHOSEN; k++) {
      choices[group.x * CHOSEN + k] = Choice(chosen[k].token, exp(chosen[k].value - top) / sum);
    }
  }
}
