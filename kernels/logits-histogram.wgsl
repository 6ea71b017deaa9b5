// Counts a row's tokens that min_p keeps and their probability mass by distance from the best; one workgroup a chunk.
// sample.wgsl, which reads the histogram, leaves it zero for the next step.
#import step
#import sampling

const STRIDE4: u32 = 16u;         // vectors a row of edited
const CHUNK: u32 = 4096u;
const CHUNKS: u32 = 1u;           // a row
const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> slots: array<SamplingSlot>;
@group(0) @binding(2) var<storage, read> edited: array<vec4<f32>>;  // [outputs, STRIDE4]
@group(0) @binding(3) var<storage, read> partials: array<Partial>;  // [outputs, CHUNKS]
@group(0) @binding(4) var<storage, read_write> histogram: array<atomic<u32>>; // [outputs, BINS + 1, count and mass], totals last
#import row-stats

var<workgroup> stats: RowStats;
var<workgroup> bin_count: array<atomic<u32>, BINS>;
var<workgroup> bin_mass: array<atomic<u32>, BINS>;
var<workgroup> total_count: atomic<u32>;
var<workgroup> total_mass: atomic<u32>;

fn consider(x: f32, slot: SamplingSlot) {
  let distance = distance_of(x, stats.best, slot.inverse_temperature);
  if (x <= ALIVE || distance > slot.max_distance) { return; }
  let bin = bin_of(distance);
  let mass = mass_of(distance, stats.sum);
  atomicAdd(&bin_count[bin], 1u);
  if (mass > 0u) { atomicAdd(&bin_mass[bin], mass); } // most of a vocabulary has none
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let output = outputs[group.y];
  let slot = slots[output.slot];
  if (output.wanted != OUTPUT_SAMPLE || slot.inverse_temperature == 0.0) { return; }
  if (lane == 0u) { stats = row_stats(group.y, slot.inverse_temperature); }
  workgroupBarrier();

  let first = group.x * CHUNK / 4u;
  let end = min(first + CHUNK / 4u, STRIDE4);
  for (var i = first + lane; i < end; i += WIDTH) {
    var x = edited[group.y * STRIDE4 + i];
    for (var j = 0u; j < 4u; j++) { // rotated, so that the code of a token is there once
      consider(x.x, slot);
      x = x.yzwx;
    }
  }
  workgroupBarrier();

  let base = group.y * (BINS + 1u) * 2u;
  for (var bin = lane; bin < BINS; bin += WIDTH) {
    let count = atomicLoad(&bin_count[bin]);
    if (count > 0u) {
      let mass = atomicLoad(&bin_mass[bin]);
      atomicAdd(&histogram[base + bin * 2u], count);
      atomicAdd(&histogram[base + bin * 2u + 1u], mass);
      atomicAdd(&total_count, count);
      atomicAdd(&total_mass, mass);
    }
  }
  workgroupBarrier();
  if (lane == 0u) {
    atomicAdd(&histogram[base + BINS * 2u], atomicLoad(&total_count));
    atomicAdd(&histogram[base + BINS * 2u + 1u], atomicLoad(&total_mass));
  }
}
