// An octet as f16, in the order in which quanta are cut out of words: elements 0, 2, 4, 6 and 1, 3, 5, 7.
struct Halves { even: vec4<f16>, odd: vec4<f16> }

fn halves_of(low: vec4<f32>, high: vec4<f32>) -> Halves {
  return Halves(vec4<f16>(vec4(low.xz, high.xz)), vec4<f16>(vec4(low.yw, high.yw)));
}

// Two small numbers in the halves of a word, less `zero`: 1024 + n has n in the lowest bits of an f16. A bitcast would say the
// same, but Naga takes none of that kind.
fn small_halves(v: u32, zero: f16) -> vec2<f16> {
  return vec2<f16>(unpack2x16float(v | 0x64006400u)) - (1024.0h + zero);
}
