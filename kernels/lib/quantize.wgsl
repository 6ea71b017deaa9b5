// Asymmetric quantization of a group: weight = q * scale + bias, the pair rounded to f16 before q is chosen by it.
#import half
#import grid-${grid}

struct Grid { scale: f32, bias: f32, top: f32, bits: u32 }

fn quantum(grid: Grid, i: u32) -> u32 {
  if (grid.scale == 0.0 || i >= count) { return 0u; }
  return u32(clamp(floor((element(i) - grid.bias) / grid.scale + 0.5), 0.0, grid.top));
}
