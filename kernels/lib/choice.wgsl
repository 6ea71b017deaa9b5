// An expert that a row goes through, as kernels/route.wgsl picks it.
struct Choice {
  expert: u32,
  weight: f32,        // multiplies what the expert gives
}
