// Writes a group of 32 as weights-f16 reads it. Values beyond f16 are counted as faults.
#import half

@group(0) @binding(3) var<storage, read_write> data: array<u32>;

fn pack(group: u32) {
  for (var i = 0u; i < 16u; i++) {
    let low = half_of(element(2u * i));
    let high = half_of(element(2u * i + 1u));
    if ((low & 0x7c00u) == 0x7c00u || (high & 0x7c00u) == 0x7c00u) { fault(); }
    data[group * 16u + i] = low | (high << 16u);
  }
}
