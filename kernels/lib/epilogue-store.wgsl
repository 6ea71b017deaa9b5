// y = the product (+ bias).
#import each

const Y_SOFTCAP: f32 = 0.0f;     // the result then ends up in (-Y_SOFTCAP, Y_SOFTCAP); 0 = off

fn write_one(at: u32, z: f32) -> f32 {
  var result = z;
  // Some drivers' tanh overflows for large arguments; at 10 it is 1 in f32.
  if (Y_SOFTCAP > 0.0) { result = tanh(clamp(z / Y_SOFTCAP, -10.0, 10.0)) * Y_SOFTCAP; }
  y[at] = result;
  return result;
}
