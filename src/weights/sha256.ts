// SHA-256: of a whole in memory by the platform, of a stream by hand, since Web Crypto has no streaming digest.

import { nodeModules } from './node-files.ts'

export interface Hasher {
  update(bytes: Uint8Array): void
  /** In hexadecimal. Called once, at the end. */
  digest(): string
}

/** Of bytes in memory, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

/** Of bytes that come piece by piece. */
export function sha256Hasher(): Hasher {
  const hash = nodeModules()?.('node:crypto').createHash('sha256')
  return hash ? { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') } : new Sha256()
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** The first 32 bits of the fractional parts of a root of the first primes: where the standard's constants come from. */
function primeRoots(count: number, root: number): Int32Array {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return Int32Array.from(primes, (prime) => Math.floor((prime ** (1 / root) % 1) * 2 ** 32))
}

export class Sha256 implements Hasher {
  readonly #constants = primeRoots(64, 3)
  readonly #state = primeRoots(8, 2)
  readonly #schedule = new Int32Array(64)
  /** What is left of the bytes so far, less than a block of 64. */
  readonly #rest = new Uint8Array(128)
  #filled = 0
  #length = 0

  update(bytes: Uint8Array): void {
    this.#length += bytes.length
    let at = 0
    if (this.#filled > 0) {
      at = Math.min(64 - this.#filled, bytes.length)
      this.#rest.set(bytes.subarray(0, at), this.#filled)
      this.#filled += at
      if (this.#filled < 64) return
      this.#compress(this.#rest, 0, 64)
    }
    const end = at + Math.floor((bytes.length - at) / 64) * 64
    this.#compress(bytes, at, end)
    this.#rest.set(bytes.subarray(end))
    this.#filled = bytes.length - end
  }

  digest(): string {
    const end = this.#filled < 56 ? 64 : 128
    this.#rest.fill(0, this.#filled)
    this.#rest[this.#filled] = 0x80
    new DataView(this.#rest.buffer).setBigUint64(end - 8, BigInt(this.#length) * 8n)
    this.#compress(this.#rest, 0, end)
    const out = new DataView(new ArrayBuffer(32))
    for (const [i, word] of this.#state.entries()) out.setInt32(4 * i, word)
    return hex(new Uint8Array(out.buffer))
  }

  #compress(bytes: Uint8Array, start: number, end: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const [state, w, constants] = [this.#state, this.#schedule, this.#constants]
    for (let block = start; block < end; block += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(block + 4 * i)
      for (let i = 16; i < 64; i++) {
        const a = w[i - 15]!
        const b = w[i - 2]!
        const s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)
        const s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10)
        w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
      }
      let a = state[0]!
      let b = state[1]!
      let c = state[2]!
      let d = state[3]!
      let e = state[4]!
      let f = state[5]!
      let g = state[6]!
      let h = state[7]!
      for (let i = 0; i < 64; i++) {
        const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
        const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[i]! + w[i]!) | 0
        const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
        const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
        h = g
        g = f
        f = e
        e = (d + t1) | 0
        d = c
        c = b
        b = a
        a = (t1 + t2) | 0
      }
      state[0]! += a
      state[1]! += b
      state[2]! += c
      state[3]! += d
      state[4]! += e
      state[5]! += f
      state[6]! += g
      state[7]! += h
    }
  }
}

const turn = (word: number, by: number) => (word >>> by) | (word << (32 - by))
