// Rotary embedding (Su et al. 2021) of a row's queries and keys. The importing kernel has kv-pages, and as bindings
// `rope` [NEAR + far, HALF] (cos, sin) and `qkv` [rows, (HEADS + 2 KV_HEADS) * HEAD_DIM] f32.
const ROTATE: bool = true;     // false: a layer without positions
const HALF: u32 = 32u;         // rotated elements of a head come in pairs (i, i + HALF); those from 2 HALF on stay
const INTERLEAVED: bool = false; // pairs are (2i, 2i + 1)
const NEAR: u32 = 256u;        // positions in the near part of the rope table

// Angles of large positions lose their digits in f32. So the table holds cos and sin of position % NEAR and of
// position - position % NEAR, computed in f64, and the sum's come by the addition theorem.
fn turn(position: u32, pair: u32) -> vec2<f32> {
  let near = rope[(position % NEAR) * HALF + pair];
  let far = rope[(NEAR + position / NEAR) * HALF + pair];
  return vec2<f32>(near.x * far.x - near.y * far.y, near.y * far.x + near.x * far.y);
}

fn rotated(head: u32, d: u32, position: u32) -> f32 {
  let x = qkv[head + d];
  if (!ROTATE || (2u * HALF < HEAD_DIM && d >= 2u * HALF)) { return x; }
  var is_first = d < HALF;
  var pair = select(d - HALF, d, is_first);
  var partner = select(d - HALF, d + HALF, is_first);
  if (INTERLEAVED) {
    is_first = d % 2u == 0u;
    pair = d / 2u;
    partner = d ^ 1u;
  }
  let other = qkv[head + partner];
  let t = turn(position, pair);
  return x * t.x + select(other, -other, is_first) * t.y;
}

// Of four elements from d on, of the head that starts there.
fn rotated_quad(head: u32, d: u32, position: u32) -> vec4<f32> {
  return vec4<f32>(
    rotated(head, d, position),
    rotated(head, d + 1u, position),
    rotated(head, d + 2u, position),
    rotated(head, d + 3u, position),
  );
}

fn plain_quad(at: u32) -> vec4<f32> { return vec4<f32>(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]); }
