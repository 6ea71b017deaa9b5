// The grid on which a group's values lie already, as the checkpoint says: quanta come out as they were.
@group(0) @binding(5) var<storage, read> grids: array<u32>;   // [rows, groups] scale and bias as f16

fn grid_of_group(top: f32) -> Grid {
  let bits = grids[source];
  if ((bits & 0x7c00u) == 0x7c00u || (bits & 0x7c000000u) == 0x7c000000u) { fault(); }
  let pair = unpack2x16float(bits);
  return Grid(pair.x, pair.y, top, bits);
}
