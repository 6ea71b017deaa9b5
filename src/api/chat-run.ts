// A chat request put to the engine: its prompt, its sampling, and what tells its replies apart. Knows no response's shape.

import { type ChatPrompt, chatPrompt } from './chat-prompt.ts'
import { ChatReply } from './chat-reply.ts'
import { type Run, startRun } from './choices.ts'
import { afterReasoning } from './constraints.ts'
import type { Context } from './context.ts'
import { MARKS } from './dialects/marks.ts'
import { findReasoningTags, opensReasoning } from './dialects/reasoning.ts'
import { beamOptions } from './fields/beams.ts'
import { type ChatRequest, chatFields } from './fields/chat.ts'
import { type AskedConstraint, askedConstraint } from './fields/constraint.ts'
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
  tokenIds,
} from './prepare.ts'
import { type ToolPlan, toolPlan } from './tools/plan.ts'

export interface ChatRun {
  readonly request: ChatRequest
  readonly prompt: ChatPrompt
  readonly run: Run
  /** Whether there may be calls. */
  readonly mayCall: boolean
  /** What takes the deltas of one choice. */
  newReply(): ChatReply
}

/** @param param the field that holds the conversation  @throws ApiError */
export async function startChat(request: ChatRequest, context: Context, param: 'messages' | 'input'): Promise<ChatRun> {
  const model = findModel(context.host, request.model)
  const topLogprobs = reportedAlternatives(request, request.logprobs ? (request.top_logprobs ?? 0) : undefined)
  const prompt = await chatPrompt(request, model, param)
  const maxTokens = maxTokensFor(prompt.ids.length, request.max_completion_tokens ?? request.max_tokens, model, param)
  const tags = findReasoningTags(model.chatTemplate.source)
  const inside = tags !== undefined && opensReasoning(prompt.text, tags, request.continue_final_message)
  const plan = toolPlan(request, parametersOf(request, param))
  const template = request.chat_template ?? model.chatTemplate.source
  const calls = plan && (await import('./tools/index.ts')).callsOf(plan, template)
  const asked = askedConstraint(request, param === 'input' ? 'text.format' : 'response_format')
  const alone = asked && inside ? afterReasoning(asked, tags.close) : asked
  const held = calls ? calls.held(asked, tags && { ...tags, inside }) : alone
  const constraint = await constraintOf(held, plan, model)
  // What is held to a form is shown as it was held.
  const marks = constraint ? MARKS : tags ? [tags.open, tags.close] : []
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
      text: { ...choiceTextOptions(request), shown: tokenIds(marks, model) },
    },
    context,
  )
  const newReply = () => new ChatReply({ tags, inside, calls: calls?.newReader() })
  return { request, prompt, run, mayCall: plan !== undefined, newReply }
}

/** The field of a function's parameters. */
function parametersOf({ functions }: ChatRequest, param: 'messages' | 'input'): (i: number) => string {
  if (param === 'input') return (i) => `tools[${i}].parameters`
  return functions ? (i) => `functions[${i}].parameters` : (i) => `tools[${i}].function.parameters`
}

/** Compiles what a reply is held to. @throws ApiError that names the function whose parameters are at fault */
async function constraintOf(held: AskedConstraint | undefined, plan: ToolPlan | undefined, model: ServedModel) {
  try {
    return await constraintFor(held, model)
  } catch (error) {
    // Where each takes a while, it is not one of them that is at fault.
    const patience = performance.now() + 2000
    for (const { schema, param } of plan?.callable ?? [])
      if (performance.now() < patience)
        await constraintFor({ spec: { kind: 'jsonSchema', schema }, options: {}, param }, model)
    throw error
  }
}
