// A runner without a model: its "keys and values" are the token ids themselves, stored by block and offset, and the next
// token is a hash of all tokens that the slot's block table shows. A wrong table, a stale slot, a missing copy or a wrong
// position changes the tokens or throws.

import type { Batch, ModelRunner, Pooling, SampledToken, StepResult } from '../../src/engine/model-runner.ts'
import type { SamplingParams } from '../../src/engine/sampling-params.ts'

export interface MockOptions {
  readonly vocabSize?: number
  readonly contextLength?: number
  readonly blockSize?: number
  readonly blockCount?: number
  readonly maxSequences?: number
  readonly maxBatchTokens?: number
  readonly maxOutputs?: number
  /** Resolves when the step's result is to be known; left out: at once. Results are held back to keep their order. */
  readonly delay?: (step: number) => Promise<void>
  /** The step that fails, and all after it. */
  readonly failAt?: number
  /** Log-probabilities of all tokens after some, in place of made-up ones for `top`; draws stay hashes. */
  readonly logprobs?: (tokens: readonly number[]) => readonly number[]
  /** After a step has been taken in. */
  readonly onStep?: (batch: Batch) => void
}

interface Slot {
  readonly params: SamplingParams
  /** Prompt, and completion as far as drawn. */
  readonly tokens: number[]
  readonly promptLength: number
}

const DEFAULTS = {
  vocabSize: 50,
  contextLength: 128,
  blockSize: 4,
  blockCount: 64,
  maxSequences: 8,
  maxBatchTokens: 32,
  maxOutputs: 16,
}

export class MockRunner implements ModelRunner {
  readonly vocabSize: number
  readonly contextLength: number
  readonly blockSize: number
  readonly blockCount: number
  readonly maxSequences: number
  readonly maxBatchTokens: number
  readonly maxOutputs: number
  steps = 0
  decodeRows = 0
  prefillTokens = 0
  copies = 0
  inFlight = 0
  mostInFlight = 0
  closed = false
  readonly #options: MockOptions
  readonly #slots: (Slot | undefined)[]
  readonly #tables: number[][]
  readonly #pooled: Float32Array[] = []
  readonly #cells: Int32Array // token by block and offset
  readonly #writers: { step: number; slot: number }[] = []
  #tail: Promise<unknown> = Promise.resolve()

  constructor(options: MockOptions = {}) {
    const sizes = { ...DEFAULTS, ...options }
    this.vocabSize = sizes.vocabSize
    this.contextLength = sizes.contextLength
    this.blockSize = sizes.blockSize
    this.blockCount = sizes.blockCount
    this.maxSequences = sizes.maxSequences
    this.maxBatchTokens = sizes.maxBatchTokens
    this.maxOutputs = sizes.maxOutputs
    this.#options = options
    this.#slots = new Array(this.maxSequences).fill(undefined)
    this.#tables = Array.from({ length: this.maxSequences }, () => [])
    this.#cells = new Int32Array(this.blockCount * this.blockSize).fill(-1)
  }

  openSlot(slot: number, params: SamplingParams, prompt: ArrayLike<number>, completion: ArrayLike<number>): void {
    assert(slot >= 0 && slot < this.maxSequences, `slot ${slot}`)
    const tokens = [...Array.from(prompt), ...Array.from(completion)]
    this.#slots[slot] = { params, tokens, promptLength: prompt.length }
    this.#tables[slot] = []
  }

  setBlocks(slot: number, first: number, blocks: ArrayLike<number>): void {
    Array.from(blocks).forEach((block, i) => {
      assert(block >= 0 && block < this.blockCount, `block ${block}`)
      this.#tables[slot]![first + i] = block
    })
  }

  copyBlocks(pairs: readonly { readonly from: number; readonly to: number }[]): void {
    for (const { from, to } of pairs) {
      const start = from * this.blockSize
      this.#cells.copyWithin(to * this.blockSize, start, start + this.blockSize)
      this.copies++
    }
  }

