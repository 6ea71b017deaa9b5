// Moves each constrained slot that drew a token on by it; one thread an output.
#import step
#import automaton

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> tables: array<u32>;
@group(0) @binding(2) var<storage, read> spellings: array<u32>;
@group(0) @binding(3) var<storage, read_write> places: array<u32>;      // [slots, PLACE_WORDS]
@group(0) @binding(4) var<storage, read> slot_tokens: array<u32>;       // the token each slot drew last

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  let output = outputs[group.x];
  if (output.wanted != OUTPUT_SAMPLE || places[output.slot * PLACE_WORDS + PLACE_TABLE] == 0u) { return; }
  enter(output.slot);
  let from_state = places[place + PLACE_STATE];
  let from_depth = places[place + PLACE_DEPTH];
  if (from_state == DEAD || !walk(slot_tokens[output.slot], from_state, from_depth)) {
    places[place + PLACE_STATE] = DEAD;
    places[place + PLACE_FRESH] = select(0u, 1u, from_state == DEAD);
    return;
  }
  let stays = state == from_state && low == from_depth && depth == from_depth && noted_count == 0u;
  places[place + PLACE_FRESH] = select(0u, 1u, stays);
  places[place + PLACE_STATE] = state;
  places[place + PLACE_DEPTH] = depth;
  for (var above = low + 1u; above <= depth; above++) {
    places[level_of(above - 1u)] = pushed[above - 1u - low];
    for (var w = 0u; w < table.name_words; w++) { places[level_of(above) + 1u + w] = 0u; }
  }
  for (var i = 0u; i < noted_count; i++) {
    let name = noted[i] & 0xffu;
    places[level_of(noted[i] >> 8u) + 1u + name / 32u] |= 1u << (name & 31u);
  }
}
