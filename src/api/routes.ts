// Which handler answers a path and a method. Knows routes; knows nothing of what handlers do.

import { chat } from './chat.ts'
import { completions } from './completions.ts'
import type { Handler } from './context.ts'
import { ApiError } from './errors.ts'
import { health, listModels, metrics, retrieveModel } from './models.ts'

interface Route {
  readonly name: string
  /** Of the path without /v1; its one group, where there is one, is the handler's parameter. */
  readonly path: RegExp
  readonly methods: Readonly<Record<string, Handler>>
  /** Answers while nothing is loaded, and without a key. */
  readonly open?: true
}

/** A handler whose module is loaded with its first request. */
const later =
  <M>(load: () => Promise<M>, pick: (module: M) => Handler): Handler =>
  async (context) =>
    pick(await load())(context)

const embeddings = () => import('./embeddings.ts')
const responses = () => import('./responses/create.ts')
const storedChats = () => import('./stored-chat.ts')
const storedResponses = () => import('./responses/stored.ts')
const tokens = () => import('./tokenize.ts')

const ROUTES: readonly Route[] = [
  {
    name: '/v1/chat/completions',
    path: /^\/chat\/completions$/,
    methods: { POST: chat, GET: later(storedChats, (m) => m.listChats) },
  },
  {
    name: '/v1/chat/completions/{id}',
    path: /^\/chat\/completions\/(chatcmpl-[^/]*)$/,
    methods: {
      GET: later(storedChats, (m) => m.retrieveChat),
      POST: later(storedChats, (m) => m.updateChat),
      DELETE: later(storedChats, (m) => m.deleteChat),
    },
  },
  {
    name: '/v1/chat/completions/{id}/messages',
    path: /^\/chat\/completions\/(chatcmpl-[^/]*)\/messages$/,
    methods: { GET: later(storedChats, (m) => m.listChatMessages) },
  },
  { name: '/v1/responses', path: /^\/responses$/, methods: { POST: later(responses, (m) => m.createResponse) } },
  {
    name: '/v1/responses/input_tokens',
    path: /^\/responses\/input_tokens$/,
    methods: { POST: later(responses, (m) => m.countInputTokens) },
  },
  {
    name: '/v1/responses/{id}',
    path: /^\/responses\/([^/]+)$/,
    methods: {
      GET: later(storedResponses, (m) => m.retrieveResponse),
      DELETE: later(storedResponses, (m) => m.deleteResponse),
    },
  },
  {
    name: '/v1/responses/{id}/cancel',
    path: /^\/responses\/([^/]+)\/cancel$/,
    methods: { POST: later(storedResponses, (m) => m.cancelResponse) },
  },
  {
    name: '/v1/responses/{id}/input_items',
    path: /^\/responses\/([^/]+)\/input_items$/,
    methods: { GET: later(storedResponses, (m) => m.listInputItems) },
  },
  { name: '/v1/completions', path: /^\/completions$/, methods: { POST: completions } },
  { name: '/v1/embeddings', path: /^\/embeddings$/, methods: { POST: later(embeddings, (m) => m.embeddings) } },
  { name: '/tokenize', path: /^\/tokenize$/, methods: { POST: later(tokens, (m) => m.tokenize) } },
  { name: '/detokenize', path: /^\/detokenize$/, methods: { POST: later(tokens, (m) => m.detokenize) } },
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
