// What changes from step to step, written by the CPU once a step (src/webgpu/step-data.ts packs it).

// Rows are ordered: decode rows first, then the rows of prefill chunks.
struct Step {
  rows: u32,          // tokens in this step
  decode_rows: u32,   // rows [0, decode_rows) hold one token each of a sequence in decode
  outputs: u32,       // rows that get logits
  max_keys: u32,      // largest number of keys any decode row attends to
}

// A token of the batch.
struct Row {
  slot: u32,          // which sequence slot: block table, sampling state
  position: u32,      // position in the sequence, also the index of its key and value
  token: u32,         // id, or TOKEN_OF_SLOT: the one last sampled into the slot
  reserved: u32,
}
const TOKEN_OF_SLOT: u32 = 0xffffffffu;

// A row that gets logits.
struct Output {
  row: u32,           // index into rows
  slot: u32,
  wanted: u32,        // OUTPUT_SAMPLE: draw a token into the slot; else score this id and leave the slot alone
  draw: u32,          // how many tokens of the completion come before: counter of the generator, min_tokens
}
const OUTPUT_SAMPLE: u32 = 0xffffffffu;

// Rows of a prefill chunk whose final hidden states are kept.
struct Pool {
  first: u32,         // index into rows
  rows: u32,
  slot: u32,
  added: u32,         // not 0: they are added to what the slot has
}
