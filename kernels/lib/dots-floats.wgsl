// Octets of x times octets of the weights as floats: quanta are summed unscaled.
#import weights-${weights}

alias Dots = vec4<f32>;          // of four rows of the weights
alias Sum = vec4<f32>;           // of x; its elements are to be added up

fn dots(a: Octet, b: Octet, c: Octet, d: Octet, x: Octet) -> Dots {
  let scaled = Octet(x.low * UNIT, x.high * UNIT);
  return vec4(octet_dot(a, scaled), octet_dot(b, scaled), octet_dot(c, scaled), octet_dot(d, scaled));
}

fn sum_of(x: Octet) -> Sum { return x.low + x.high; }

// Σ x (q scale + bias) of row m, from Σ x q and Σ x within a group.
fn weighted(dots: Dots, x: Sum, scale: vec4<f32>, bias: vec4<f32>, m: u32, group: u32) -> vec4<f32> {
  if (!SCALED) { return dots; }
  return dots * scale + bias * ((x.x + x.y) + (x.z + x.w));
}
