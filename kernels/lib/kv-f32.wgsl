// Keys and values held as f32, four to a quad.
alias KvQuad = vec4<f32>;

fn kv_pack(x: vec4<f32>) -> KvQuad { return x; }
fn kv_unpack(x: KvQuad) -> vec4<f32> { return x; }
