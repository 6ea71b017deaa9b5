// Elements of a checkpoint's bytes held as bf16.
fn half_bits(i: u32) -> u32 { return (raw[i / 2u] >> ((i & 1u) * 16u)) & 0xffffu; }
fn raw_value(i: u32) -> f32 { return bitcast<f32>(half_bits(i) << 16u); }
fn raw_finite(i: u32) -> bool { return (half_bits(i) & 0x7f80u) != 0x7f80u; }
