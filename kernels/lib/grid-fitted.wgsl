// The grid that spans a group's values. Few quanta are better not stretched from the least value to the greatest: there it is
// fitted to them by least squares, ROUNDS times, each for the quanta that the grid before chose.

const ROUNDS: u32 = 3u;

struct Line { scale: f32, bias: f32 }

fn fitted(stretched: Line, top: f32) -> Line {
  var line = stretched;
  for (var round = 0u; round < ROUNDS; round++) {
    if (line.scale <= 0.0) { break; }
    var sum_q = 0.0;
    var sum_qq = 0.0;
    var sum_x = 0.0;
    var sum_xq = 0.0;
    for (var i = 0u; i < count; i++) {
      let x = element(i) - stretched.bias; // small numbers, small rounding errors
      let q = clamp(floor((x - (line.bias - stretched.bias)) / line.scale + 0.5), 0.0, top);
      sum_q += q;
      sum_qq += q * q;
      sum_x += x;
      sum_xq += x * q;
    }
    let n = f32(count);
    let spread = n * sum_qq - sum_q * sum_q;
    if (spread <= 0.0) { break; }
    line.scale = (n * sum_xq - sum_q * sum_x) / spread;
    line.bias = stretched.bias + (sum_x - line.scale * sum_q) / n;
  }
  return line;
}

// Stretched, the bias is the smallest element, so that q starts at 0; a group of equal elements is its bias alone.
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
  var line = Line((high - low) / top, low);
  if (top < 16.0) { line = fitted(line, top); }
  let bias = half_of(line.bias);
  let scale = half_of(line.scale);
  let bits = scale | (bias << 16u);
  let pair = unpack2x16float(bits);
  return Grid(pair.x, pair.y, top, bits);
}
