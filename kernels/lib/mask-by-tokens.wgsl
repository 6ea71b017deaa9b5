// For GPUs: a thread looks at a token, and all of a workgroup share the walks of those in doubt.

const MASK_SPAN: u32 = 2u;        // words of the mask a workgroup

var<workgroup> words: array<atomic<u32>, MASK_SPAN>;
var<workgroup> unsure: array<u32, MASK_SPAN * 32u>;
var<workgroup> unsure_count: atomic<u32>;

fn write_words(group: u32, lane: u32, row: u32, from_state: u32, from_depth: u32) {
  let first = group * MASK_SPAN;
  let results = results_below(from_depth);
  let last = min((first + MASK_SPAN) * 32u, select(VOCAB, 0u, from_state == DEAD));
  for (var token = first * 32u + lane; token < last; token += WIDTH) {
    let answer = glance(token, from_state, from_depth, results);
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
    if (word < MASK_WORDS) { mask[row + word] = atomicLoad(&words[i]) | allowed_ends(word, from_state, from_depth); }
  }
}
