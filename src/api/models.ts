// GET /v1/models and /v1/models/{id}, and what says whether anything is served: /health, /metrics.

import type { Context } from './context.ts'
import { jsonResponse } from './context.ts'
import { modelLoading, serverError } from './errors.ts'
import type { ServedModel } from './host.ts'
import { findModel } from './prepare.ts'

export function listModels({ host }: Context): Response {
  return jsonResponse({ object: 'list', data: host.models.map(describe) })
}

export function retrieveModel({ host, parameter }: Context): Response {
  return jsonResponse(describe(findModel(host, parameter!)))
}

export function health({ host }: Context): Response {
  if (host.state === 'ready') return jsonResponse({ status: 'ok' })
  throw host.state === 'loading' ? modelLoading() : serverError(host.failure ?? 'The model could not be loaded')
}

export function metrics({ metrics }: Context): Response {
  return new Response(metrics.text(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
}

/** OpenAI's fields, vLLM's max_model_len, and meta and capabilities as llama.cpp's server has them. */
function describe(model: ServedModel) {
  return {
    id: model.id,
    object: 'model',
    created: model.created,
    owned_by: model.ownedBy ?? 'infetch',
    max_model_len: model.contextLength,
    capabilities: [
      'completion',
      ...(model.tokenizer ? ['chat', 'tools', 'structured_output'] : []),
      ...(model.pooling ? ['embedding'] : []),
    ],
    meta: {
      n_ctx: model.contextLength,
      n_ctx_train: model.sizes.context,
      n_vocab: model.vocabSize,
      n_embd: model.sizes.hidden,
      n_params: model.sizes.parameters,
      size: model.sizes.weightBytes,
    },
  }
}
