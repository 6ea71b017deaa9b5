// A chat request put to the engine: its prompt, its sampling, and what tells its replies apart. Knows no response's shape.

import { type ChatPrompt, chatPrompt } from './chat-prompt.ts'
import { ChatReply } from './chat-reply.ts'
import { type Run, startRun } from './choices.ts'
import { afterReasoning } from './constraints.ts'
import type { Context } from './context.ts'
import { findReasoningTags, opensReasoning, type ReasoningTags } from './dialects/reasoning.ts'
import { beamOptions } from './fields/beams.ts'
import { type ChatRequest, chatFields } from './fields/chat.ts'
import { askedConstraint } from './fields/constraint.ts'
import { samplingOf } from './fields/field.ts'
import type { ServedModel } from './host.ts'
import {
  choicesToDraw,
  choiceTextOptions,
  constraintFor,
  findModel,
  maxTokensFor,
  reportedAlternatives,
  samplingParams,
} from './prepare.ts'

export interface ChatRun {
  readonly request: ChatRequest
  readonly prompt: ChatPrompt
  readonly run: Run
  /** What takes the deltas of one choice. */
  newReply(): ChatReply
}

/** @param param the field that holds the conversation  @throws ApiError */
export async function startChat(request: ChatRequest, context: Context, param: 'messages' | 'input'): Promise<ChatRun> {
  const model = findModel(context.host, request.model)
  const topLogprobs = reportedAlternatives(request, request.logprobs ? (request.top_logprobs ?? 0) : undefined)
  const prompt = chatPrompt(request, model, param)
  const maxTokens = maxTokensFor(prompt.ids.length, request.max_completion_tokens ?? request.max_tokens, model, param)
  const tags = findReasoningTags(model.chatTemplate.source)
  const inside = tags !== undefined && opensReasoning(prompt.text, tags, request.continue_final_message)
  const asked = askedConstraint(request, param === 'input' ? 'text.format' : 'response_format')
  const constraint = await constraintFor(asked && inside ? afterReasoning(asked, tags.close) : asked, model)
  const drawn = samplingOf(chatFields, request)
  const sampling = samplingParams(request, drawn, model, topLogprobs, constraint !== undefined)
  const run = startRun(
    {
      model,
      prompts: [{ prompt: prompt.ids, maxTokens }],
      n: choicesToDraw(request),
      sampling,
      beams: beamOptions(request),
      constraint,
      scorePrompt: request.prompt_logprobs !== undefined,
      text: { ...choiceTextOptions(request), shown: tags && tagTokens(tags, model) },
    },
    context,
  )
  return { request, prompt, run, newReply: () => new ChatReply(tags, inside) }
}

function tagTokens({ open, close }: ReasoningTags, { tokenizer }: ServedModel): number[] {
  return [open, close].map((tag) => tokenizer?.tokenId(tag)).filter((id) => id !== undefined)
}
