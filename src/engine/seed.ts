// Seeds of the choices of one request.

/** The seed that a choice draws with, 32 bits: choice 0 with the request's own, each other with one mixed from both. */
export function deriveSeed(seed: number, choice: number): number {
  return choice === 0 ? seed >>> 0 : mix((seed ^ mix(choice)) >>> 0)
}

/** A bijection of 32 bits in which each input bit flips about half of the output's. */
function mix(value: number): number {
  let v = (value + 0x9e3779b9) >>> 0
  v = Math.imul(v ^ (v >>> 16), 0x21f0aaad)
  v = Math.imul(v ^ (v >>> 15), 0x735a2d97)
  return (v ^ (v >>> 15)) >>> 0
}
