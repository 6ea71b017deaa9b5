// What the sampling kernels agree on: how a slot samples, which logits are alive, and the order and mass of a token.

// Written by src/webgpu/sampling-state.ts when a slot is opened.
struct SamplingSlot {
  inverse_temperature: f32,   // 0: greedy
  max_distance: f32,          // min_p as -ln(min_p): how far below the likeliest token a kept one may be
  top_k: u32,                 // 0: off
  top_p: u32,                 // in units of 2^-32; 0: off
  seed: u32,
  repetition_penalty: f32,
  frequency_penalty: f32,
  presence_penalty: f32,
  min_tokens: u32,
  edits: u32,                 // EDIT_ bits
  top_logprobs: u32,          // 0: no log-probabilities asked, else one more than the number of likeliest tokens
}
const EDIT_PENALTIES: u32 = 1u;
const EDIT_BIAS: u32 = 2u;
const EDIT_MASK: u32 = 4u;
const EDIT_TOP_ALLOWED: u32 = 8u; // the likeliest tokens reported are those that the mask allows

// Bits of counts[slot, token]: two flags above the number of times the slot has drawn the token.
const COUNT_IN_PROMPT: u32 = 0x80000000u;
const COUNT_IS_STOP: u32 = 0x40000000u;
const COUNT_DRAWN: u32 = 0x3fffffffu;

// What logits-edit.wgsl learns of a chunk of a row. Sums are of exp relative to the chunk's own best.
struct Partial {
  best: f32,                  // of edited logits
  best_token: u32,            // the lowest id that has it
  sum: f32,                   // after temperature
  raw_best: f32,              // of raw logits, only where log-probabilities are asked
  raw_best_token: u32,
  raw_sum: f32,
}

#import tamed
const LAST_RESORT: f32 = -2e38f; // no probability, yet drawn where all else is masked

// Descending logits as ascending integers.
fn key_of(x: f32) -> u32 {
  let bits = select(bitcast<u32>(x), 0u, x == 0.0);
  return select(0x7fffffffu - bits, bits, bits >= 0x80000000u);
}

fn logit_of(key: u32) -> f32 {
  return bitcast<f32>(select(0x7fffffffu - key, key, key >= 0x80000000u));
}

// How far below the best of its row, in units of the temperature.
fn distance_of(x: f32, best: f32, inverse_temperature: f32) -> f32 {
  return min((best - x) * inverse_temperature, 1e6);
}

// Tokens by their distance: monotonic, so a bin holds neighbours of the sorted order. The last bin is open.
const BINS: u32 = 128u;
const BINS_PER_NAT: f32 = 4.0f;
fn bin_of(distance: f32) -> u32 {
  return min(u32(distance * BINS_PER_NAT), BINS - 1u);
}

// A row's probabilities in fixed point: integers add up to the same sum in any order, about 2^31 in all.
fn mass_of(distance: f32, sum: f32) -> u32 {
  return u32(exp(-distance) / sum * 2147483648.0 + 0.5);
}
