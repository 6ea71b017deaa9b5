// f32 to f16 bits, to nearest even, by integers: the language leaves pack2x16float's rounding to the driver.
const HALF_MAX: f32 = 65504.0;

// Beyond HALF_MAX the bits of infinity.
fn half_of(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  let sign = (bits >> 16u) & 0x8000u;
  let size = bits & 0x7fffffffu;
  if (size >= 0x477ff000u) { return sign | 0x7c00u; }
  if (size >= 0x38800000u) { // normal: drop 13 bits of the mantissa, carry into the exponent
    let rounded = size + 0xfffu + ((size >> 13u) & 1u);
    return sign | ((rounded - 0x38000000u) >> 13u);
  }
  if (size < 0x33000000u) { return sign; } // below half the smallest subnormal
  let shift = 126u - (size >> 23u);        // subnormal, in units of 2^-24: 14..24
  let mantissa = (size & 0x7fffffu) | 0x800000u;
  let kept = mantissa >> shift;
  let rest = mantissa & ((1u << shift) - 1u);
  let middle = 1u << (shift - 1u);
  let up = select(0u, 1u, rest > middle || (rest == middle && (kept & 1u) == 1u));
  return sign | (kept + up);
}
