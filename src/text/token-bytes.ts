// The bytes each token stands for, read from a tokenizer's own decoder description. Knows tokenizer.json's decoders; knows
// nothing of sequences: what a decoder does at the beginning of a text is told by `stripsFirstSpace` and done elsewhere.

import { TextError } from './errors.ts'

/** A decoder entry of tokenizer.json; only the keys that are read. */
interface DecoderConfig {
  readonly type: string
  readonly decoders?: readonly DecoderConfig[]
  readonly pattern?: { readonly String?: string; readonly Regex?: string }
  readonly content?: string
  readonly replacement?: string
  readonly prepend_scheme?: string
  readonly start?: number
  readonly stop?: number
}

export interface TokenBytes {
  /** Bytes of an ordinary (not added) token. */
  bytesOf(token: string): Uint8Array
  /** Whether a text loses one space at its very beginning: the one that encoding put there. */
  readonly stripsFirstSpace: boolean
}

type Step = (piece: string | Uint8Array) => string | Uint8Array

const encoder = new TextEncoder()

/** @throws TextError for a decoder whose output for a token depends on more than the token. */
export function createTokenBytes(decoder: unknown): TokenBytes {
  const chain = flatten(decoder as DecoderConfig | null | undefined)
  const steps: Step[] = []
  let stripsFirstSpace = false
  for (const config of chain) {
    switch (config.type) {
      case 'ByteLevel':
        steps.push(onText(fromByteAlphabet))
        break
      case 'ByteFallback':
        steps.push(onText(fromHexByte))
        break
      case 'Metaspace': {
        const replacement = config.replacement ?? '▁'
        stripsFirstSpace ||= config.prepend_scheme !== 'never'
        steps.push(onText((text) => text.replaceAll(replacement, ' ')))
        break
      }
      case 'Replace':
        steps.push(onText(replacement(config)))
        break
      case 'Strip':
        if (config.content !== ' ' || (config.start ?? 0) > 1 || (config.stop ?? 0) > 0)
          throw unusable(`Strip of ${JSON.stringify(config.content)} (${config.start}, ${config.stop})`)
        stripsFirstSpace ||= config.start === 1
        break
      case 'Fuse':
        break
      default:
        throw unusable(config.type)
    }
  }
  return {
    stripsFirstSpace,
    bytesOf(token) {
      let piece: string | Uint8Array = token
      for (const step of steps) piece = step(piece)
      return typeof piece === 'string' ? encoder.encode(piece) : piece
    },
  }
}

function unusable(what: string): TextError {
  return new TextError(
    `Cannot use tokenizer.json: its decoder must be made of ByteLevel, ByteFallback, Metaspace, Replace, Strip and Fuse, received ${what}`,
  )
}

function flatten(config: DecoderConfig | null | undefined): readonly DecoderConfig[] {
  if (!config) return []
  return config.type === 'Sequence' ? (config.decoders ?? []).flatMap(flatten) : [config]
}

function onText(step: (text: string) => string | Uint8Array): Step {
  return (piece) => (typeof piece === 'string' ? step(piece) : piece)
}

function replacement({ pattern, content = '' }: DecoderConfig): (text: string) => string {
  if (pattern?.String !== undefined) {
    const from = pattern.String
    return (text) => text.replaceAll(from, content)
  }
  if (pattern?.Regex !== undefined) {
    const from = new RegExp(pattern.Regex, 'gu')
    return (text) => text.replace(from, content)
  }
  throw unusable('Replace without a pattern')
}

/** `<0x0A>` is the byte 10; anything else stays text. */
function fromHexByte(token: string): string | Uint8Array {
  const hex = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1]
  return hex === undefined ? token : Uint8Array.of(Number.parseInt(hex, 16))
}

/** A token of a byte-level vocabulary; a character outside its alphabet stands for itself. */
function fromByteAlphabet(token: string): Uint8Array {
  const bytes: number[] = []
  for (const char of token) {
    const byte = byteOf(char.codePointAt(0)!)
    if (byte === undefined) bytes.push(...encoder.encode(char))
    else bytes.push(byte)
  }
  return Uint8Array.from(bytes)
}

/**
 * The byte behind a character of the byte-level alphabet: printable Latin-1 characters are their own byte, the 68 other
 * bytes in order have the characters from U+0100 on.
 */
function byteOf(codePoint: number): number | undefined {
  if (isPrintable(codePoint)) return codePoint
  const n = codePoint - 0x100
  if (n < 0 || n >= 68) return undefined
  if (n <= 0x20) return n // 00 … 20
  if (n <= 0x20 + 34) return n - 0x21 + 0x7f // 7f … a0
  return 0xad
}

function isPrintable(codePoint: number): boolean {
  return (
    (codePoint >= 0x21 && codePoint <= 0x7e) ||
    (codePoint >= 0xa1 && codePoint <= 0xac) ||
    (codePoint >= 0xae && codePoint <= 0xff)
  )
}
