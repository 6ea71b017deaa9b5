// npm run eval:model -- [--folder DIR] [--weights f16] [--only CATEGORY,…] [--wrong N]: the embedded model's exam through the
// engine's fetch, greedy: a table by category, agreement with PyTorch's tokens, and answers held to a schema, to choices, to
// a call. Questions and PyTorch's tokens lie in exam.jsonl; knows nothing of how they were made.

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { haveAdapter } from '../../src/host/have-adapter.ts'
import { createEngine, type EngineOptions, type InfetchEngine } from '../../src/index.ts'
import { choosesTool, type Item, isRight, isValid, requestOf } from './items.ts'

const AT_ONCE = 16
const MAX_TOKENS = 120
const LEAST_AGREEMENT = 0.97

interface Reply {
  readonly content: string | null
  readonly calls: readonly { readonly name: string; readonly arguments: string }[]
  readonly ids: readonly number[]
  readonly promptTokens: number
}

interface Score {
  right: number
  of: number
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      folder: { type: 'string' },
      weights: { type: 'string', default: 'auto' },
      only: { type: 'string', default: '' },
      wrong: { type: 'string', default: '0' },
    },
  })
  await haveAdapter()
  const lines = (await readFile(new URL('../train-model/exam.jsonl', import.meta.url), 'utf8')).trim().split('\n')
  const only = values.only.split(',').filter(Boolean)
  const items = lines.map((line) => JSON.parse(line) as Item).filter((i) => !only.length || only.includes(i.category))
  const engine = await createEngine({
    ...(values.folder === undefined ? {} : { model: values.folder }),
    weights: values.weights as EngineOptions['weights'],
    maxSequences: AT_ONCE,
  })
  const started = performance.now()
  try {
    const free = await examine(engine, items, Number(values.wrong))
    const held = await examineHeld(engine, items)
    console.log(`${((performance.now() - started) / 1000).toFixed(0)} s on ${engine.info.adapter.description}`)
    if (free && held) return
  } finally {
    await engine.close()
  }
  process.exitCode = 1
}

/** Whether PyTorch's tokens came. */
async function examine(engine: InfetchEngine, items: readonly Item[], showWrong: number): Promise<boolean> {
  const replies = await all(items, (item) => ask(engine, item, {}))
  const scores = new Map<string, Score>()
  const ofNewWording = new Map<string, Score>()
  const calling = new Map<string, Score>()
  const wrong: string[] = []
  let agreed = 0
  let tokens = 0
  const otherPrompts = items.filter(({ prompt_tokens }, i) => replies[i]!.promptTokens !== prompt_tokens).length
  for (const [i, item] of items.entries()) {
    const reply = replies[i]!
    const right = isRight(item, reply)
    count(scores, item.category, right)
    if (item.wording === 'new') count(ofNewWording, item.category, right)
    if (item.expect.calls) count(calling, 'tool chosen', choosesTool(item, reply))
    if (item.expect.calls) count(calling, 'tool and every argument', right)
    if (!right) wrong.push(`  ${item.category}: ${JSON.stringify(item.messages.at(-1)!.content)} → ${shown(reply)}`)
    const differs = item.ids.findIndex((id, at) => reply.ids[at] !== id)
    agreed += differs < 0 ? item.ids.length : differs
    tokens += item.ids.length
  }
  print('category', scores)
  print('of these in a wording kept from training', ofNewWording)
  if (calling.size) print('calls', calling, false)
  for (const line of wrong.slice(0, showWrong)) console.log(line)
  const share = agreed / tokens
  console.log(
    `\n${agreed} of ${tokens} tokens are PyTorch's (${(100 * share).toFixed(2)}%), counted up to where a reply departs`,
  )
  if (otherPrompts > 0) console.log(`${otherPrompts} prompts are not those of PyTorch`)
  return otherPrompts === 0 && share >= LEAST_AGREEMENT
}

/** The questions again, their answers held to a form. Whether all were valid. */
async function examineHeld(engine: InfetchEngine, items: readonly Item[]): Promise<boolean> {
  const valid = new Map<string, Score>()
  const right = new Map<string, Score>()
  const held = items.flatMap((item) => {
    if (item.schema) return [{ item, form: 'held to its schema' }]
    if (item.choices) return [{ item, form: 'held to its labels' }]
    return item.expect.calls?.length === 1 ? [{ item, form: 'held to a call' }] : []
  })
  if (!held.length) return true
  const replies = await all(held, ({ item }) => ask(engine, item, { held: true }))
  for (const [i, { item, form }] of held.entries()) {
    count(valid, form, isValid(item, replies[i]!))
    count(right, form, isRight(item, replies[i]!))
  }
  print('form: valid', valid)
  print('form: right', right)
  return [...valid.values()].every((score) => score.right === score.of)
}

async function ask(engine: InfetchEngine, item: Item, { held = false }): Promise<Reply> {
  const body = { model: engine.models[0]!.id, temperature: 0, max_tokens: MAX_TOKENS, return_token_ids: true }
  const response = await engine.fetch('/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ ...body, ...requestOf(item, held) }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`Cannot ask: ${answer.error.message}`)
  const { message, token_ids } = answer.choices[0]
  const calls = (message.tool_calls ?? []) as readonly { readonly function: Reply['calls'][number] }[]
  return {
    content: message.content,
    calls: calls.map((call) => call.function),
    ids: token_ids,
    promptTokens: answer.usage.prompt_tokens,
  }
}

async function all<T, R>(inputs: readonly T[], run: (input: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(inputs.length)
  const rest = inputs.entries()
  const worker = async () => {
    for (const [i, input] of rest) results[i] = await run(input)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}

function count(scores: Map<string, Score>, name: string, right: boolean): void {
  const score = scores.get(name) ?? { right: 0, of: 0 }
  scores.set(name, { right: score.right + (right ? 1 : 0), of: score.of + 1 })
}

function shown({ content, calls }: Reply): string {
  return JSON.stringify(content || calls)
}

function print(title: string, scores: ReadonlyMap<string, Score>, withSum = true): void {
  console.log(`\n| ${title} | right | of | share |\n|---|---:|---:|---:|`)
  const all = { right: 0, of: 0 }
  for (const [name, { right, of }] of scores) {
    console.log(`| ${name} | ${right} | ${of} | ${((100 * right) / of).toFixed(0)}% |`)
    all.right += right
    all.of += of
  }
  if (withSum) console.log(`| all | ${all.right} | ${all.of} | ${((100 * all.right) / all.of).toFixed(0)}% |`)
}
