// Asymmetric quantization of a group: weight = q * scale + bias, the pair rounded to f16 before q is chosen by it.
#import half

struct Grid { scale: f32, bias: f32, top: f32, bits: u32 }

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

fn quantum(grid: Grid, i: u32) -> u32 {
  if (grid.scale == 0.0 || i >= count) { return 0u; }
  return u32(clamp(floor((element(i) - grid.bias) / grid.scale + 0.5), 0.0, grid.top));
}
