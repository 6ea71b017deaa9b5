// Which handler answers a path and a method. Knows routes; knows nothing of what handlers do.

import { chat } from './chat.ts'
import { completions } from './completions.ts'
import type { Handler } from './context.ts'
import { embeddings } from './embeddings.ts'
import { ApiError } from './errors.ts'
import { health, listModels, metrics, retrieveModel } from './models.ts'
import { countInputTokens, createResponse } from './responses/create.ts'
import { cancelResponse, deleteResponse, listInputItems, retrieveResponse } from './responses/stored.ts'
import { deleteChat, listChatMessages, listChats, retrieveChat, updateChat } from './stored-chat.ts'
import { detokenize, tokenize } from './tokenize.ts'

interface Route {
  readonly name: string
  /** Of the path without /v1; its one group, where there is one, is the handler's parameter. */
  readonly path: RegExp
  readonly methods: Readonly<Record<string, Handler>>
  /** Answers while nothing is loaded, and without a key. */
  readonly open?: true
}

const ROUTES: readonly Route[] = [
  { name: '/v1/chat/completions', path: /^\/chat\/completions$/, methods: { POST: chat, GET: listChats } },
  {
    name: '/v1/chat/completions/{id}',
    path: /^\/chat\/completions\/(chatcmpl-[^/]*)$/,
    methods: { GET: retrieveChat, POST: updateChat, DELETE: deleteChat },
  },
  {
    name: '/v1/chat/completions/{id}/messages',
    path: /^\/chat\/completions\/(chatcmpl-[^/]*)\/messages$/,
    methods: { GET: listChatMessages },
  },
  { name: '/v1/responses', path: /^\/responses$/, methods: { POST: createResponse } },
  { name: '/v1/responses/input_tokens', path: /^\/responses\/input_tokens$/, methods: { POST: countInputTokens } },
  {
    name: '/v1/responses/{id}',
    path: /^\/responses\/([^/]+)$/,
    methods: { GET: retrieveResponse, DELETE: deleteResponse },
  },
  { name: '/v1/responses/{id}/cancel', path: /^\/responses\/([^/]+)\/cancel$/, methods: { POST: cancelResponse } },
  {
    name: '/v1/responses/{id}/input_items',
    path: /^\/responses\/([^/]+)\/input_items$/,
    methods: { GET: listInputItems },
  },
  { name: '/v1/completions', path: /^\/completions$/, methods: { POST: completions } },
  { name: '/v1/embeddings', path: /^\/embeddings$/, methods: { POST: embeddings } },
  { name: '/tokenize', path: /^\/tokenize$/, methods: { POST: tokenize } },
  { name: '/detokenize', path: /^\/detokenize$/, methods: { POST: detokenize } },
  { name: '/v1/models', path: /^\/models$/, methods: { GET: listModels } },
  { name: '/v1/models/{id}', path: /^\/models\/(.+)$/, methods: { GET: retrieveModel } },
  { name: '/health', path: /^\/health$/, methods: { GET: health }, open: true },
  { name: '/metrics', path: /^\/metrics$/, methods: { GET: metrics } },
]

export interface Match {
  readonly route: Pick<Route, 'name' | 'open'>
  readonly handler: Handler
  readonly parameter?: string
}

/** @throws ApiError 404 or 405 */
export function match(method: string, path: string): Match {
  const rest = path.replace(/^\/v1(?=\/)/, '')
  for (const route of ROUTES) {
    const found = route.path.exec(rest)
    if (!found) continue
    const handler = route.methods[method] ?? (method === 'HEAD' ? route.methods.GET : undefined)
    if (!handler) throw notAllowed(method, path, Object.keys(route.methods))
    return { route, handler, parameter: found[1] && decoded(found[1]) }
  }
  throw new ApiError({ status: 404, message: `Unknown request URL: ${method} ${path}`, code: 'unknown_url' })
}

function notAllowed(method: string, path: string, methods: readonly string[]): ApiError {
  const allow = methods.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ')
  return new ApiError({
    status: 405,
    message: `Method not allowed: ${path} takes ${allow}, received ${method}`,
    code: 'method_not_allowed',
    headers: { allow },
  })
}

/** A path that is not percent-encoded rightly stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
