// Finds a place in a row's tokens sorted from likeliest to least likely (equal logits: lowest id first) without sorting:
// the histogram gives the bin, the few tokens of that bin are gathered and ranked; a bin that holds many is split first.
// Needs VOCAB, STRIDE4, CHUNK, CHUNKS, WIDTH and the bindings edited, partials, histogram.

const LIST = BINS;                // tokens that are ranked at once
const STRIDES: u32 = 16u;         // into which the bins are summed up

struct SortedRow {
  output: u32,
  best: f32,
  sum: f32,
  inverse_temperature: f32,
  max_distance: f32,
}

// Tokens in a bin of the histogram whose keys and ids lie in between, bounds included.
struct Range {
  bin: u32,
  key_low: u32,
  key_high: u32,
  token_low: u32,
  token_high: u32,
}

// A part of a range, and the tokens before it in the whole order.
struct Part {
  index: u32,
  population: u32,
  count_before: u32,
  mass_before: u32,
}

// A token and the mass of all up to and with it.
struct Place {
  token: u32,
  mass: u32,
}

var<workgroup> bin_count: array<atomic<u32>, BINS>;
var<workgroup> bin_mass: array<atomic<u32>, BINS>;
// The same for reading: atomics are dear. At last keys and ids of the tokens to be ranked: SwiftShader compiles a store for
// each word of workgroup memory, a millisecond each.
var<workgroup> bins: array<vec2<u32>, BINS>;
var<workgroup> strides: array<vec2<u32>, STRIDES>;
var<workgroup> list_mass: array<u32, LIST>;
var<workgroup> list_length: atomic<u32>;
var<workgroup> part: Part;
var<workgroup> place: Place;

// Of the parts counted in `bins`, the one where the running count or mass passes `goal`. Barriers inside.
fn part_with(goal: u32, by_mass: bool, count_before: u32, mass_before: u32, lane: u32) -> Part {
  workgroupBarrier();
  for (var stride = lane; stride < STRIDES; stride += WIDTH) {
    var sum = vec2<u32>();
    for (var i = 0u; i < BINS / STRIDES; i++) { sum += bins[stride * (BINS / STRIDES) + i]; }
    strides[stride] = sum;
  }
  workgroupBarrier();
  if (lane == 0u) {
    var before = vec2<u32>(count_before, mass_before);
    var stride = 0u;
    for (; stride < STRIDES - 1u; stride++) {
      let after = before + strides[stride];
      if (select(after.x, after.y, by_mass) > goal) { break; }
      before = after;
    }
    part = Part(0u, 0u, before.x, before.y);
    for (var bin = stride * (BINS / STRIDES); bin < (stride + 1u) * (BINS / STRIDES); bin++) {
      let after = before + bins[bin];
      if (select(after.x, after.y, by_mass) > goal) {
        part = Part(bin, bins[bin].x, before.x, before.y);
        break;
      }
      before = after;
    }
  }
  return workgroupUniformLoad(&part);
}

// By how many bits keys, or ids where all keys are equal, are shifted to number the parts of a range.
fn shift_of(span: u32) -> u32 {
  let bits = 32u - countLeadingZeros(span);
  return bits - min(bits, firstLeadingBit(BINS));
}

fn consider(row: SortedRow, range: Range, gather: bool, x: f32, token: u32) {
  let distance = distance_of(x, row.best, row.inverse_temperature);
  if (bin_of(distance) != range.bin || x <= ALIVE || distance > row.max_distance) { return; }
  let key = key_of(x);
  if (key < range.key_low || key > range.key_high || token < range.token_low || token > range.token_high) { return; }
  let mass = mass_of(distance, row.sum);
  if (gather) {
    let at = atomicAdd(&list_length, 1u);
    if (at < LIST) {
      bins[at] = vec2<u32>(key, token);
      list_mass[at] = mass;
    }
  } else {
    var index = (token - range.token_low) >> shift_of(range.token_high - range.token_low);
    if (range.key_low < range.key_high) { index = (key - range.key_low) >> shift_of(range.key_high - range.key_low); }
    atomicAdd(&bin_count[index], 1u);
    atomicAdd(&bin_mass[index], mass);
  }
}

