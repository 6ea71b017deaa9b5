// Scores of tokens in the shapes of the API. Knows tokenizers and shapes; knows no request.

import type { PromptScore } from '../engine/generation.ts'
import type { SampledToken, TokenLogprob } from '../engine/model-runner.ts'
import { type DecodeOptions, IncrementalDetokenizer } from '../text/incremental-detokenizer.ts'
import type { Tokenizer } from '../text/tokenizer.ts'

export interface ChatLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[] | null
}

export interface ChatTokenLogprob extends ChatLogprob {
  readonly top_logprobs: readonly ChatLogprob[]
}

/** An entry of `logprobs.content` of a chat choice. `top`: how many alternatives were asked for. */
export function chatTokenLogprob(token: SampledToken, top: number, tokenizer: Tokenizer | undefined): ChatTokenLogprob {
  return {
    ...chatLogprob(token, tokenizer),
    top_logprobs: token.top.slice(0, top).map((alternative) => chatLogprob(alternative, tokenizer)),
  }
}

function chatLogprob({ token, logprob }: TokenLogprob, tokenizer: Tokenizer | undefined): ChatLogprob {
  const bytes = tokenizer?.tokenBytes(token)
  return { token: bytes ? lossy(bytes) : '', logprob: finite(logprob), bytes: bytes ? [...bytes] : null }
}

/** vLLM's `prompt_logprobs`: for each prompt token but the first the best `top` and the token itself, by id. */
export function promptLogprobs(
  prompt: readonly number[],
  scores: readonly PromptScore[],
  top: number,
  tokenizer: Tokenizer | undefined,
): (Record<string, { logprob: number; rank: number | null; decoded_token: string }> | null)[] {
  return prompt.map((_, i) => {
    const score = scores[i - 1]
    if (!score) return null
    const entry = ({ token, logprob }: TokenLogprob, rank: number | null) => ({
      logprob: finite(logprob),
      rank,
      decoded_token: tokenizer ? lossy(tokenizer.tokenBytes(token)) : '',
    })
    const place = score.top.findIndex(({ token }) => token === score.token)
    const rank = place >= 0 ? place + 1 : (score.rank ?? null)
    return Object.fromEntries([
      ...score.top.slice(0, top).map((alternative, i) => [alternative.token, entry(alternative, i + 1)]),
      [score.token, entry(score, rank)],
    ])
  })
}

/** The four columns of a completion's `logprobs`. */
export interface CompletionColumns {
  readonly tokens: string[]
  readonly token_logprobs: (number | null)[]
  /** null when no alternatives were asked for. */
  readonly top_logprobs: (Record<string, number> | null)[] | null
  readonly text_offset: number[]
}

/** Makes the columns of one choice, also in parts. */
export class CompletionLogprobs {
  readonly #top: number
  readonly #tokenizer: Tokenizer | undefined
  readonly #detokenizer: IncrementalDetokenizer | undefined
  #offset = 0

  /** `options`: how the choice's text is decoded, so that offsets point into it. */
  constructor(top: number, tokenizer: Tokenizer | undefined, options: DecodeOptions) {
    this.#top = top
    this.#tokenizer = tokenizer
    this.#detokenizer = tokenizer && new IncrementalDetokenizer(tokenizer, options)
  }

  /** Columns of the tokens that come next. A token without a score is the first of a prompt. */
  columns(tokens: readonly (SampledToken | { readonly token: number })[]): CompletionColumns {
    return {
      tokens: tokens.map(({ token }) => this.#name(token)),
      token_logprobs: tokens.map((token) => ('logprob' in token ? finite(token.logprob) : null)),
      top_logprobs:
        this.#top === 0 ? null : tokens.map((token) => ('logprob' in token ? this.#alternatives(token) : null)),
      text_offset: tokens.map(({ token }) => this.#advance(token)),
    }
  }

  /** Where a token's text begins. */
  #advance(token: number): number {
    const offset = this.#offset
    this.#offset += this.#detokenizer?.push(token).length ?? 0
    return offset
  }

  /** The token itself is among them even where it is not one of the best. */
  #alternatives(token: SampledToken): Record<string, number> {
    const names: Record<string, number> = {}
    for (const { token: id, logprob } of [...token.top.slice(0, this.#top), token]) {
      const name = this.#name(id)
      // Two ids may have one text: a piece and the byte it is made of. The likelier keeps it.
      const key = name in names && id !== token.token ? this.#byteName(id) : name
      names[key] ??= finite(logprob)
    }
    return names
  }

  /** As OpenAI's server names tokens: their text, or their bytes where those are no text by themselves. */
  #name(id: number): string {
    if (!this.#tokenizer) return `token_id:${id}`
    const text = lossy(this.#tokenizer.tokenBytes(id))
    return text.includes('\ufffd') ? this.#byteName(id) : text
  }

  #byteName(id: number): string {
    const bytes = this.#tokenizer?.tokenBytes(id) ?? []
    return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`
  }
}

function lossy(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

/** JSON has no infinity; OpenAI's server says −9999 for a token that cannot come. */
function finite(logprob: number): number {
  return Math.max(logprob, -9999)
}
