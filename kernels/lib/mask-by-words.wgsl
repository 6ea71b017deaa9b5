// For CPUs: a thread writes a word of the mask by itself and waits for no other.

fn write_words(group: u32, lane: u32, row: u32, from_state: u32, from_depth: u32) {
  let word = group * WIDTH + lane;
  if (word >= MASK_WORDS) { return; }
  let first = word * 32u;
  let results = results_below(from_depth);
  var bits = 0u;
  var unsure = 0u;
  for (var i = 0u; i < select(min(32u, VOCAB - first), 0u, from_state == DEAD); i++) {
    let answer = glance(first + i, from_state, from_depth, results);
    bits |= select(0u, 1u, answer == YES) << i;
    unsure |= select(0u, 1u, answer == PERHAPS) << i;
  }
  for (; unsure != 0u; unsure &= unsure - 1u) {
    let i = firstTrailingBit(unsure);
    if (walk(first + i, from_state, from_depth)) { bits |= 1u << i; }
  }
  mask[row + word] = bits | allowed_ends(word, from_state, from_depth);
}
