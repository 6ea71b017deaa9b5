// POST /v1/embeddings: texts and token ids to vectors of length 1, the pooled hidden states of a loaded model.

import { GREEDY } from '../engine/sampling-params.ts'
import { needTokenizer, nonEmpty } from './chat-prompt.ts'
import { MAX_OPEN } from './choices.ts'
import { isIds } from './completion-prompts.ts'
import { type Context, ignoredHeader, jsonResponse } from './context.ts'
import { badRequest } from './errors.ts'
import { type EmbeddingRequest, embeddingFields, MAX_INPUTS } from './fields/embedding.ts'
import { parseFields } from './fields/field.ts'
import type { ServedModel } from './host.ts'
import { checkTokenIds, findModel, maxTokensFor } from './prepare.ts'

export async function embeddings(context: Context): Promise<Response> {
  const { host, call } = context
  const { values: request, ignored } = parseFields(embeddingFields, await call.json())
  const model = findModel(host, request.model)
  checkModel(request, model)
  const inputs = inputsOf(request, model)
  const vectors = await pooledStates(inputs, model, context)
  const data = vectors.map((vector, index) => {
    const unit = unitVector(vector.subarray(0, request.dimensions))
    return { object: 'embedding', index, embedding: request.encoding_format === 'base64' ? base64(unit) : [...unit] }
  })
  const tokens = inputs.reduce((sum, { length }) => sum + length, 0)
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  return jsonResponse({ object: 'list', data, model: request.model, usage }, { headers: ignoredHeader(ignored) })
}

/** @throws ApiError 400 */
function checkModel({ dimensions = 1 }: EmbeddingRequest, { id, pooling, sizes }: ServedModel): void {
  if (!pooling)
    throw badRequest(
      `Invalid 'model': the folder of '${id}' asks for another pooling than the last token's or the mean, which is not served.`,
      'model',
      'unsupported_value',
    )
  if (dimensions > sizes.hidden)
    throw badRequest(
      `Invalid 'dimensions': integer above maximum value. Expected a value <= ${sizes.hidden}, but got ${dimensions} instead.`,
      'dimensions',
      'integer_above_max_value',
    )
}

function inputsOf({ input }: EmbeddingRequest, model: ServedModel): (readonly number[])[] {
  if (typeof input === 'string' || isIds(input)) return [tokensOf(input, 'input', model)]
  if (input.length > MAX_INPUTS)
    throw badRequest(
      `Invalid 'input': array too long. Expected an array with maximum length ${MAX_INPUTS}, but got an array with length ${input.length} instead.`,
      'input',
      'array_above_max_length',
    )
  return input.map((one, i) => tokensOf(one, `input[${i}]`, model))
}

function tokensOf(input: string | readonly number[], param: string, model: ServedModel): readonly number[] {
  if (typeof input !== 'string') checkTokenIds(input, param, model)
  const ids = typeof input === 'string' ? nonEmpty(needTokenizer(model, param).encode(input), model, param) : input
  maxTokensFor(ids.length, 0, model, 'input')
  return ids
}

/** In order, some of them at a time. */
async function pooledStates(
  inputs: readonly (readonly number[])[],
  { engine, pooling }: ServedModel,
  { call: { signal }, metrics }: Context,
): Promise<Float32Array[]> {
  const states: Float32Array[] = []
  let next = 0
  const work = async () => {
    while (next < inputs.length) {
      const i = next++
      const prompt = inputs[i]!
      metrics.promptTokens += prompt.length
      const generation = engine.generate({ prompt, pool: pooling, sampling: GREEDY, maxTokens: 0, n: 1, signal })
      for await (const _ of generation);
      states[i] = generation.pooled!
    }
  }
  metrics.running++
  try {
    await Promise.all(Array.from({ length: Math.min(MAX_OPEN, inputs.length) }, work))
  } finally {
    next = inputs.length // where one failed, the others take no more
    metrics.running--
  }
  return states
}

/** @throws Error where the model gave no numbers */
function unitVector(state: Float32Array): Float32Array {
  const length = Math.sqrt(state.reduce((sum, x) => sum + x * x, 0))
  if (!Number.isFinite(length)) throw new Error(`Cannot embed: hidden states must be finite, received length ${length}`)
  return state.map((x) => x / (length || 1))
}

/** Of the floats' bytes, the lowest first. */
function base64(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  vector.forEach((x, i) => {
    view.setFloat32(i * 4, x, true)
  })
  return btoa(Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte)).join(''))
}
