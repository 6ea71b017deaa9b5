// Elements of a checkpoint's bytes held as f32.
fn raw_value(i: u32) -> f32 { return bitcast<f32>(raw[i]); }
fn raw_finite(i: u32) -> bool { return (raw[i] & 0x7f800000u) != 0x7f800000u; }
