// npm run conformance:tools -- [--each 200]: varied prompts with tools to the embedded model, forced (`required`, by name) and
// `auto`. Every call must fit its schema; which function is called is a figure, not a test.

import { parseArgs } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { haveAdapter } from '../../src/host/have-adapter.ts'
import { createEngine, type InfetchEngine } from '../../src/index.ts'
import { uniform } from '../support/random.ts'

const object = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
})
const text = { type: 'string', maxLength: 40 }
const integer = { type: 'integer', minimum: 0, maximum: 100_000 }

interface Use {
  readonly description: string
  readonly parameters: object
  /** What a user says who wants it; _ is a word of WORDS. */
  readonly asked: readonly string[]
}

const USES: Readonly<Record<string, Use>> = {
  get_weather: {
    description: 'The weather in a city',
    parameters: object({ city: text }),
    asked: ['What is the weather in _?', 'Does it rain in _?', 'How warm is it in _ today?'],
  },
  get_time: {
    description: 'The time in a city',
    parameters: object({ city: text }),
    asked: ['What time is it in _?', 'How late is it in _?'],
  },
  add: {
    description: 'The sum of two numbers',
    parameters: object({ a: integer, b: integer }),
    asked: ['Add 17 and 25.', 'What is the sum of 12 and 9?', 'How much is 230 plus 41?'],
  },
  set_timer: {
    description: 'Starts a timer',
    parameters: object({ minutes: { type: 'integer', minimum: 1, maximum: 999 } }),
    asked: ['Set a timer for 5 minutes.', 'Remind me in 20 minutes.'],
  },
  send_message: {
    description: 'Sends a message to somebody',
    parameters: object({ to: text, text: text }),
    asked: ['Tell _ that I am late.', 'Send a message to _: see you soon.', 'Write to _ that dinner is ready.'],
  },
  play_music: {
    description: 'Plays a song',
    parameters: object({ title: text }),
    asked: ['Play some music by _.', 'Play the song _.'],
  },
  set_light: {
    description: 'Turns a light on or off',
    parameters: object({ room: { enum: ['kitchen', 'bedroom', 'hall'] }, on: { type: 'boolean' } }),
    asked: ['Turn on the light in the kitchen.', 'Light off in the bedroom, please.'],
  },
  translate: {
    description: 'Translates a text',
    parameters: object({ text: text, language: { enum: ['German', 'French', 'Spanish'] } }),
    asked: ['Translate "_" into French.', 'What does _ mean in Spanish?'],
  },
  book_table: {
    description: 'Books a table in a restaurant',
    parameters: object({ place: text, people: { type: 'integer', minimum: 1, maximum: 20 } }),
    asked: ['Book a table for 4 at _.', 'A table for two at _, please.'],
  },
  list_files: {
    description: 'Lists the files of a folder',
    parameters: { type: 'object', properties: { folder: text, deep: { type: 'boolean' } } },
    asked: ['Which files are in _?', 'Show me the files of _.'],
  },
}
const WORDS = [
  'Paris',
  'Oslo',
  'Marlene',
  'Bogotá',
  'Bruno',
  'Lima',
  'the Blue Door',
  'Cairo',
  'Ann',
  'Ulm',
  'good morning',
]
const NAMES = Object.keys(USES)
const ajv = new Ajv2020({ strict: false })
const validators = new Map(NAMES.map((name) => [name, ajv.compile(USES[name]!.parameters)]))
const OPEN = 12

type Choice = 'required' | 'named' | 'auto'

interface Tally {
  answers: number
  calls: number
  sound: number
  right: number
  readonly faults: string[]
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { each: { type: 'string', default: '200' } } })
  await haveAdapter()
  const engine = await createEngine()
  let failed = false
  for (const choice of ['required', 'named', 'auto'] as const) {
    const tally: Tally = { answers: 0, calls: 0, sound: 0, right: 0, faults: [] }
    const indices = Array.from({ length: Number(values.each) }, (_, i) => i)
    const workers = Array.from({ length: OPEN }, async () => {
      for (let i = indices.shift(); i !== undefined; i = indices.shift()) await ask(engine, choice, i, tally)
    })
    await Promise.all(workers)
    const { answers, calls, sound, right, faults } = tally
    console.log(
      `${choice}: ${answers} answers, ${calls} with calls, ${sound} sound, ${right} of the function that was meant`,
    )
    for (const fault of faults.slice(0, 5)) console.log(`  ${fault}`)
    failed ||= sound < (choice === 'auto' ? calls : answers)
  }
  await engine.close()
  if (failed) process.exitCode = 1
}

/** Prompt `i`: a question, the function it is for, and perhaps another. */
async function ask({ fetch, models }: InfetchEngine, choice: Choice, i: number, tally: Tally): Promise<void> {
  const random = uniform(i + 1)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const meant = NAMES[i % NAMES.length]!
  const others = new Set(Array.from({ length: 1 }, () => pick(NAMES)).filter((name) => name !== meant))
  const names = [...others]
  names.splice(Math.floor(random() * (names.length + 1)), 0, meant)
  const tools = names.map((name) => {
    const { description, parameters } = USES[name]!
    return { type: 'function', function: { name, description, parameters } }
  })
  const body = {
    model: models[0]!.id,
    messages: [{ role: 'user', content: pick(USES[meant]!.asked).replace('_', pick(WORDS)) }],
    tools,
    tool_choice: choice === 'named' ? { type: 'function', function: { name: meant } } : choice,
    temperature: i % 3 === 0 ? 0 : 1,
    seed: i,
  }
  const response = await fetch('/v1/chat/completions', { method: 'POST', body: JSON.stringify(body) })
  const { choices, error } = await response.json()
  tally.answers++
  if (error) {
    tally.faults.push(error.message)
    return
  }
  const calls: { function: { name: string; arguments: string } }[] = choices[0].message.tool_calls ?? []
  if (calls.length > 0) tally.calls++
  // One that max_tokens cuts while it is one of several is no fault of the form.
  const whole = choices[0].finish_reason === 'length' && calls.length > 1 ? calls.slice(0, -1) : calls
  const bad = whole.find((call) => !sound(call.function.name, call.function.arguments))
  if (bad) tally.faults.push(`${i}: ${JSON.stringify(bad.function)} (${choices[0].finish_reason})`)
  else if (calls.length > 0) tally.sound++
  if (calls[0]?.function.name === meant) tally.right++
}

function sound(name: string, args: string): boolean {
  try {
    return validators.get(name)?.(JSON.parse(args)) === true
  } catch {
    return false
  }
}
