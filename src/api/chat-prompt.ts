// Messages of a chat request to the prompt's token ids, through the chat template. Knows no engine.

import { type ChatTemplate, createChatTemplate, type TemplateInput } from '../text/chat-template.ts'
import { TextError } from '../text/errors.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { badRequest } from './errors.ts'
import type { ChatRequest } from './fields/chat.ts'
import { templateMessages, textOf } from './fields/messages.ts'
import type { ServedModel } from './host.ts'
import { mayCall, toldTools } from './tools/plan.ts'

/** What of a chat request makes its prompt. */
export type ChatPromptRequest = Pick<
  ChatRequest,
  | 'messages'
  | 'tools'
  | 'documents'
  | 'reasoning_effort'
  | 'chat_template'
  | 'chat_template_kwargs'
  | 'add_generation_prompt'
  | 'continue_final_message'
  | 'add_special_tokens'
> &
  Partial<Pick<ChatRequest, 'tool_choice' | 'functions' | 'function_call'>>

export interface ChatPrompt {
  readonly text: string
  readonly ids: readonly number[]
}

/** @param param which field an error names  @throws ApiError 400 */
export async function chatPrompt(
  request: ChatPromptRequest,
  model: ServedModel,
  param = 'messages',
): Promise<ChatPrompt> {
  const tokenizer = needTokenizer(model, param)
  const text = await render(request, model, tokenizer, param)
  const ids = tokenizer.encode(text, { addSpecialTokens: request.add_special_tokens })
  return { text, ids: nonEmpty(ids, model, param) }
}

/** Text the reply is to begin with: that of the last message, where it is the assistant's. */
export function echoedText({ messages }: Pick<ChatRequest, 'messages'>): string {
  const last = messages.at(-1)
  return last?.role === 'assistant' ? (textOf(last.content) ?? '') : ''
}

/** @throws ApiError 400 where the model has none */
export function needTokenizer(model: ServedModel, param: string): Tokenizer {
  if (model.tokenizer) return model.tokenizer
  throw badRequest(
    `Invalid '${param}': the model '${model.id}' has no tokenizer; it takes prompts of token ids only, through /v1/completions.`,
    param,
    'unsupported_value',
  )
}

/** A prompt of no tokens begins with the model's beginning-of-sequence token. @throws ApiError 400 where it has none */
export function nonEmpty(ids: number[], { tokenizer, generationDefaults }: ServedModel, param: string): number[] {
  if (ids.length > 0) return ids
  const bos = generationDefaults.bosTokenId ?? tokenizer?.bosToken?.id
  if (bos !== undefined) return [bos]
  throw badRequest(
    `Invalid '${param}': they make a prompt of no tokens, and the model has no token to begin with.`,
    param,
  )
}

async function render(
  request: ChatPromptRequest,
  model: ServedModel,
  tokenizer: Tokenizer,
  field: string,
): Promise<string> {
  const own = request.chat_template !== undefined
  try {
    const template: ChatTemplate = own
      ? createChatTemplate(request.chat_template!, {
          bos_token: tokenizer.bosToken?.content,
          eos_token: tokenizer.eosToken?.content,
        })
      : model.chatTemplate
    const input: TemplateInput = {
      messages: templateMessages(request.messages, template.source),
      addGenerationPrompt: request.add_generation_prompt ?? !request.continue_final_message,
      continueFinalMessage: request.continue_final_message,
      variables: {
        ...defined({ documents: request.documents, reasoning_effort: request.reasoning_effort }),
        ...request.chat_template_kwargs,
      },
    }
    const tools = toldTools(request)
    if (!tools && !input.messages.some((message) => message.tool_calls)) return template.render(input)
    const { renderWithTools } = await import('./tools/index.ts')
    return renderWithTools(template, input, tools, mayCall(request))
  } catch (error) {
    if (!(error instanceof TextError)) throw error
    const param = own ? 'chat_template' : field
    throw badRequest(`Invalid '${param}': ${error.message}`, param)
  }
}

function defined(variables: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined))
}
