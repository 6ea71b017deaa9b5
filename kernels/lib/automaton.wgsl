// Walks a token's bytes through a constraint's automaton, from where a slot stands in it. What lies in `tables` is packed by
// src/webgpu/table-arena.ts, the actions are those of src/engine/token-constraint.ts. A walk writes nothing but its own
// variables: the frames of the slot below it are read where they lie. Needs the bindings tables, spellings and places.

const VOCAB: u32 = 64u;
const MASK_WORDS: u32 = 2u;       // a row of the mask
const NAME_WORDS: u32 = 8u;       // most words of a set of names
const FRAMES: u32 = 256u;         // most frames of a slot; a push above them is dead
const PUSHES: u32 = 32u;          // most frames of a token's own at once, and names it may note: a token with more is dead

// Where a slot stands: [table, state, depth, fresh], then for each level 0 … depth the symbol of the frame above it and the
// names seen in it.
const PLACE_TABLE: u32 = 0u;      // where its automaton's table begins; 0: held to none
const PLACE_STATE: u32 = 1u;
const PLACE_DEPTH: u32 = 2u;      // frames
const PLACE_FRESH: u32 = 3u;      // 1: the slot's row of the mask is that of this place
const PLACE_LEVELS: u32 = 4u;
const LEVEL_WORDS: u32 = 1u + NAME_WORDS;
const PLACE_WORDS: u32 = PLACE_LEVELS + (FRAMES + 1u) * LEVEL_WORDS;
const DEAD: u32 = 0xffffffffu;    // the state after a token that is not allowed, or an end: only ends may follow

// Of spellings: for each token the word where its bytes begin << 8 | how many there are; a bit a token for those that end;
// the bytes.
const SPELLING_ENDS: u32 = VOCAB;

// An automaton's arrays, as offsets into `tables`.
struct Table {
  classes: u32,
  name_words: u32,
  class_of: u32,
  next: u32,
  facts: u32,                 // 4 words a state
  ret_start: u32,
  ret: u32,
  masks: u32,
}
const ACTION_GO: u32 = 1u;
const ACTION_PUSH: u32 = 2u;
const ACTION_POP: u32 = 3u;
const ACTION_POP_REDO: u32 = 4u;
const ACTION_NAME: u32 = 5u;
const ACTION_GUARDED: u32 = 6u;   // go where a name must be left

var<private> table: Table;
var<private> place: u32;
var<private> state: u32;
var<private> depth: u32;
var<private> low: u32;                        // the walk's lowest depth so far: frames from there on are its own
var<private> pushed: array<u32, PUSHES>;      // their symbols
var<private> noted_count: u32;
var<private> noted: array<u32, PUSHES>;       // depth << 8 | name, by rising depth

fn level_of(depth: u32) -> u32 {
  return place + PLACE_LEVELS + depth * LEVEL_WORDS;
}

// Takes the automaton of a slot.
fn enter(slot: u32) {
  place = slot * PLACE_WORDS;
  let at = places[place + PLACE_TABLE];
  table = Table(
    tables[at], tables[at + 1u], tables[at + 2u], tables[at + 3u],
    tables[at + 4u], tables[at + 5u], tables[at + 6u], tables[at + 7u],
  );
}

fn unseen(names: u32) -> bool {
  for (var w = 0u; w < table.name_words; w++) {
    var seen = 0u;
    if (depth == low) { seen = places[level_of(low) + 1u + w]; }
    for (var i = 0u; i < noted_count; i++) {
      let name = noted[i];
      if (name >> 8u == depth && (name & 0xffu) / 32u == w) { seen |= 1u << (name & 31u); }
    }
    if ((tables[table.masks + (names - 1u) * table.name_words + w] & ~seen) != 0u) { return true; }
  }
  return false;
}

// What a byte does beside going on. False: it is not allowed.
fn turn(action: u32, operand: u32) -> bool {
  if (action == ACTION_GUARDED || action == ACTION_NAME) {
    let any_of = tables[table.facts + operand * 4u + 1u];
    if (any_of != 0u && !unseen(any_of)) { return false; }
    if (action == ACTION_NAME) {
      if (noted_count == PUSHES) { return false; }
      noted[noted_count] = (depth << 8u) | ((tables[table.facts + operand * 4u + 3u] & 0xffffu) - 1u);
      noted_count++;
    }
    state = operand;
    return true;
  }
  if (action == ACTION_PUSH) {
    if (depth == FRAMES || depth - low == PUSHES) { return false; }
    pushed[depth - low] = tables[table.facts + state * 4u] - 1u;
    depth++;
    state = operand;
    return true;
  }
  if (action == ACTION_POP || action == ACTION_POP_REDO) {
    let all_of = tables[table.facts + state * 4u + 2u];
    if (depth == 0u || (all_of != 0u && unseen(all_of))) { return false; }
    depth--;
    var symbol = 0u;
    if (depth < low) {
      low = depth;
      symbol = places[level_of(low)];
    } else {
      symbol = pushed[depth - low];
    }
    while (noted_count > 0u && noted[noted_count - 1u] >> 8u > depth) { noted_count--; }
    state = tables[results_of(symbol) + operand];
    return true;
  }
  return false;
}

