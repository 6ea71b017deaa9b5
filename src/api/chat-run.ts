// A chat request put to the engine: its prompt, its sampling, and what tells its replies apart. Knows no response's shape.

import { type ChatPrompt, chatPrompt } from './chat-prompt.ts'
import { ChatReply } from './chat-reply.ts'
import { type Run, startRun } from './choices.ts'
import type { Context } from './context.ts'
import { findReasoningTags, opensReasoning, type ReasoningTags } from './dialects/reasoning.ts'
import { type ChatRequest, chatFields } from './fields/chat.ts'
import { samplingOf } from './fields/field.ts'
import type { ServedModel } from './host.ts'
import { choiceTextOptions, findModel, maxTokensFor, reportedAlternatives, samplingParams } from './prepare.ts'

export interface ChatRun {
  readonly request: ChatRequest
  readonly prompt: ChatPrompt
  readonly run: Run
  /** What takes the deltas of one choice. */
  newReply(): ChatReply
}

/** @param param the field that holds the conversation  @throws ApiError */
export function startChat(request: ChatRequest, context: Context, param: 'messages' | 'input'): ChatRun {
  const model = findModel(context.host, request.model)
  const topLogprobs = reportedAlternatives(request, request.logprobs ? (request.top_logprobs ?? 0) : undefined)
  const sampling = samplingParams(request, samplingOf(chatFields, request), model, topLogprobs)
  const prompt = chatPrompt(request, model, param)
  const maxTokens = maxTokensFor(prompt.ids.length, request.max_completion_tokens ?? request.max_tokens, model, param)
  const tags = findReasoningTags(model.chatTemplate.source)
  const run = startRun(
    {
      model,
      prompts: [{ prompt: prompt.ids, maxTokens }],
      n: request.best_of ?? request.n,
      sampling,
      scorePrompt: request.prompt_logprobs !== undefined,
      text: { ...choiceTextOptions(request), shown: tags && tagTokens(tags, model) },
    },
    context,
  )
  const inside = tags !== undefined && opensReasoning(prompt.text, tags, request.continue_final_message)
  return { request, prompt, run, newReply: () => new ChatReply(tags, inside) }
}

function tagTokens({ open, close }: ReasoningTags, { tokenizer }: ServedModel): number[] {
  return [open, close].map((tag) => tokenizer?.tokenId(tag)).filter((id) => id !== undefined)
}
