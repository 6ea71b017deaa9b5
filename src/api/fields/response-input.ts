// The input of a response request: a text, or items of which each kind carries its own keys.

import * as z from 'zod/mini'

const inputText = z.object({ type: z.literal('input_text'), text: z.string() })
const outputText = z.object({ type: z.literal('output_text'), text: z.string() })
const refusal = z.object({ type: z.literal('refusal'), refusal: z.string() })
/** Kinds of content that OpenAI knows and a text model does not take. */
const media = z.object({ type: z.literal(['input_image', 'input_file']) })

const part = z.discriminatedUnion('type', [inputText, outputText, refusal, media])
const content = z.union([z.string(), z.array(part).check(z.minLength(1))])
const id = z.nullish(z.string())

const item = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    id,
    role: z.literal(['user', 'assistant', 'system', 'developer']),
    content,
  }),
  z.object({ type: z.literal('function_call'), id, call_id: z.string(), name: z.string(), arguments: z.string() }),
  z.object({ type: z.literal('function_call_output'), id, call_id: z.string(), output: content }),
  z.object({
    type: z.literal('reasoning'),
    id,
    summary: z.nullish(z.array(z.object({ type: z.literal('summary_text'), text: z.string() }))),
    content: z.nullish(z.array(z.object({ type: z.literal('reasoning_text'), text: z.string() }))),
  }),
  z.object({ type: z.literal('item_reference'), id: z.string() }),
])

export type InputPart = z.infer<typeof part>
export type InputItem = z.infer<typeof item>

export const inputSchema = z.union([z.string(), z.array(z.pipe(z.transform(withType), item)).check(z.minLength(1))])

/** Messages and references may come without their type. */
function withType(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || (value as { type?: unknown }).type != null) return value
  if ('role' in value) return { ...value, type: 'message' }
  return 'id' in value ? { ...value, type: 'item_reference' } : value
}
