// Applies a slot's penalties, bias and mask to its row of logits, and sums up each chunk of it for the kernels that
// follow; one workgroup a chunk. Rows whose token is only scored keep their logits: just the raw ones are summed up.
#import step
#import sampling

const VOCAB: u32 = 64u;
const STRIDE: u32 = 64u;          // elements a row of edited, VOCAB rounded up to 4; the rest is masked
const LOGITS = VOCAB + STRIDE / 4u; // elements a row of logits, the best of every four behind them
const CHUNK: u32 = 4096u;
const CHUNKS: u32 = 1u;           // a row
const MASK_WORDS: u32 = 2u;       // a row
const WIDTH: u32 = 64u;
#import best

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> slots: array<SamplingSlot>;
@group(0) @binding(2) var<storage, read> logits: array<f32>;            // [outputs, LOGITS], see next-best
@group(0) @binding(3) var<storage, read> counts: array<u32>;            // [slots, VOCAB]
@group(0) @binding(4) var<storage, read> bias: array<f32>;              // [slots, VOCAB]
@group(0) @binding(5) var<storage, read> mask: array<u32>;              // [slots, MASK_WORDS], a bit a token, 1: allowed
@group(0) @binding(6) var<storage, read_write> edited: array<f32>;      // [outputs, STRIDE]
@group(0) @binding(7) var<storage, read_write> partials: array<Partial>; // [outputs, CHUNKS]

var<workgroup> lane_sum: array<f32, WIDTH>;

// Without early returns: CPUs that run threads in step pay for each.
fn edit(raw: f32, token: u32, slot: SamplingSlot, index: u32, stops_masked: bool) -> f32 {
  var x = raw;
  var count = 0u;
  if (stops_masked || (slot.edits & EDIT_PENALTIES) != 0u) { count = counts[index * VOCAB + token]; }
  if ((slot.edits & EDIT_PENALTIES) != 0u) {
    let drawn = f32(count & COUNT_DRAWN);
    let seen = (count & (COUNT_IN_PROMPT | COUNT_DRAWN)) != 0u;
    x = select(x, select(x * slot.repetition_penalty, x / slot.repetition_penalty, x > 0.0), seen);
    x -= slot.frequency_penalty * drawn + select(0.0, slot.presence_penalty, drawn > 0.0);
  }
  if ((slot.edits & EDIT_BIAS) != 0u) { x += bias[index * VOCAB + token]; }
  x = select(tamed(x), MASKED, raw <= ALIVE);
  let is_masked = (slot.edits & EDIT_MASK) != 0u;
  // Where the mask leaves nothing but stops, it wins.
  if (stops_masked && (count & COUNT_IS_STOP) != 0u) { x = select(MASKED, LAST_RESORT, is_masked && raw > ALIVE); }
  if (is_masked) {
    let word = mask[index * MASK_WORDS + token / 32u];
    x = select(MASKED, x, ((word >> (token & 31u)) & 1u) != 0u);
  }
  return x;
}

// Adds up a lane's value each; only lane 0 gets the sum.
fn sum_for_first(mine: f32, lane: u32) -> f32 {
  lane_sum[lane] = mine;
  workgroupBarrier();
  var sum = 0.0;
  if (lane == 0u) {
    for (var i = 0u; i < WIDTH; i++) { sum += lane_sum[i]; }
  }
  workgroupBarrier();
  return sum;
}

// The best raw logit of the tokens from `first` to before `end`.
fn best_raw(output: u32, first: u32, end: u32, lane: u32) -> Best {
  let row = output * LOGITS;
  var mine = Best(-3.4e38, 0xffffffffu);
  for (var i = first / 4u + lane; i < (end + 3u) / 4u; i += WIDTH) {
    let x = logits[row + VOCAB + i];
    if (x > mine.value) { mine = Best(x, i); }
  }
  let four = best_of_workgroup(mine, lane).token * 4u;
  var best = Best(-3.4e38, 0xffffffffu);
  for (var token = four; token < min(four + 4u, end); token++) {
    let x = tamed(logits[row + token]);
    if (x > best.value) { best = Best(x, token); }
  }
  return best;
}

// The best logit of the tokens from `first` to before `end` that the mask allows; few reach what the best of every four bounds.
fn best_allowed(output: u32, index: u32, first: u32, end: u32, lane: u32) -> Best {
  let row = output * LOGITS;
  var mine = Best(ALIVE, first);
  for (var i = first / 4u + lane; i < (end + 3u) / 4u; i += WIDTH) {
    let allowed = (mask[index * MASK_WORDS + i / 8u] >> (i % 8u * 4u)) & 15u;
    if (allowed == 0u || logits[row + VOCAB + i] <= mine.value) { continue; }
    for (var token = i * 4u; token < min(i * 4u + 4u, end); token++) {
      let x = tamed(logits[row + token]);
      if (((allowed >> (token & 3u)) & 1u) != 0u && x > mine.value) { mine = Best(x, token); }
    }
  }
  return best_of_workgroup(mine, lane);
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let output = outputs[group.y];
  let slot = slots[output.slot];
  let first = group.x * CHUNK;
  let end = min(first + CHUNK, VOCAB);
  let row = group.y * LOGITS;
  let part = group.y * CHUNKS + group.x;

  if (output.wanted == OUTPUT_SAMPLE) {
    let stops_masked = output.draw < slot.min_tokens;
    let out = group.y * STRIDE;
    let as_is = slot.edits == 0u && !stops_masked;
    let is_drawn = slot.inverse_temperature > 0.0;
    var best: Best;
    var sum = 0.0;
    if (as_is && !is_drawn) {
      best = best_raw(group.y, first, end, lane);
    } else if (slot.edits == EDIT_MASK && !stops_masked && !is_drawn) {
      best = best_allowed(group.y, output.slot, first, end, lane);
    } else {
      var mine = Best(-3.4e38, 0xffffffffu);
      for (var i = first + lane; i < end; i += WIDTH) {
        var x = tamed(logits[row + i]);
        if (!as_is) { x = edit(x, i, slot, output.slot, stops_masked); }
        if (is_drawn) { // else nobody reads more than the best
          edited[out + i] = x;
          // Relative to the lane's own best, until the chunk's is known.
          let up = max(x, mine.value);
          sum = sum * exp(-distance_of(mine.value, up, slot.inverse_temperature))
            + exp(-distance_of(x, up, slot.inverse_temperature));
        }
        if (x > mine.value) { mine = Best(x, i); }
      }
      best = best_of_workgroup(mine, lane);
      if (is_drawn) {
        for (var i = VOCAB + lane; i < min(first + CHUNK, STRIDE); i += WIDTH) { edited[out + i] = MASKED; }
        sum = sum_for_first(sum * exp(-distance_of(mine.value, best.value, slot.inverse_temperature)), lane);
      }
    }
    if (lane == 0u) {
      partials[part].best = best.value;
      partials[part].best_token = best.token;
      partials[part].sum = sum;
    }
  }

  if (output.wanted != OUTPUT_SAMPLE || slot.top_logprobs > 0u) {
    let best = best_raw(group.y, first, end, lane);
    var sum = 0.0;
    for (var i = first + lane; i < end; i += WIDTH) { sum += exp(max(tamed(logits[row + i]) - best.value, -1e6)); }
    sum = sum_for_first(sum, lane);
    if (lane == 0u) {
      partials[part].raw_best = best.value;
      partials[part].raw_best_token = best.token;
      partials[part].raw_sum = sum;
    }
  }
}
