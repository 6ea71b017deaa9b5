// Σ of the products of four signed bytes.
fn bytes_of(v: u32) -> vec4<i32> { return bitcast<vec4<i32>>(vec4(v) << vec4(24u, 16u, 8u, 0u)) >> vec4(24u); }

fn dot4(a: u32, b: u32) -> i32 { return dot(bytes_of(a), bytes_of(b)); }
