// Turns rows of a checkpoint's bytes into a weight layout, a group of 32 a thread, and counts values it cannot hold.
#import read-${dtype}

const COLS: u32 = 32u;           // of the checkpoint
const WIDTH: u32 = 64u;

struct Conversion {
  rows: u32,                     // in raw
  first: u32,                    // row of the part that the first one becomes
  stride: u32,                   // from one to the next: 2 where two tensors' rows alternate
  tensor: u32,                   // index into faults
}

@group(0) @binding(0) var<uniform> conversion: Conversion;
@group(0) @binding(1) var<storage, read> raw: array<u32>;                     // [rows, COLS]
@group(0) @binding(2) var<storage, read_write> faults: array<atomic<u32>>;    // [tensors]
#import pack-${weights}

var<private> start: u32;         // the group's first element in raw
var<private> count: u32;         // 32, fewer at a row's end
var<private> source: u32;        // the group's index in raw

fn element(i: u32) -> f32 {
  if (i >= count) { return 0.0; }
  return raw_value(start + i);
}

fn fault() { atomicAdd(&faults[conversion.tensor], 1u); }

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let groups = (COLS + 31u) / 32u;
  let row = id.x / groups;
  let group = id.x % groups;
  if (row >= conversion.rows) { return; }
  source = id.x;
  start = row * COLS + group * 32u;
  count = min(32u, COLS - group * 32u);
  for (var i = 0u; i < count; i++) {
    if (!raw_finite(start + i)) {
      fault();
      return;
    }
  }
  pack((conversion.first + row * conversion.stride) * groups + group);
}
