// What a peer is asked: the same shape, prompts and numbers of tokens as ours, timed where a caller sees the tokens.

import type { Shape } from '../shapes.ts'

export interface PeerOptions {
  readonly shape: Shape
  /** Prompt lengths. */
  readonly prefill: readonly number[]
  /** Tokens after a prompt of 128. */
  readonly decodeTokens: number
}

export interface PeerFigures {
  readonly prefill: Readonly<Record<number, number>>
  /** Tokens a second after the first. */
  readonly decode: number
}

/** `times`: milliseconds from the request to each token of a prompt of that length. */
export async function measure(
  { prefill, decodeTokens }: PeerOptions,
  times: (promptLength: number, maxTokens: number) => Promise<readonly number[]>,
): Promise<PeerFigures> {
  await times(16, 2) // shaders are compiled at first use
  const speeds: Record<number, number> = {}
  for (const length of prefill) {
    await times(length, 1)
    const [first] = await times(length, 1)
    speeds[length] = length / (first! / 1000)
  }
  const seen = await times(128, decodeTokens + 1)
  return { prefill: speeds, decode: (seen.length - 1) / ((seen.at(-1)! - seen[0]!) / 1000) }
}
