// 32 neighbours along K: the unit in which weights and activations are read. Fields instead of an array, so that no
// compiler is tempted to index it at run time.
struct Group { a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, e: vec4<f32>, f: vec4<f32>, g: vec4<f32>, h: vec4<f32> }

fn group_dot(w: Group, x: Group) -> f32 {
  let sum = w.a * x.a + w.b * x.b + w.c * x.c + w.d * x.d + w.e * x.e + w.f * x.f + w.g * x.g + w.h * x.h;
  return (sum.x + sum.y) + (sum.z + sum.w);
}

fn group_sum(x: Group) -> f32 {
  let sum = ((x.a + x.b) + (x.c + x.d)) + ((x.e + x.f) + (x.g + x.h));
  return (sum.x + sum.y) + (sum.z + sum.w);
}
