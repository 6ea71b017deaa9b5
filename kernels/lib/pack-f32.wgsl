// Writes a group of 32 as weights-f32 reads it.
@group(0) @binding(3) var<storage, read_write> data: array<u32>;

fn pack(group: u32) {
  for (var i = 0u; i < 32u; i++) { data[group * 32u + i] = bitcast<u32>(element(i)); }
}
