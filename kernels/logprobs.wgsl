// Log-probabilities under the raw logits: of the drawn or scored token, and of the likeliest ones; one workgroup an
// output. The likeliest are taken one by one from the chunk whose best is best, which is then searched for its next.
#import step
#import sampling

const VOCAB: u32 = 64u;
const LOGITS = VOCAB + (VOCAB + 3u) / 4u; // elements a row of logits, the best of every four behind them
const CHUNK: u32 = 4096u;
const CHUNKS: u32 = 1u;           // a row
const MASK_WORDS: u32 = 2u;       // a row
const RECORD_WORDS: u32 = 44u;
const WIDTH: u32 = 64u;
#import best

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> slots: array<SamplingSlot>;
@group(0) @binding(2) var<storage, read> logits: array<f32>;              // [outputs, LOGITS], see next-best
@group(0) @binding(3) var<storage, read> partials: array<Partial>;        // [outputs, CHUNKS]
@group(0) @binding(4) var<storage, read_write> records: array<u32>;       // [outputs, RECORD_WORDS]
@group(0) @binding(5) var<storage, read> mask: array<u32>;                // [slots, MASK_WORDS], a bit a token, 1: allowed

var<workgroup> heads: array<Best, CHUNKS>;
var<workgroup> greater: atomic<u32>; // tokens likelier than a scored one

// Of a chunk's tokens that come after one in the order, the lane's likeliest.
fn after(head: Best, chunk: u32, row: u32, mask_row: u32, allowed_only: bool, lane: u32) -> Best {
  var next = Best(-3.4e38, 0xffffffffu);
  for (var i = chunk * CHUNK + lane; i < min((chunk + 1u) * CHUNK, VOCAB); i += WIDTH) {
    let x = tamed(logits[row + i]);
    if (x <= next.value || x > head.value || (x == head.value && i <= head.token)) { continue; }
    if (allowed_only && ((mask[mask_row + i / 32u] >> (i & 31u)) & 1u) == 0u) { continue; }
    next = Best(x, i);
  }
  return next;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let output = outputs[group.x];
  let asked = slots[output.slot].top_logprobs;
  let allowed_only = (slots[output.slot].edits & EDIT_TOP_ALLOWED) != 0u;
  let mask_row = output.slot * MASK_WORDS;
  if (output.wanted == OUTPUT_SAMPLE && asked == 0u) { return; }

  let base = group.x * CHUNKS;
  var best = partials[base].raw_best;
  for (var c = 1u; c < CHUNKS; c++) { best = max(best, partials[base + c].raw_best); }
  var sum = 0.0;
  for (var c = 0u; c < CHUNKS; c++) {
    sum += partials[base + c].raw_sum * exp(max(partials[base + c].raw_best - best, -1e6));
  }
  let log_sum = log(sum);

  let row = group.x * LOGITS;
  let record = group.x * RECORD_WORDS;
  let tops = min(max(asked, 1u) - 1u, min(VOCAB, (RECORD_WORDS - 4u) / 2u));
  let x = tamed(logits[row + min(records[record], VOCAB - 1u)]);
  if (output.wanted != OUTPUT_SAMPLE) {
    var mine = 0u;
    for (var i = lane; i < VOCAB; i += WIDTH) { mine += select(0u, 1u, tamed(logits[row + i]) > x); }
    atomicAdd(&greater, mine);
    workgroupBarrier();
    if (lane == 0u) { records[record + RECORD_WORDS - 1u] = 1u + atomicLoad(&greater); }
  }
  if (lane == 0u) { records[record + 1u] = bitcast<u32>((x - best) - log_sum); }

  for (var c = lane; c < CHUNKS; c += WIDTH) { heads[c] = Best(partials[base + c].raw_best, partials[base + c].raw_best_token); }
  for (var c = 0u; allowed_only && c < CHUNKS; c++) {
    let head = best_of_workgroup(after(Best(3.4e38, 0u), c, row, mask_row, true, lane), lane);
    if (lane == 0u) { heads[c] = head; }
  }
  var found = 0u;
  for (var n = 0u; n < tops; n++) {
    workgroupBarrier();
    var head = heads[0];
    for (var c = 1u; c < CHUNKS; c++) { head = better(head, heads[c]); }
    if (head.value > ALIVE) { found = n + 1u; }
    if (lane == 0u) {
      records[record + 3u + 2u * n] = head.token;
      records[record + 4u + 2u * n] = bitcast<u32>((head.value - best) - log_sum);
    }
    let chunk = min(head.token / CHUNK, CHUNKS - 1u); // where none is left there is no token
    let next = best_of_workgroup(after(head, chunk, row, mask_row, allowed_only, lane), lane);
    if (lane == 0u) { heads[chunk] = next; }
  }
  if (lane == 0u) { records[record + 2u] = found; }
}
