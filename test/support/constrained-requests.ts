// Requests whose answers are held to a form, of many kinds, each with a check of its own that knows nothing of automata:
// RegExp, ajv, JSON.parse. Works in a page too.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { uniform } from './random.ts'

interface Form {
  readonly name: string
  /** Fields of the request. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly valid: (text: string) => boolean
  /** Every answer ends within the tokens it has. */
  readonly bounded: boolean
}

const ajv = new Ajv2020({ strict: false, validateFormats: false })

function schemaForm(name: string, schema: object, bounded = true): Form[] {
  const validate = ajv.compile(schema)
  const valid = (text: string) => validate(JSON.parse(text))
  const json_schema = { name: 'form', schema, strict: true }
  // White space is chosen too, and may take more tokens than there are.
  return [
    { name: `${name}, guided_json`, fields: { guided_json: schema }, valid, bounded: false },
    {
      name: `${name}, response_format`,
      fields: { response_format: { type: 'json_schema', json_schema } },
      valid,
      bounded: false,
    },
    {
      name: `${name}, compact`,
      fields: { structured_outputs: { json: schema, disable_any_whitespace: true } },
      valid,
      bounded,
    },
  ]
}

function regexForm(regex: string, bounded = true): Form {
  const whole = new RegExp(`^(?:${regex})$`, 'u')
  return { name: `regex ${regex}`, fields: { guided_regex: regex }, valid: (text) => whole.test(text), bounded }
}

function grammarForm(grammar: string, regex: RegExp, bounded = true): Form {
  return { name: `grammar ${grammar}`, fields: { guided_grammar: grammar }, valid: (text) => regex.test(text), bounded }
}

function choiceForm(choices: readonly string[]): Form {
  return {
    name: `choice ${choices}`,
    fields: { guided_choice: choices },
    valid: (text) => choices.includes(text),
    bounded: true,
  }
}

