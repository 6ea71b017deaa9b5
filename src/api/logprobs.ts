// Scores of tokens in the shapes of the API. Knows tokenizers and shapes; knows no request.

import type { SampledToken, TokenLogprob } from '../engine/model-runner.ts'
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
  return { token: textOf(bytes), logprob: finite(logprob), bytes: bytes ? [...bytes] : null }
}

export function tokenText(id: number, tokenizer: Tokenizer | undefined): string {
  return textOf(tokenizer?.tokenBytes(id))
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : ''
}

/** JSON has no infinity; OpenAI's server says −9999 for a token that cannot come. */
export function finite(logprob: number): number {
  return Math.max(logprob, -9999)
}
