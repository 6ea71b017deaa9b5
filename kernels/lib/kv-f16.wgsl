// Keys and values held as f16, packed so that no shader-f16 is needed, four to a quad.
alias KvQuad = vec2<u32>;

// Beyond f16's range pack2x16float gives no defined value.
fn kv_pack(x: vec4<f32>) -> KvQuad {
  let y = clamp(x, vec4<f32>(-65504.0), vec4<f32>(65504.0));
  return vec2<u32>(pack2x16float(y.xy), pack2x16float(y.zw));
}
fn kv_unpack(x: KvQuad) -> vec4<f32> { return vec4<f32>(unpack2x16float(x.x), unpack2x16float(x.y)); }
