// POST /tokenize and /detokenize.

import { chatPrompt, needTokenizer } from './chat-prompt.ts'
import { type Context, ignoredHeader, jsonResponse } from './context.ts'
import { badRequest } from './errors.ts'
import { parseFields, type Values } from './fields/field.ts'
import { missing } from './fields/issues.ts'
import { checkMessages } from './fields/messages.ts'
import { detokenizeFields, tokenizeFields } from './fields/tokenize.ts'
import type { ApiHost, ServedModel } from './host.ts'
import { checkTokenIds, findModel } from './prepare.ts'

export async function tokenize({ host, call }: Context): Promise<Response> {
  const { values: request, ignored } = parseFields(tokenizeFields, await call.json())
  const model = modelOf(host, request)
  const tokens = await tokensOf(request, model)
  const tokenizer = needTokenizer(model, 'model')
  const body = {
    tokens: request.with_pieces ? tokens.map((id) => ({ id, piece: piece(tokenizer.tokenBytes(id)) })) : tokens,
    count: tokens.length,
    max_model_len: model.contextLength,
    ...(request.return_token_strs && { token_strs: tokens.map((id) => tokenizer.piece(id) ?? '') }),
  }
  return jsonResponse(body, { headers: ignoredHeader(ignored) })
}

export async function detokenize({ host, call }: Context): Promise<Response> {
  const { values: request, ignored } = parseFields(detokenizeFields, await call.json())
  const model = modelOf(host, request)
  checkTokenIds(request.tokens, 'tokens', model)
  const text = needTokenizer(model, 'model').decode(request.tokens, {
    skipSpecialTokens: false,
    spacesBetweenSpecialTokens: false,
  })
  return jsonResponse({ content: text, prompt: text }, { headers: ignoredHeader(ignored) })
}

function modelOf(host: ApiHost, { model }: { readonly model?: string }): ServedModel {
  if (model !== undefined) return findModel(host, model)
  const [first] = host.models
  if (!first) throw badRequest("Invalid 'model': none is loaded.", 'model')
  return first
}

async function tokensOf(request: Values<typeof tokenizeFields>, model: ServedModel): Promise<readonly number[]> {
  const { content, prompt, messages } = request
  if (content !== undefined)
    return needTokenizer(model, 'content').encode(content, { addSpecialTokens: request.add_special })
  if (prompt !== undefined)
    return needTokenizer(model, 'prompt').encode(prompt, { addSpecialTokens: request.add_special_tokens ?? true })
  if (messages === undefined) throw missing('content')
  checkMessages(messages)
  const { ids } = await chatPrompt(
    {
      ...request,
      messages,
      add_special_tokens: request.add_special_tokens ?? false,
      documents: undefined,
      reasoning_effort: undefined,
    },
    model,
  )
  return ids
}

/** Text where the bytes are one, else the bytes. */
function piece(bytes: Uint8Array): string | number[] {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return [...bytes]
  }
}