fn scan(row: SortedRow, range: Range, gather: bool, lane: u32) {
  let low = vec4<f32>(logit_of(range.key_high));
  let high = vec4<f32>(logit_of(range.key_low));
  for (var c = 0u; c < CHUNKS; c++) {
    let nearest = distance_of(partials[row.output * CHUNKS + c].best, row.best, row.inverse_temperature);
    if (bin_of(nearest) > range.bin) { continue; }
    let end = min((c + 1u) * CHUNK / 4u, STRIDE4);
    for (var i = c * CHUNK / 4u + lane; i < end; i += WIDTH) {
      var x = edited[row.output * STRIDE4 + i];
      if (!any((x >= low) & (x <= high))) { continue; } // most are elsewhere
      for (var j = 0u; j < 4u; j++) { // rotated, so that the code of a token is there once
        consider(row, range, gather, x.x, i * 4u + j);
        x = x.yzwx;
      }
    }
  }
}

// The first token of the order at which the running count, or mass, is more than `goal`; `otherwise` where there is none.
// Barriers inside.
fn place_of(row: SortedRow, goal: u32, by_mass: bool, otherwise: Place, lane: u32) -> Place {
  for (var bin = lane; bin < BINS; bin += WIDTH) { bins[bin] = histogram[row.output * (BINS + 1u) + bin]; }
  if (lane == 0u) { place = otherwise; }

  var found = Part(0u, 0u, 0u, 0u);
  var range = Range(0u, 0u, 0u, 0u, VOCAB - 1u);
  var gather = false;
  for (var level = 0u; level < 10u && !gather; level++) {
    found = part_with(goal, by_mass, found.count_before, found.mass_before, lane);
    if (level == 0u) { // the keys of a bin, with room for rounding; the last bin is open
      let width = 1.0 / (BINS_PER_NAT * row.inverse_temperature);
      let low = select(row.best - (f32(found.index) + 2.0) * width, MASKED, found.index == BINS - 1u);
      range.bin = found.index;
      range.key_low = key_of(row.best - (f32(found.index) - 1.0) * width);
      range.key_high = key_of(low);
    } else if (range.key_low < range.key_high) {
      let shift = shift_of(range.key_high - range.key_low);
      range.key_low += found.index << shift;
      range.key_high = min(range.key_high, range.key_low + ((1u << shift) - 1u));
    } else {
      let shift = shift_of(range.token_high - range.token_low);
      range.token_low += found.index << shift;
      range.token_high = min(range.token_high, range.token_low + ((1u << shift) - 1u));
    }
    gather = found.population <= LIST;
    for (var bin = lane; bin < BINS; bin += WIDTH) {
      atomicStore(&bin_count[bin], 0u);
      atomicStore(&bin_mass[bin], 0u);
    }
    if (lane == 0u) { atomicStore(&list_length, 0u); }
    workgroupBarrier();
    scan(row, range, gather, lane);
    workgroupBarrier();
    if (!gather) {
      for (var bin = lane; bin < BINS; bin += WIDTH) {
        bins[bin] = vec2<u32>(atomicLoad(&bin_count[bin]), atomicLoad(&bin_mass[bin]));
      }
    }
  }

  let length = min(atomicLoad(&list_length), LIST);
  for (var i = lane; i < length; i += WIDTH) {
    let own = bins[i];
    var count = found.count_before;
    var mass = found.mass_before;
    for (var j = 0u; j < length; j++) {
      let other = bins[j];
      if (other.x < own.x || (other.x == own.x && other.y < own.y)) {
        count++;
        mass += list_mass[j];
      }
    }
    let before = select(count, mass, by_mass);
    if (before <= goal && goal - before < select(1u, list_mass[i], by_mass)) {
      place = Place(own.y, mass + list_mass[i]);
    }
  }
  return workgroupUniformLoad(&place);
}
