// Fields of POST /v1/embeddings.

import * as z from 'zod/mini'
import { filled, id } from './completion.ts'
import { defaulted, optional, required, type Values } from './field.ts'
import { integer } from './sampling.ts'

const text = z.string().check(z.minLength(1))

/** Most inputs of a request, as of OpenAI's server. */
export const MAX_INPUTS = 2048

export const embeddingFields = {
  input: required(z.union([text, filled(text), filled(id), filled(filled(id))]), {
    doc: `Text, token ids, or a list of up to ${MAX_INPUTS} of either. A text gets the tokenizer’s special tokens.`,
  }),
  model: required(z.string(), { doc: 'Id of a loaded model.' }),
  encoding_format: defaulted(z.enum(['float', 'base64']), 'float', {
    doc: 'Numbers, or little-endian 32-bit floats in base64, which OpenAI’s SDK asks for.',
  }),
  dimensions: optional(integer(z.gte(1)), {
    doc: 'Keeps that many numbers of each vector, brought to length 1 again; the hidden size of the model at most.',
  }),
  user: optional(z.string(), { doc: 'Accepted; has no effect.' }),
}

export type EmbeddingRequest = Values<typeof embeddingFields>
