// Writes a constrained slot's row of the mask: which tokens its automaton allows where the slot stands. A workgroup takes
// MASK_SPAN words of the row: first a glance at each token, then the few that do more than go on are walked.
#import step

const WIDTH: u32 = 64u;
const MASK_SPAN: u32 = 2u;
#import automaton

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> tables: array<u32>;
@group(0) @binding(2) var<storage, read> spellings: array<u32>;
@group(0) @binding(3) var<storage, read> places: array<u32>;        // [slots, PLACE_WORDS]
@group(0) @binding(4) var<storage, read_write> mask: array<u32>;    // [slots, MASK_WORDS]

var<workgroup> words: array<atomic<u32>, MASK_SPAN>;
var<workgroup> unsure: array<u32, MASK_SPAN * 32u>;
var<workgroup> unsure_count: atomic<u32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let output = outputs[group.y];
  let begin = output.slot * PLACE_WORDS;
  if (output.wanted != OUTPUT_SAMPLE || places[begin + PLACE_TABLE] == 0u || places[begin + PLACE_FRESH] != 0u) { return; }
  enter(output.slot);
  let from_state = places[begin + PLACE_STATE];
  let from_depth = places[begin + PLACE_DEPTH];
  let first = group.x * MASK_SPAN;
  let results = results_of(select(from_state, 0u, from_state == DEAD), from_depth);
  let last = min((first + MASK_SPAN) * 32u, select(VOCAB, 0u, from_state == DEAD));
  for (var token = first * 32u + lane; token < last; token += WIDTH) {
    let answer = glance(token, from_state, results);
    if (answer == YES) { atomicOr(&words[token / 32u - first], 1u << (token & 31u)); }
    if (answer == PERHAPS) { unsure[atomicAdd(&unsure_count, 1u)] = token; }
  }
  workgroupBarrier();
  let count = atomicLoad(&unsure_count);
  for (var i = lane; i < count; i += WIDTH) {
    let token = unsure[i];
    if (walk(token, from_state, from_depth)) { atomicOr(&words[token / 32u - first], 1u << (token & 31u)); }
  }
  workgroupBarrier();
  for (var i = lane; i < MASK_SPAN; i += WIDTH) {
    let word = first + i;
    if (word >= MASK_WORDS) { continue; }
    var bits = atomicLoad(&words[i]);
    let ends = spellings[SPELLING_ENDS + word];
    if (ends != 0u && may_end(from_state, from_depth)) { bits |= ends; }
    mask[output.slot * MASK_WORDS + word] = bits;
  }
}
