// What quantizing costs: the embedded model with weights in few bits against itself in f32, on chats whose questions it was
// not trained on. Each token of a reply is predicted from those before it. Runs in Node and in a page.

import { embeddedModel } from '../src/embedded-model.ts'
import { loadModel } from '../src/load-model.ts'
import { openDevice } from '../src/webgpu/device.ts'
import type { ActivationFormat } from '../src/webgpu/plan.ts'
import type { WeightFormat } from '../src/weights/layouts.ts'
import heldOut from './held-out.json'
import type { Report } from './measure.ts'

export interface QualityOptions {
  /** Of the weights, and of the activations where these are rounded too: 'q4', 'q4 q8'. */
  readonly formats: readonly string[]
}

/** Least share of f32's likeliest tokens, and how much more perplexity is let through. */
const GATES: Readonly<Record<string, number>> = { q8: 0.995, q4: 0.97 }
const MOST_PERPLEXITY = 1.02

interface Predictions {
  /** The likeliest token at each place of a reply. */
  readonly likeliest: readonly number[]
  readonly perplexity: number
}

export async function benchQuality({ formats }: QualityOptions): Promise<Report> {
  const { device, adapter } = await openDevice()
  const predictions = async (format: string) => {
    const [weights, activations] = format.split(' ') as [WeightFormat, ActivationFormat?]
    const { software } = adapter
    const model = await loadModel(embeddedModel, device, { weights, activations, kvCache: 'auto', software })
    const { likeliest, perplexity } = await predict(model)
    model.engine.close()
    return { likeliest, perplexity }
  }
  const exact = await predictions('f32')
  const table: Record<string, Record<string, number>> = {
    f32: { tokens: exact.likeliest.length, perplexity: exact.perplexity },
  }
  for (const format of formats) {
    const { likeliest, perplexity } = await predictions(format)
    const same = likeliest.filter((token, i) => token === exact.likeliest[i]).length / likeliest.length
    const ratio = perplexity / exact.perplexity
    const gate = GATES[format.split(' ')[0]!] ?? 0
    table[format.replace(' ', ', activations ')] = {
      'same token as f32 %': same * 100,
      'gate %': gate * 100,
      perplexity,
      'perplexity of f32': ratio,
      passed: Number(same >= gate && ratio <= MOST_PERPLEXITY),
    }
  }
  device.destroy()
  return { title: 'embedded model, replies to held-out questions', adapter, tables: { quality: table } }
}

async function predict({ served, runner }: Awaited<ReturnType<typeof loadModel>>): Promise<Predictions> {
  const { tokenizer, chatTemplate, vocabSize } = served
  const idsOf = (
    messages: readonly { readonly role: string; readonly content: string }[],
    addGenerationPrompt: boolean,
  ) => tokenizer!.encode(chatTemplate.render({ messages, addGenerationPrompt }), { addSpecialTokens: false })
  const likeliest: number[] = []
  let logLoss = 0
  const blocks = Math.ceil(runner.contextLength / runner.blockSize)
  runner.setBlocks(
    0,
    0,
    Array.from({ length: blocks }, (_, i) => i),
  )
  for (const chat of heldOut) {
    const ids = idsOf(chat, false)
    const replies = chat.flatMap(({ role }, i) => (role === 'assistant' ? [i] : []))
    // Logits at i say what comes at i + 1.
    const places = replies.flatMap((i) => {
      const start = idsOf(chat.slice(0, i), true).length
      const end = idsOf(chat.slice(0, i + 1), false).length
      return Array.from({ length: end - start }, (_, k) => start + k - 1)
    })
    const wanted = new Set(places)
    for (let start = 0; start < ids.length; start += runner.maxOutputs) {
      const tokens = ids.slice(start, start + Math.min(runner.maxOutputs, runner.maxBatchTokens))
      const targets = tokens.map((_, i) => (wanted.has(start + i) ? ids[start + i + 1]! : -1))
      const logits = await runner.logits({ decode: [], prefill: [{ slot: 0, start, tokens, targets }] })
      targets
        .filter((target) => target >= 0)
        .forEach((target, row) => {
          const scores = logits.subarray(row * vocabSize, (row + 1) * vocabSize)
          const best = scores.indexOf(scores.reduce((a, b) => Math.max(a, b)))
          likeliest.push(best)
          logLoss +=
            Math.log(scores.reduce((sum, x) => sum + Math.exp(x - scores[best]!), 0)) + scores[best]! - scores[target]!
        })
    }
  }
  return { likeliest, perplexity: Math.exp(logLoss / likeliest.length) }
}
