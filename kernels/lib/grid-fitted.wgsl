// The grid that spans a group's values.

// The bias is the smallest element, so that q starts at 0; a group of equal elements is its bias alone.
fn grid_of_group(top: f32) -> Grid {
  var low = element(0u);
  var high = low;
  for (var i = 1u; i < 32u; i++) {
    if (i < count) {
      low = min(low, element(i));
      high = max(high, element(i));
    }
  }
  if (max(abs(low), abs(high)) > HALF_MAX) { fault(); }
  let bias = half_of(low);
  let scale = half_of((high - low) / top);
  let bits = scale | (bias << 16u);
  let pair = unpack2x16float(bits);
  return Grid(pair.x, pair.y, top, bits);
}
