// Where the language has packed_4x8_integer_dot_product. See bytes-dot-plain.
fn dot4(a: u32, b: u32) -> i32 { return dot4I8Packed(a, b); }
