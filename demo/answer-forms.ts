// What an answer may be held to, as the page offers it: fields of a request, made of what is written in the box.

import type OpenAI from 'openai'

type Request = Partial<OpenAI.ChatCompletionCreateParamsStreaming> & {
  guided_regex?: string
  guided_choice?: string[]
  guided_grammar?: string
}

export interface AnswerForm {
  readonly name: string
  /** Says how to use it, with a question that fits. */
  readonly hint: string
  /** What the box holds at first; undefined: there is no box. */
  readonly detail?: string
  /** @throws Error where the box holds nothing that can be used */
  readonly fields: (detail: string) => Request
  /** Functions the page runs for the model. */
  readonly tools?: boolean
}

const schema = `{
  "type": "object",
  "properties": {
    "name": { "type": "string" },
    "city": { "type": "string" },
    "age": { "type": "integer", "minimum": 0, "maximum": 120 }
  },
  "required": ["name", "city", "age"],
  "additionalProperties": false
}`

const lines = (text: string) => text.split('\n').filter((line) => line !== '')

export const answerForms: readonly AnswerForm[] = [
  { name: 'as it comes', hint: '', fields: () => ({}) },
  {
    name: 'JSON of a schema',
    hint: 'Try: Ann is 34 years old and lives in Oslo.',
    detail: schema,
    fields: (detail) => ({
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: parse(detail), strict: true } },
    }),
  },
  {
    name: 'one of these lines',
    hint: 'Try: I love this phone, it is great!',
    detail: 'positive\nnegative\nneutral',
    fields: (detail) => ({ guided_choice: lines(detail) }),
  },
  {
    name: 'a regular expression',
    hint: 'Try: What is 12 + 7?',
    detail: '[0-9]{1,4}',
    fields: (guided_regex) => ({ guided_regex }),
  },
  {
    name: 'a grammar',
    hint: 'Try: Say yes or no, politely.',
    detail: 'root ::= answer ", " title\nanswer ::= "yes" | "no"\ntitle ::= "sir" | "madam"',
    fields: (guided_grammar) => ({ guided_grammar }),
  },
  { name: 'with tools', hint: 'Try: What is the weather in Oslo?', fields: () => ({}), tools: true },
]

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`The schema is no JSON: ${(cause as Error).message}`, { cause })
  }
}
