// What the cases of every client share: the embedded model behind fetch, with a key.

import OpenAI, { type ClientOptions } from 'openai'
import config from '../../models/embedded/config.json'

export const MODEL = 'infetch-embedded'
export const { hidden_size: WIDTH, vocab_size: VOCAB_SIZE, max_position_embeddings: CONTEXT } = config
export const KEY = 'sesame'
export const BASE_URL = 'http://infetch/v1'

export interface Stage {
  readonly fetch: typeof fetch
  /** Resolves when no request holds anything. */
  allFreed(): Promise<void>
}

export function openAi({ fetch }: Pick<Stage, 'fetch'>, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ apiKey: KEY, baseURL: BASE_URL, fetch, dangerouslyAllowBrowser: true, ...options })
}

/** A question whose greedy answer is known, and one whose answer is long. */
export const SUM = 'What is 2 + 3?'
export const STORY = 'Tell me a story about a dog.'
export const user = (content: string) => [{ role: 'user' as const, content }]

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}