const object = (properties: object, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

function balanced(text: string): boolean {
  let depth = 0
  for (const c of text) {
    depth += c === '(' ? 1 : -1
    if (depth < 0) return false
  }
  return depth === 0 && text !== ''
}

export const forms: readonly Form[] = [
  choiceForm(['yes', 'no']),
  choiceForm(['Once upon', 'Once more', 'Once']),
  choiceForm(['ñandú', 'été', '😀😃', 'tab\tand\nline']),
  regexForm('[0-9]{3}-[0-9]{4}'),
  regexForm('(cat|dog)s?( and (cat|dog)s?){0,3}'),
  regexForm('\\p{Lu}\\p{Ll}{1,4}'),
  regexForm('(?=.*[0-9])[a-z0-9]{6}'),
  regexForm('[a-z ]+\\.', false),
  ...schemaForm(
    'scalars',
    object({ a: { type: 'boolean' }, b: { enum: ['x', 7, null] }, c: { type: 'integer', minimum: -20, maximum: 300 } }),
  ),
  ...schemaForm(
    'strings',
    object({ s: { type: 'string', maxLength: 5 }, p: { type: 'string', pattern: '^[a-c]{2}-[0-9]+$', maxLength: 6 } }),
  ),
  ...schemaForm('optional members', object({ a: { const: 1 }, b: { const: 2 }, c: { const: 3 } }, ['b'])),
  ...schemaForm('an array', { type: 'array', items: { enum: [1, 2, 3] }, minItems: 2, maxItems: 4 }),
  ...schemaForm('different items', { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true, minItems: 2 }),
  ...schemaForm(
    'nested',
    object({
      a: object({ b: object({ c: { type: 'null' } }) }),
      l: { type: 'array', items: object({ n: { enum: [0, 1] } }), maxItems: 2 },
    }),
  ),
  ...schemaForm('either', {
    oneOf: [
      object({ kind: { const: 'a' }, n: { type: 'integer', minimum: 0, maximum: 9 } }),
      object({ kind: { const: 'b' }, t: { type: 'boolean' } }),
    ],
  }),
  ...schemaForm('not', { type: 'integer', minimum: 1, maximum: 30, not: { multipleOf: 3 } }),
  ...schemaForm('a step', { type: 'number', minimum: 0, maximum: 1, multipleOf: 0.25 }),
  ...schemaForm(
    'a tree',
    {
      $defs: {
        node: object({ v: { enum: [0, 1] }, kids: { type: 'array', items: { $ref: '#/$defs/node' }, maxItems: 2 } }),
      },
      $ref: '#/$defs/node',
    },
    false,
  ),
  {
    name: 'json_object',
    fields: { response_format: { type: 'json_object' } },
    valid: (text) => text.startsWith('{') && typeof JSON.parse(text) === 'object',
    bounded: false,
  },
  grammarForm('root ::= "a" ("b" | "c")? "d"{2,3}', /^a[bc]?d{2,3}$/),
  grammarForm('start: WORD ("," WORD)~0..2\nWORD: /[a-z]{2}/', /^[a-z]{2}(,[a-z]{2}){0,2}$/),
  {
    name: 'a recursive grammar',
    fields: { guided_grammar: 'root ::= "(" root? ")" root?' },
    valid: balanced,
    bounded: false,
  },
  {
    name: 'a tag',
    fields: {
      response_format: {
        type: 'structural_tag',
        format: {
          type: 'tag',
          begin: '<n>',
          content: { type: 'json_schema', json_schema: { enum: [1, 22] } },
          end: '</n>',
        },
      },
    },
    valid: (text) => /^<n>(1|22)<\/n>$/.test(text),
    bounded: true,
  },
]

export interface Tally {
  readonly requests: number
  /** Answers, and those among them that ended by themselves and are right. */
  readonly answers: number
  readonly valid: number
  /** Answers that the token limit cut: only of forms without a bound. */
  readonly cut: number
  /** What went wrong. */
  readonly faults: readonly string[]
}

interface Answer {
  readonly text: string
  readonly reason: string | null
}

/** Asks `count` requests, some at once; every third streams, with one to four choices. */
export async function askConstrained(
  fetch: typeof globalThis.fetch,
  model: string,
  count: number,
  seed = 1,
): Promise<Tally> {
  const next = uniform(seed)
  const pick = (n: number) => Math.floor(next() * n)
  const faults: string[] = []
  const tally = { requests: 0, answers: 0, valid: 0, cut: 0 }
  const one = async (i: number) => {
    const form = forms[i % forms.length]!
    const chat = pick(2) === 1
    const body = {
      model,
      ...(chat ? { messages: [{ role: 'user', content: 'Say it.' }] } : { prompt: 'It is ' }),
      ...form.fields,
      n: 1 + pick(4),
      temperature: [0.5, 1, 2][pick(3)],
      seed: pick(1e6),
      max_tokens: form.bounded ? 150 : 80,
      ...(pick(4) === 0 && { min_tokens: 3 }),
      ...(pick(4) === 0 && { ignore_eos: true }),
      ...(pick(3) === 0 && (chat ? { logprobs: true, top_logprobs: 2 } : { logprobs: 2 })),
      ...(pick(3) === 0 && { frequency_penalty: 1, repetition_penalty: 1.2 }),
      stream: i % 3 === 0,
    }
    const answers = await ask(fetch, chat ? '/v1/chat/completions' : '/v1/completions', body)
    tally.requests++
    for (const { text, reason } of answers) {
      tally.answers++
      if (reason === 'length' && !form.bounded) tally.cut++
      else if (reason === 'stop' && isValid(form, text)) tally.valid++
      else faults.push(`${form.name}: ${JSON.stringify(text)} (${reason}), asked ${JSON.stringify(body)}`)
    }
  }
  for (let i = 0; i < count; i += 8)
    await Promise.all(Array.from({ length: Math.min(8, count - i) }, (_, k) => one(i + k)))
  return { ...tally, faults }
}

function isValid({ valid }: Form, text: string): boolean {
  try {
    return valid(text)
  } catch {
    return false
  }
}

async function ask(
  fetch: typeof globalThis.fetch,
  path: string,
  body: { stream: boolean; n: number },
): Promise<Answer[]> {
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  type Choice = {
    index: number
    text?: string
    message?: { content: string }
    delta?: { content?: string }
    finish_reason: string | null
  }
  if (!body.stream) {
    const { choices } = (await response.json()) as { choices: Choice[] }
    return choices.map(({ text, message, finish_reason: reason }) => ({ text: text ?? message!.content, reason }))
  }
  const answers = Array.from({ length: body.n }, () => ({ text: '', reason: null as string | null }))
  for (const line of (await response.text()).split('\n')) {
    if (!line.startsWith('data: {')) continue
    for (const choice of (JSON.parse(line.slice(6)) as { choices: Choice[] }).choices) {
      const answer = answers[choice.index]!
      answer.text += choice.text ?? choice.delta?.content ?? ''
      answer.reason = choice.finish_reason ?? answer.reason
    }
  }
  return answers
}
