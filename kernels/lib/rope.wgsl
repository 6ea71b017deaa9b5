// Rotary embedding (Su et al. 2021) of a row's queries and keys. The importing kernel has kv-pages, and as bindings
// `rope` [NEAR + far, HALF] (cos, sin) and `qkv` [rows, (HEADS + 2 KV_HEADS) * HEAD_DIM] f32.
const ROTATE: bool = true;     // false: a layer without positions
const HALF: u32 = 32u;         // rotated elements of a head come in pairs (i, i + HALF); those from 2 HALF on stay
const INTERLEAVED: bool = false; // pairs are (2i, 2i + 1)
const NEAR: u32 = 256u;        // positions in the near part of the rope table

// How four neighbouring elements of a head turn: x * cos + partner * sin.
struct Turns { cos: vec4<f32>, sin: vec4<f32> }

fn is_rotated(d: u32) -> bool { return ROTATE && (2u * HALF >= HEAD_DIM || d < 2u * HALF); }
fn is_first(d: u32) -> bool { return select(d < HALF, d % 2u == 0u, INTERLEAVED); }

fn partner(d: u32) -> u32 {
  if (!is_rotated(d)) { return d; }
  if (INTERLEAVED) { return d ^ 1u; }
  return select(d - HALF, d + HALF, is_first(d));
}

// Angles of large positions lose their digits in f32. So the table holds cos and sin of position % NEAR and of
// position - position % NEAR, computed in f64, and the sum's come by the addition theorem.
fn turn(d: u32, position: u32) -> vec2<f32> {
  if (!is_rotated(d)) { return vec2<f32>(1.0, 0.0); }
  let pair = select(d % HALF, d / 2u, INTERLEAVED);
  let near = rope[(position % NEAR) * HALF + pair];
  let far = rope[(NEAR + position / NEAR) * HALF + pair];
  let sin = near.y * far.x + near.x * far.y;
  return vec2<f32>(near.x * far.x - near.y * far.y, select(sin, -sin, is_first(d)));
}

// Of elements d to d + 3 of any head.
fn turns_of(d: u32, position: u32) -> Turns {
  let a = turn(d, position);
  let b = turn(d + 1u, position);
  let c = turn(d + 2u, position);
  let e = turn(d + 3u, position);
  return Turns(vec4<f32>(a.x, b.x, c.x, e.x), vec4<f32>(a.y, b.y, c.y, e.y));
}

fn plain_quad(at: u32) -> vec4<f32> { return vec4<f32>(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]); }

// Of four elements from d on, of the head that starts there.
fn rotated_quad(head: u32, d: u32, turns: Turns) -> vec4<f32> {
  let x = plain_quad(head + d);
  if (!ROTATE) { return x; }
  let other = vec4<f32>(
    qkv[head + partner(d)], qkv[head + partner(d + 1u)], qkv[head + partner(d + 2u)], qkv[head + partner(d + 3u)],
  );
  return x * turns.cos + other * turns.sin;
}
