// Elements of a checkpoint's bytes held as f16.
fn half_bits(i: u32) -> u32 { return (raw[i / 2u] >> ((i & 1u) * 16u)) & 0xffffu; }
fn raw_value(i: u32) -> f32 { return unpack2x16float(half_bits(i)).x; }
fn raw_finite(i: u32) -> bool { return (half_bits(i) & 0x7c00u) != 0x7c00u; }
