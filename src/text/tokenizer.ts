// Text to token ids and back. Encoding is @huggingface/tokenizers'; decoding is by each token's true bytes, so that a piece
// of a text decodes the same alone, streamed and whole. Knows no model, no request.

import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { TextError } from './errors.ts'
import { type DecodeOptions, IncrementalDetokenizer, type TokenText } from './incremental-detokenizer.ts'
import { createTokenBytes } from './token-bytes.ts'

export interface Tokenizer extends TokenText {
  /** One more than the highest id that has a token. A model's vocabulary may be larger. */
  readonly vocabSize: number
  readonly bosToken?: SpecialToken
  readonly eosToken?: SpecialToken
  /** `addSpecialTokens`: put what the tokenizer puts around a text (most often a beginning-of-sequence token). */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): number[]
  decode(ids: readonly number[], options?: DecodeOptions): string
  /** The token as the vocabulary writes it. */
  piece(id: number): string | undefined
  tokenId(piece: string): number | undefined
}

export interface SpecialToken {
  readonly content: string
  readonly id: number
}

/** tokenizer_config.json; only the keys that are read here. */
interface TokenizerConfig {
  readonly tokenizer_class?: string
  readonly add_bos_token?: boolean | null
  readonly bos_token?: string | { readonly content?: string } | null
  readonly eos_token?: string | { readonly content?: string } | null
}

const NO_BYTES = new Uint8Array(0)

/**
 * @param tokenizerJson tokenizer.json, parsed
 * @param tokenizerConfig tokenizer_config.json, parsed, where there is one
 * @throws TextError
 */
export function createTokenizer(tokenizerJson: unknown, tokenizerConfig: unknown = {}): Tokenizer {
  const json = checked(tokenizerJson)
  const config = (isObject(tokenizerConfig) ? tokenizerConfig : {}) as TokenizerConfig
  const inner = attempt('use tokenizer.json', () => new HuggingFaceTokenizer(json, config))
  const { bytesOf, stripsFirstSpace } = attempt('use tokenizer.json', () => createTokenBytes(json.decoder))
  const added = inner.get_added_tokens_decoder()
  const encoded = (text: string, addSpecialTokens: boolean) =>
    attempt('tokenize', () => inner.encode(text, { add_special_tokens: addSpecialTokens }).ids)
  encoded('Hello, 1 world', true) // what cannot encode at all is refused here
  const encoder = new TextEncoder()
  const bytes = new Map<number, Uint8Array>()

  const special = (token: TokenizerConfig['bos_token']): SpecialToken | undefined => {
    const content = typeof token === 'string' ? token : token?.content
    const id = content === undefined ? undefined : inner.token_to_id(content)
    return content === undefined || id === undefined ? undefined : { content, id }
  }
  const bosToken = special(config.bos_token)
  // For these classes transformers puts the token there itself, whatever the post-processor says.
  const prependsBos = config.add_bos_token === true && /^(Llama|CodeLlama|Gemma)/.test(config.tokenizer_class ?? '')

  const tokenizer: Tokenizer = {
    vocabSize: inner.model?.vocab.length ?? 0,
    bosToken,
    eosToken: special(config.eos_token),
    stripsFirstSpace,
    encode(text, { addSpecialTokens = true } = {}) {
      // An unknown character without an <unk> to stand for it has no id.
      const ids = encoded(text, addSpecialTokens).filter((id) => id !== undefined)
      if (addSpecialTokens && prependsBos && bosToken && ids[0] !== bosToken.id) ids.unshift(bosToken.id)
      return ids
    },
    decode(ids, options) {
      const detokenizer = new IncrementalDetokenizer(tokenizer, options)
      let text = ''
      for (const id of ids) text += detokenizer.push(id)
      return text + detokenizer.end()
    },
    tokenBytes(id) {
      let found = bytes.get(id)
      if (!found) {
        const piece = inner.id_to_token(id)
        if (piece === undefined) return NO_BYTES
        found = added.has(id) ? encoder.encode(piece) : bytesOf(piece)
        bytes.set(id, found)
      }
      return found
    },
    piece: (id) => inner.id_to_token(id),
    tokenId: (piece) => inner.token_to_id(piece),
    isSpecial: (id) => added.get(id)?.special ?? false,
  }
  return tokenizer
}

interface TokenizerJson {
  readonly model: object
  readonly decoder?: unknown
}

function checked(value: unknown): TokenizerJson {
  if (!isObject(value)) throw new TextError(`Cannot read tokenizer.json: expected an object, received ${typeof value}`)
  const { model } = value
  if (!isObject(model) || typeof model.vocab !== 'object' || model.vocab === null)
    throw new TextError(
      `Cannot read tokenizer.json: expected a model with a vocabulary, received keys ${Object.keys(value).join(', ')}`,
    )
  if (model.type !== undefined && model.type !== 'BPE' && model.type !== 'Unigram')
    throw new TextError(
      `Cannot use tokenizer.json: expected a model of type BPE or Unigram, received ${String(model.type)}`,
    )
  checkIds(model.vocab as object, value.added_tokens)
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...value,
  } as unknown as TokenizerJson
}

const MAX_ID = 2 ** 24

/** Ids are places in lists. Entries of other kinds are the library's to refuse. */
function checkIds(vocab: object, added: unknown): void {
  const refuse = (id: unknown) => {
    throw new TextError(`Cannot read tokenizer.json: ids must be whole numbers below ${MAX_ID}, received ${String(id)}`)
  }
  const isId = (id: unknown) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < MAX_ID
  if (!Array.isArray(vocab)) for (const id of Object.values(vocab)) if (!isId(id)) refuse(id)
  if (!Array.isArray(added)) return
  for (const token of added) if (!isObject(token) || !isId(token.id)) refuse(isObject(token) ? token.id : token)
}

/** The library's own errors name no file. */
function attempt<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new TextError(`Cannot ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