  submit(batch: Batch): Promise<StepResult> {
    const step = this.steps++
    const { delay, failAt = Infinity, onStep } = this.#options
    const result = step < failAt && !this.closed ? this.#run(batch) : undefined
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight)
    onStep?.(batch)
    const due = Promise.all([this.#tail, delay?.(step)])
    this.#tail = due
    return due.then(() => {
      this.inFlight--
      if (!result || this.closed) throw new Error('device lost')
      return result
    })
  }

  readPooled(slots: readonly number[]): Promise<Float32Array[]> {
    const pooled = slots.map((slot) => this.#pooled[slot]!.slice())
    return this.#tail.then(() => pooled)
  }

  close(): void {
    this.closed = true
  }

  #run({ decode, prefill }: Batch): StepResult {
    const rows = decode.length + prefill.reduce((sum, chunk) => sum + chunk.tokens.length, 0)
    assert(rows > 0 && rows <= this.maxBatchTokens, `${rows} rows`)
    const slots = [...decode, ...prefill].map(({ slot }) => slot)
    assert(new Set(slots).size === slots.length, `a slot twice in a step: ${slots}`)
    this.decodeRows += decode.length
    this.prefillTokens += rows - decode.length

    for (const { slot, position } of decode) {
      const { tokens } = this.#slot(slot)
      assert(tokens.length - 1 === position, `decode at ${position} of ${tokens.length} tokens`)
      this.#write(slot, position, tokens[position]!)
    }
    for (const { slot, start, tokens } of prefill)
      Array.from(tokens).forEach((token, i) => {
        assert(this.#slot(slot).tokens[start + i] === token, `prefill of another token at ${start + i}`)
        this.#write(slot, start + i, token)
      })

    const result: SampledToken[] = decode.map(({ slot, position, draw, mask }) =>
      this.#draw(slot, position, draw, mask),
    )
    for (const { slot, start, tokens, draw, mask, targets, pool } of prefill) {
      assert(tokens.length > 0, 'a chunk without tokens')
      if (pool) {
        const chunk = pooledStates(this.#read(slot, start + tokens.length - 1), pool, start)
        const before = pool === 'sum' && start > 0 ? this.#pooled[slot]! : [0, 0]
        this.#pooled[slot] = chunk.map((value, i) => value + before[i]!)
      }
      Array.from(targets ?? []).forEach((id, i) => {
        if (id >= 0) result.push(score(this.#read(slot, start + i), id, this.#slot(slot).params, this.vocabSize))
      })
      if (draw !== undefined) result.push(this.#draw(slot, start + tokens.length - 1, draw, mask))
    }
    assert(result.length <= this.maxOutputs, `${result.length} outputs`)
    return result
  }

  #draw(slot: number, position: number, draw: number, mask: Uint32Array | undefined): SampledToken {
    const { params, tokens, promptLength } = this.#slot(slot)
    assert(position === tokens.length - 1, `draw after ${position}, of ${tokens.length} tokens`)
    assert(draw === tokens.length - promptLength, `draw ${draw}, completion has ${tokens.length - promptLength}`)
    const seen = this.#read(slot, position)
    assert(seen.join() === tokens.join(), `the cache shows ${seen}, expected ${tokens}`)
    const sampled = sample(seen, draw, params, this.vocabSize, mask)
    tokens.push(sampled.token)
    const { logprobs } = this.#options
    return logprobs
      ? {
          ...sampled,
          ...ranked(logprobs(seen), sampled.token, params.topLogprobs ?? 0, params.topAllowed ? mask : undefined),
        }
      : sampled
  }

  #slot(slot: number): Slot {
    const state = this.#slots[slot]
    assert(state !== undefined, `slot ${slot} is not open`)
    return state
  }

  #cell(slot: number, position: number): number {
    assert(position < this.contextLength, `position ${position}`)
    const block = this.#tables[slot]![Math.floor(position / this.blockSize)]
    assert(block !== undefined, `slot ${slot} has no block for ${position}`)
    return block * this.blockSize + (position % this.blockSize)
  }

  #write(slot: number, position: number, token: number): void {
    const cell = this.#cell(slot, position)
    assert(this.#writers[cell]?.step !== this.steps, 'two rows of a step write the same place')
    this.#cells[cell] = token
    this.#writers[cell] = { step: this.steps, slot }
  }

  #read(slot: number, last: number): number[] {
    return Array.from({ length: last + 1 }, (_, position) => {
      const cell = this.#cell(slot, position)
      const writer = this.#writers[cell]
      assert(writer?.step !== this.steps || writer.slot === slot, 'reads what another row of the same step writes')
      return this.#cells[cell]!
    })
  }
}

/** The mock's hidden states after tokens, those from `start` on pooled. */
export function pooledStates(tokens: readonly number[], pooling: Pooling, start = 0): Float32Array {
  const states = tokens.map((token, i) => [token, hash(tokens.slice(0, i + 1)) % 1000])
  const taken = pooling === 'sum' ? states.slice(start) : states.slice(-1)
  return Float32Array.of(...[0, 1].map((i) => taken.reduce((sum, state) => sum + state[i]!, 0)))
}

/** The mock's model: the token that comes after `tokens`. */
export function sample(
  tokens: readonly number[],
  draw: number,
  params: SamplingParams,
  vocabSize: number,
  mask?: Uint32Array,
): SampledToken {
  if (mask?.every((word) => word === 0)) return score(tokens, 0, params, vocabSize)
  for (let attempt = 0; ; attempt++) {
    const token = hash([...tokens, params.seed, draw, attempt]) % vocabSize
    if (draw < params.minTokens && params.stopTokenIds.includes(token)) continue
    if (mask && ((mask[token >>> 5]! >>> (token & 31)) & 1) === 0) continue
    return score(tokens, token, params, vocabSize)
  }
}

/** The log-probability of a token after `tokens`, and the most likely ones. */
export function score(
  tokens: readonly number[],
  token: number,
  params: SamplingParams,
  vocabSize: number,
): SampledToken {
  const logprob = (id: number) => -(hash([...tokens, id, 7]) % 1000) / 1000
  const top = Array.from({ length: params.topLogprobs ?? 0 }, (_, i) => ({ token: i % vocabSize, logprob: logprob(i) }))
  return { token, logprob: logprob(token), top }
}

function ranked(
  logprobs: readonly number[],
  token: number,
  count: number,
  mask: Uint32Array | undefined,
): Pick<SampledToken, 'logprob' | 'top'> {
  const allowed = (id: number) => !mask || ((mask[id >>> 5]! >>> (id & 31)) & 1) === 1
  const all = logprobs.map((logprob, token) => ({ token, logprob })).filter(({ token }) => allowed(token))
  all.sort((a, b) => b.logprob - a.logprob || a.token - b.token)
  return { logprob: logprobs[token]!, top: all.slice(0, count) }
}

function hash(values: readonly number[]): number {
  let h = 2166136261
  for (const value of values) {
    h = Math.imul(h ^ value, 16777619)
    h = Math.imul(h ^ (h >>> 13), 0x5bd1e995)
  }
  return (h ^ (h >>> 15)) >>> 0
}

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Mock runner: ${message}`)
}
