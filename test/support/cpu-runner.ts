// A runner for small models on the CPU, in float64: for tests of what stands above a runner. Every prefix that was ever run
// is kept as a node of a tree with its keys and values, so that block tables are not looked at.

import type { Batch, ModelRunner, SampledToken, StepResult } from '../../src/engine/model-runner.ts'
import type { SamplingParams } from '../../src/engine/sampling-params.ts'
import { candidates, edit, logSoftmax, uniformOf } from '../reference/sampling.ts'

/** Hidden state and logits after a token, and the state that the tokens after it need. */
export interface StepModel<State> {
  readonly vocabSize: number
  step(
    before: readonly State[],
    token: number,
  ): { readonly state: State; readonly hidden: Float64Array; readonly logits: Float64Array }
}

interface Node<State> {
  readonly path: readonly State[]
  readonly hidden: Float64Array
  readonly logits: Float64Array
  readonly next: Map<number, Node<State>>
}

interface Slot {
  readonly params: SamplingParams
  readonly prompt: readonly number[]
  readonly tokens: number[]
}

export class CpuRunner<State> implements ModelRunner {
  readonly blockSize = 16
  readonly maxSequences = 16
  readonly maxBatchTokens = 512
  readonly maxOutputs = 512
  readonly blockCount: number
  readonly contextLength: number
  readonly #model: StepModel<State>
  readonly #root = new Map<number, Node<State>>()
  readonly #slots: Slot[] = []
  readonly #pooled: Float64Array[] = []

  constructor(model: StepModel<State>, contextLength: number) {
    this.#model = model
    this.contextLength = contextLength
    this.blockCount = Math.ceil(contextLength / this.blockSize) * 8
  }

  get vocabSize(): number {
    return this.#model.vocabSize
  }

  openSlot(slot: number, params: SamplingParams, prompt: ArrayLike<number>, completion: ArrayLike<number>): void {
    this.#slots[slot] = {
      params,
      prompt: Array.from(prompt),
      tokens: [...Array.from(prompt), ...Array.from(completion)],
    }
  }

  setBlocks(): void {}
  copyBlocks(): void {}
  close(): void {}

  async submit({ decode, prefill }: Batch): Promise<StepResult> {
    const results: SampledToken[] = decode.map(({ slot, draw, mask }) => this.#draw(slot, draw, mask))
    for (const { slot, start, tokens, targets, draw, mask, pool } of prefill) {
      const { params, tokens: all } = this.#slots[slot]!
      Array.from(targets ?? []).forEach((target, i) => {
        if (target >= 0) results.push(score(this.#node(all.slice(0, start + i + 1)).logits, target, params))
      })
      if (draw !== undefined) results.push(this.#draw(slot, draw, mask))
      else if (!targets) this.#node(all.slice(0, start + tokens.length))
      for (let end = pool === 'last' ? start + tokens.length : start + 1; pool && end <= start + tokens.length; end++) {
        const { hidden } = this.#node(all.slice(0, end))
        const before = this.#pooled[slot]
        this.#pooled[slot] = pool === 'sum' && end > 1 ? hidden.map((x, i) => x + before![i]!) : hidden
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 0))
    return results
  }

  async readPooled(slots: readonly number[]): Promise<Float32Array[]> {
    return slots.map((slot) => Float32Array.from(this.#pooled[slot]!))
  }

  #draw(slot: number, draw: number, words: Uint32Array | undefined): SampledToken {
    const { params, prompt, tokens } = this.#slots[slot]!
    const known = tokens.slice(0, prompt.length + draw)
    const { logits } = this.#node(known)
    const mask = words && ((token: number) => ((words[token >>> 5]! >>> (token & 31)) & 1) === 1)
    const kept = candidates(edit(logits, params, { prompt, completion: known.slice(prompt.length), mask }), params)
    const uniform = uniformOf(params.seed, draw)
    let sum = 0
    const chosen = kept.find(({ probability }) => {
      sum += probability
      return uniform < sum
    })
    const { token } = chosen ?? kept.at(-1)!
    tokens[known.length] = token
    return score(logits, token, params, params.topAllowed ? mask : undefined)
  }

  #node(tokens: readonly number[]): Node<State> {
    let nodes = this.#root
    let node: Node<State> | undefined
    for (const token of tokens) {
      let next = nodes.get(token)
      if (!next) {
        const path = node?.path ?? []
        const { state, hidden, logits } = this.#model.step(path, token)
        next = { path: [...path, state], hidden, logits, next: new Map() }
        nodes.set(token, next)
      }
      node = next
      nodes = node.next
    }
    return node!
  }
}

function score(
  logits: Float64Array,
  token: number,
  { topLogprobs }: SamplingParams,
  allowed: (token: number) => boolean = () => true,
): SampledToken {
  if (topLogprobs === undefined) return { token, logprob: Number.NaN, top: [] }
  const logprobs = logSoftmax(logits)
  const order = [...logprobs.keys()].sort((a, b) => logprobs[b]! - logprobs[a]! || a - b)
  const top = order
    .filter(allowed)
    .slice(0, topLogprobs)
    .map((id) => ({ token: id, logprob: logprobs[id]! }))
  return { token, logprob: logprobs[token]!, top, rank: order.indexOf(token) + 1 }
}
