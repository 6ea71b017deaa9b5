// Writes a group of 32 as weights-q8 reads it.
#import quantize

@group(0) @binding(3) var<storage, read_write> data: array<u32>;
@group(0) @binding(4) var<storage, read_write> scales: array<u32>;

fn pack(group: u32) {
  let grid = grid_of_group(255.0);
  scales[group] = grid.bits;
  for (var word = 0u; word < 8u; word++) {
    var v = 0u;
    for (var i = 0u; i < 4u; i++) { v |= quantum(grid, word * 4u + i) << (8u * i); }
    data[group * 8u + word] = v;
  }
}
