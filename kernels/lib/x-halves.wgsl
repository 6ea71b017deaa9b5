// A product's x and quanta multiplied in f16, eight terms at a time; their sums are f32. An octet of x is divided by its largest
// element first, so that nothing overflows.
#import halves-${weights}

@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>; // [M, GROUPS * 8]

struct XOctet { values: Halves, scale: f32, sum: vec4<f32> }

alias Dots = vec4<f32>;          // of four rows of the weights
alias Sum = vec4<f32>;           // of x; its elements are to be added up

fn halved(low: vec4<f32>, high: vec4<f32>) -> XOctet {
  let most = max(abs(low), abs(high));
  let top = max(max(most.x, most.y), max(most.z, most.w));
  let some = top > 1e-30; // below, 1 / top may be infinite
  let inverse = select(0.0, 1.0 / top, some);
  return XOctet(halves_of(low * inverse, high * inverse), select(0.0, top, some), low + high);
}

fn x_octet(m: u32, octet: u32) -> XOctet {
  let i = (m * GROUPS * 4u + octet) * 2u;
  return halved(x[i], x[i + 1u]);
}

fn octet_dot(w: Halves, x: Halves) -> f32 { return f32(dot(w.even, x.even) + dot(w.odd, x.odd)); }

fn dots(a: Halves, b: Halves, c: Halves, d: Halves, x: XOctet) -> Dots {
  let sums = vec4(octet_dot(a, x.values), octet_dot(b, x.values), octet_dot(c, x.values), octet_dot(d, x.values));
  return sums * x.scale;
}

fn sum_of(x: XOctet) -> Sum { return x.sum; }

// Σ x (q scale + bias) of row m, from Σ x q and Σ x within a group.
fn weighted(dots: Dots, x: Sum, scale: vec4<f32>, bias: vec4<f32>, m: u32, group: u32) -> vec4<f32> {
  return dots * scale + bias * ((x.x + x.y) + (x.z + x.w));
}
