// Writes a constrained slot's row of the mask: which tokens its automaton allows where the slot stands. First a glance at each
// token, then the few that it leaves in doubt are walked.
#import step

const WIDTH: u32 = 64u;
#import automaton
#import mask-by-${threads}

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> tables: array<u32>;
@group(0) @binding(2) var<storage, read> spellings: array<u32>;
@group(0) @binding(3) var<storage, read> places: array<u32>;        // [slots, PLACE_WORDS]
@group(0) @binding(4) var<storage, read_write> mask: array<u32>;    // [slots, MASK_WORDS]

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let output = outputs[group.y];
  let begin = output.slot * PLACE_WORDS;
  if (output.wanted != OUTPUT_SAMPLE || places[begin + PLACE_TABLE] == 0u || places[begin + PLACE_FRESH] != 0u) { return; }
  enter(output.slot);
  write_words(group.x, lane, output.slot * MASK_WORDS, places[begin + PLACE_STATE], places[begin + PLACE_DEPTH]);
}
