// Chooses a token for each output and writes it into its slot and into the output's record; one workgroup an output.
// top_k and top_p both keep a prefix of the tokens sorted by probability, so each only lowers the mass in which one
// uniform number, drawn from the slot's seed and the draw's index, then picks a place.
#import step
#import sampling
#import philox

const VOCAB: u32 = 64u;
const STRIDE4: u32 = 16u;         // vectors a row of edited
const CHUNK: u32 = 4096u;
const CHUNKS: u32 = 1u;           // a row
const MAX_SEQUENCES: u32 = 1u;
const RECORD_WORDS: u32 = 44u;
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> slots: array<SamplingSlot>;
@group(0) @binding(2) var<storage, read> edited: array<vec4<f32>>;        // [outputs, STRIDE4]
@group(0) @binding(3) var<storage, read> partials: array<Partial>;        // [outputs, CHUNKS]
@group(0) @binding(4) var<storage, read_write> histogram: array<vec2<u32>>; // [outputs, BINS + 1] count and mass, totals last
@group(0) @binding(5) var<storage, read_write> counts: array<u32>;        // [slots, VOCAB]
@group(0) @binding(6) var<storage, read_write> slot_tokens: array<u32>;   // [MAX_SEQUENCES] ids, then as many done flags
@group(0) @binding(7) var<storage, read_write> records: array<u32>;       // [outputs, RECORD_WORDS]
#import row-stats
#import sorted-row

const TOP_K: u32 = 0u;
const TOP_P: u32 = 1u;
const DRAW: u32 = 2u;

var<workgroup> total: vec2<u32>;  // count and mass of the tokens that min_p keeps

fn draw(row: SortedRow, best_token: u32, slot: SamplingSlot, index: u32, lane: u32) -> u32 {
  if (lane == 0u) { total = histogram[row.output * (BINS + 1u) + BINS]; }
  let kept = workgroupUniformLoad(&total);
  var choice = Place(best_token, kept.y);
  for (var stage = TOP_K; stage <= DRAW; stage++) {
    let mass = choice.mass;
    var goal = slot.top_k - 1u;
    if (stage == TOP_P) {
      // The least mass that is enough; a share of 2^-24 less, so that rounding keeps no token too many.
      goal = mul_high(slot.top_p, mass);
      goal -= min(goal, mass >> 24u);
    }
    if (stage == DRAW) { goal = mul_high(philox(vec4<u32>(index, 0u, 0u, 0u), vec2<u32>(slot.seed, 0u)).x, mass); }
    if (stage == TOP_K && (slot.top_k == 0u || slot.top_k >= kept.x)) { continue; }
    if (stage == TOP_P && slot.top_p == 0u) { continue; }
    choice = place_of(row, goal, stage != TOP_K, choice, lane);
  }
  for (var bin = lane; bin <= BINS; bin += WIDTH) { histogram[row.output * (BINS + 1u) + bin] = vec2<u32>(); }
  return choice.token;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let output = outputs[group.x];
  let record = group.x * RECORD_WORDS;
  var token = output.wanted;
  if (output.wanted == OUTPUT_SAMPLE) {
    let slot = slots[output.slot];
    let stats = row_stats(group.x, slot.inverse_temperature);
    token = stats.best_token;
    if (slot.inverse_temperature > 0.0 && stats.best > ALIVE) {
      let row = SortedRow(group.x, stats.best, stats.sum, slot.inverse_temperature, slot.max_distance);
      token = draw(row, token, slot, output.draw, lane);
    }
    if (lane == 0u) {
      let done = MAX_SEQUENCES + output.slot;
      if (slot_tokens[done] != 0u) {
        token = slot_tokens[output.slot]; // a step submitted before the stop was known
      } else {
        let count = output.slot * VOCAB + token;
        slot_tokens[output.slot] = token;
        slot_tokens[done] = select(0u, 1u, (counts[count] & COUNT_IS_STOP) != 0u);
        if ((slot.edits & EDIT_PENALTIES) != 0u) { counts[count] += 1u; }
      }
    }
  }
  if (lane == 0u) {
    records[record] = token;
    records[record + 1u] = 0x7fc00000u; // NaN: no log-probability asked; logprobs.wgsl writes those that are
    records[record + 2u] = 0u;
    records[record + RECORD_WORDS - 1u] = 0u; // no rank: only scored tokens have one
  }
}