fn byte_of(spelling: u32, i: u32) -> u32 {
  return (spellings[(spelling >> 8u) + i / 4u] >> (i % 4u * 8u)) & 0xffu;
}

// What a byte does in a state: action << 28 | operand.
fn entry_of(state: u32, byte: u32) -> u32 {
  return tables[table.next + state * table.classes + tables[table.class_of + byte]];
}

// What can be said of a token by states alone, while it leaves no more than the frame the slot stands in and one of its own,
// the white space between two things mostly. What asks for names seen is in doubt; so is what goes further.
const NO: u32 = 0u;
const YES: u32 = 1u;
const PERHAPS: u32 = 2u;
fn glance(token: u32, from_state: u32, from_depth: u32, from_results: u32) -> u32 {
  let spelling = spellings[token];
  let length = spelling & 0xffu;
  if (length == 0u) { return NO; }
  var state = from_state;
  var results = from_results;   // of a pop from the frame that is open; 0: not known
  var outer_results = 0u;
  var pushed = false;
  var answer = YES;
  var read = 0u;
  loop {
    var entry = entry_of(state, byte_of(spelling, read));
    while (entry >> 28u == ACTION_GO && read + 1u < length) { // all that most tokens do
      read++;
      state = entry & 0x0fffffffu;
      entry = entry_of(state, byte_of(spelling, read));
    }
    let action = entry >> 28u;
    let operand = entry & 0x0fffffffu;
    if (action == 0u) { return NO; }
    if (action == ACTION_POP || action == ACTION_POP_REDO) {
      if (results == 0u || tables[table.facts + state * 4u + 2u] != 0u) { return PERHAPS; }
      state = tables[results + operand];
      results = outer_results;
      outer_results = 0u;
      pushed = false;
      if (action == ACTION_POP_REDO) { continue; }
    } else {
      if (action == ACTION_PUSH) {
        if (pushed || from_depth == FRAMES) { return PERHAPS; }
        pushed = true;
        outer_results = results;
        results = results_of(tables[table.facts + state * 4u] - 1u);
      } else if (action != ACTION_GO) {
        answer = PERHAPS;
      }
      state = operand;
    }
    read++;
    if (read == length) { break; }
  }
  return answer;
}

// Where the states lie that a pop of a frame with this symbol leads to.
fn results_of(symbol: u32) -> u32 {
  return table.ret + tables[table.ret_start + symbol];
}

// That of the frame the slot stands in; 0: it stands in none.
fn results_below(depth: u32) -> u32 {
  if (depth == 0u) { return 0u; }
  return results_of(places[level_of(depth - 1u)]);
}

// Whether a token may come at a state and depth of the slot; if so the walk's variables say where it leads. A byte is taken
// again only by a pop, which leaves fewer frames: this ends.
fn walk(token: u32, from_state: u32, from_depth: u32) -> bool {
  state = from_state;
  depth = from_depth;
  low = from_depth;
  noted_count = 0u;
  let spelling = spellings[token];
  let length = spelling & 0xffu;
  if (length == 0u) { return false; }
  for (var read = 0u; read < length;) {
    let entry = entry_of(state, byte_of(spelling, read));
    let action = entry >> 28u;
    let operand = entry & 0x0fffffffu;
    if (action == ACTION_GO) {
      state = operand;
    } else if (!turn(action, operand)) {
      return false;
    }
    if (action != ACTION_POP_REDO) { read++; }
  }
  return true;
}

// Whether the completion may end in a state at a depth, no byte walked.
fn may_end(state: u32, depth: u32) -> bool {
  if (state == DEAD) { return true; }
  let facts = tables[table.facts + state * 4u + 3u];
  if (facts >= 0x80000000u) { return true; }
  let result = (facts >> 16u) & 0x3fffu;
  if (result == 0u || depth != 1u) { return false; }
  let after = tables[results_of(places[level_of(0u)]) + result - 1u];
  return tables[table.facts + after * 4u + 3u] >= 0x80000000u;
}

// The tokens of a word of the mask that end the completion, if it may end there.
fn allowed_ends(word: u32, state: u32, depth: u32) -> u32 {
  let ends = spellings[SPELLING_ENDS + word];
  if (ends != 0u && may_end(state, depth)) { return ends; }
  return 0u;
}
