// Where the shared test data lies, and its vocabularies as bytes. Knows nothing of schemas.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Vocabulary } from '../../src/constraint/index.ts'

export const sharedFolder = (): string =>
  process.env.INFETCH_SHARED || fileURLToPath(new URL('../../../shared', import.meta.url))

/** GPT-2's spelling of bytes as printable characters, undone. */
function byteDecoder(): Map<string, number> {
  const out = new Map<string, number>()
  let extra = 0
  for (let b = 0; b < 256; b++) {
    const plain = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174
    out.set(String.fromCodePoint(plain ? b : 256 + extra++), b)
  }
  return out
}

/** One of data/schemas/vocab, its last id taken for the end of the output. */
export function loadVocabulary(name: string): Vocabulary {
  const list = JSON.parse(readFileSync(`${sharedFolder()}/data/schemas/vocab/${name}.json`, 'utf8')) as (
    | string
    | null
  )[]
  const decode = byteDecoder()
  const tokens = list.map((t) => {
    if (t === null) return null
    const bytes = [...t].map((c) => decode.get(c))
    return bytes.every((b) => b !== undefined) ? Uint8Array.from(bytes as number[]) : null
  })
  return new Vocabulary([...tokens, null], [tokens.length])
}

/** The stories260K vocabulary: SentencePiece with byte tokens. */
export function loadStories(): Vocabulary {
  const file = `${sharedFolder()}/data/models/stories260K-hf/tokenizer.json`
  const { model } = JSON.parse(readFileSync(file, 'utf8')) as {
    model: { vocab: Record<string, number> | [string, number][] }
  }
  const pairs = Array.isArray(model.vocab) ? model.vocab.map(([t], i) => [t, i] as const) : Object.entries(model.vocab)
  const tokens: (Uint8Array | null)[] = []
  const encoder = new TextEncoder()
  for (const [t, id] of pairs) {
    const byte = /^<0x([0-9A-F]{2})>$/.exec(t)
    tokens[id] = byte
      ? Uint8Array.of(Number.parseInt(byte[1]!, 16))
      : /^<.*>$/.test(t)
        ? null
        : encoder.encode(t.replaceAll('▁', ' '))
  }
  return new Vocabulary(tokens, [2])
}

export const namedVocabulary = (name: string): Vocabulary => (name === 'stories' ? loadStories() : loadVocabulary(name))

/** Reads `--name value` of a script's arguments. */
export const optionsOf =
  (args: readonly string[]) =>
  (name: string, fallback: string): string =>
    args.includes(name) ? args[args.indexOf(name) + 1]! : fallback
