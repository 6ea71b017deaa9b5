// What sampling keeps on the GPU from step to step: how each slot samples, its last token, its counts, bias and mask, and
// the records of the step's outputs. Knows no model and no request.

import { MAX_TOP_LOGPROBS, type SamplingParams } from '../engine/sampling-params.ts'
import type { Automaton, AutomatonPlace, Spellings } from '../engine/token-constraint.ts'
import { ConstraintState } from './constraint-state.ts'
import type { Bindable, Gpu, Launch } from './gpu.ts'
import { logitsEdit, logitsEditKernel, type VocabularyShape, vocabularyShape } from './launchers/logits-edit.ts'
import { logprobs } from './launchers/logprobs.ts'
import { HISTOGRAM_WORDS, sample } from './launchers/sample.ts'
import { RECORD_WORDS } from './sampling-records.ts'
import type { StructInfo } from './wgsl-reflect.ts'

export interface SamplingSizes {
  readonly vocabSize: number
  readonly maxSequences: number
  /** Rows of logits a step may have. */
  readonly maxOutputs: number
  /** Threads of a workgroup; few where each is a turn of a CPU's loop. */
  readonly lanes?: number
  /** What tokens spell; without, slots are held to constraints by masks from the CPU only. */
  readonly vocabulary?: Spellings
  /** Most bytes of automata held at once. */
  readonly tableBytes?: number
}

/** A slot that draws in a step. */
export interface Drawing {
  readonly slot: number
  /** The slot's row of the mask for this draw, by the CPU. */
  readonly mask?: Uint32Array
}

// Bits that kernels/lib/sampling.wgsl names EDIT_… and COUNT_….
const EDIT_PENALTIES = 1
const EDIT_BIAS = 2
const EDIT_MASK = 4
const EDIT_TOP_ALLOWED = 8
const COUNT_IN_PROMPT = 0x80000000
const COUNT_IS_STOP = 0x40000000

/** What the CPU remembers of a slot. */
interface OpenSlot {
  edits: number
  readonly drawn: boolean
  readonly logprobs: boolean
  readonly topAllowed: boolean
  readonly stops: readonly number[]
}

const NEVER_OPENED: OpenSlot = { edits: 0, drawn: false, logprobs: false, topAllowed: false, stops: [] }

/** Where a kernel was found to be wrong: no more than any hardware runs in step. */
function lanesOf(gpu: Gpu): number {
  if (!gpu.trusts('logits-edit', 'logits-histogram', 'sample', 'logprobs')) return 8
  return gpu.software ? 32 : 256
}

export class SamplingState {
  /** [maxSequences] last token of each slot, then as many flags that say that a stop token was drawn. */
  readonly slotTokens: GPUBuffer
  /** [maxOutputs, RECORD_WORDS], for decodeRecords. */
  readonly records: GPUBuffer
  /** [maxSequences, ceil(vocabSize / 32)] u32, bit i of word w allows token 32 w + i; read where setMasked says so. */
  readonly mask: GPUBuffer
  /** [maxOutputs, vocabSize rounded up to 4] logits after penalties, bias and mask. */
  readonly edited: GPUBuffer
  readonly #gpu: Gpu
  readonly #sizes: SamplingSizes
  readonly #shape: VocabularyShape
  readonly #slotLayout: StructInfo
  readonly #slots: GPUBuffer
  readonly #counts: GPUBuffer
  readonly #bias: GPUBuffer
  readonly #partials: GPUBuffer
  readonly #histogram: GPUBuffer
  readonly #constraints: ConstraintState | undefined
  readonly #open: OpenSlot[]
  #drawn = true
  #logprobs = true

  constructor(gpu: Gpu, sizes: SamplingSizes) {
    const { vocabSize, maxSequences, maxOutputs, vocabulary, tableBytes, lanes = lanesOf(gpu) } = sizes
    this.#gpu = gpu
    this.#sizes = sizes
    this.#shape = vocabularyShape(vocabSize, lanes)
    const { structs } = logitsEditKernel(gpu, this.#shape)
    this.#slotLayout = structs.get('SamplingSlot')!
    const { stride, chunks, maskWords } = this.#shape
    const create = (label: string, rows: number, words: number): GPUBuffer => {
      const bytes = rows * words * 4
      const limit = gpu.limits.maxStorageBufferBindingSize
      if (bytes > limit)
        throw new Error(
          `Cannot create ${label}: the adapter binds at most ${limit} bytes, received ${rows} rows of ${words} words`,
        )
      return gpu.createBuffer(label, bytes)
    }
    this.slotTokens = create('sampling.slotTokens', maxSequences, 2)
    this.records = create('sampling.records', maxOutputs, RECORD_WORDS)
    this.mask = create('sampling.mask', maxSequences, maskWords)
    this.#slots = create('sampling.slots', maxSequences, this.#slotLayout.size / 4)
    this.#counts = create('sampling.counts', maxSequences, vocabSize)
    this.#bias = create('sampling.bias', maxSequences, vocabSize)
    this.edited = create('sampling.edited', maxOutputs, stride)
    this.#partials = create('sampling.partials', maxOutputs * chunks, structs.get('Partial')!.size / 4)
    this.#histogram = create('sampling.histogram', maxOutputs, HISTOGRAM_WORDS)
    if (vocabulary && gpu.trusts('constraint-mask', 'constraint-advance'))
      this.#constraints = new ConstraintState(gpu, { shape: this.#shape, maxSequences, vocabulary, tableBytes })
    this.#open = Array(maxSequences).fill(NEVER_OPENED)
  }

  /** Constraints, edit, draw, log-probabilities, over the first `outputs` rows of logits f32 [outputs, logitsStride(vocabSize)]. */
  launches(logits: Bindable, outputs: Bindable): Launch[] {
    const gpu = this.#gpu
    const shape = this.#shape
    const slots = this.#slots
    const partials = this.#partials
    const counts = this.#counts
    const { records, slotTokens, mask, edited } = this
    const constraints = this.#constraints?.launches({ outputs, slotTokens, mask })
    return [
      ...(constraints ? [constraints.mask] : []),
      logitsEdit(gpu, { shape, outputs, slots, logits, counts, bias: this.#bias, mask, edited, partials }),
      ...sample(gpu, {
        shape,
        outputs,
        slots,
        edited,
        partials,
        counts,
        slotTokens,
        records,
        histogram: this.#histogram,
        maxSequences: this.#sizes.maxSequences,
        recordWords: RECORD_WORDS,
        drawn: () => this.#drawn,
      }),
      ...(constraints ? [constraints.advance] : []),
      logprobs(gpu, {
        shape,
        outputs,
        slots,
        logits,
        mask,
        partials,
        records,
        recordWords: RECORD_WORDS,
        asked: () => this.#logprobs,
      }),
    ]
  }

  /**
   * Tells before a step is encoded which slots draw in it and whether it scores tokens, so that it does no more than that,
   * and writes the masks that come from the CPU.
   */
  prepare(drawing: readonly Drawing[], scores: boolean): void {
    this.#drawn = false
    this.#logprobs = scores
    for (const { slot, mask } of drawing) {
      const open = this.#open[slot] ?? NEVER_OPENED
      this.#drawn ||= open.drawn
      this.#logprobs ||= open.logprobs
      if (mask) this.#writeMask(slot, mask)
    }
    this.#constraints?.prepare(drawing.map(({ slot }) => slot))
  }

  /** Gives a slot to a sequence, nothing left of the one before; takes effect for steps submitted later. */
  open(slot: number, params: SamplingParams, prompt: ArrayLike<number>, completion: ArrayLike<number>): void {
    const { maxSequences } = this.#sizes
    if (!(slot >= 0 && slot < maxSequences))
      throw new Error(`Cannot open slot: 0 to ${maxSequences - 1}, received ${slot}`)
    const penalised = params.repetitionPenalty !== 1 || params.frequencyPenalty !== 0 || params.presencePenalty !== 0
    const biased = params.logitBias !== undefined && params.logitBias.size > 0
    const stops = params.stopTokenIds.filter((id) => id >= 0 && id < this.#shape.vocabSize)
    this.#constraints?.release(slot)
    this.#writeCounts(slot, penalised ? { prompt, completion } : undefined, stops)
    if (biased) this.#writeBias(slot, params.logitBias)
    this.#open[slot] = {
      edits: (penalised ? EDIT_PENALTIES : 0) | (biased ? EDIT_BIAS : 0),
      drawn: params.temperature > 0,
      logprobs: params.topLogprobs !== undefined,
      topAllowed: params.topAllowed === true,
      stops,
    }
    this.#writeSlot(slot, params)
    const { queue } = this.#gpu.device
    const last = completion[completion.length - 1]
    if (last !== undefined) queue.writeBuffer(this.slotTokens, slot * 4, Uint32Array.of(last))
    queue.writeBuffer(this.slotTokens, (maxSequences + slot) * 4, Uint32Array.of(0))
  }

  /**
   * Holds the draws of a slot just opened to an automaton, from `place` on; false: it can't be walked here. Takes effect for
   * steps submitted later.
   */
  constrain(slot: number, automaton: Automaton, place: AutomatonPlace): boolean {
    if (!this.#constraints?.hold(slot, automaton, place)) return false
    this.setMasked(slot, true)
    return true
  }

  /** Whether the slot's row of `mask` counts, until the slot is opened again; takes effect for steps submitted later. */
  setMasked(slot: number, masked: boolean): void {
    const open = this.#open[slot]!
    const bits = open.topAllowed ? EDIT_MASK | EDIT_TOP_ALLOWED : EDIT_MASK
    const edits = masked ? open.edits | bits : open.edits & ~bits
    if (edits === open.edits) return
    open.edits = edits
    const { size, fields } = this.#slotLayout
    const { offset } = fields.find((field) => field.name === 'edits')!
    this.#gpu.device.queue.writeBuffer(this.#slots, slot * size + offset, Uint32Array.of(edits))
  }

  close(): void {
    this.#constraints?.close()
    const own = [this.#slots, this.#counts, this.#bias, this.#partials, this.#histogram]
    for (const buffer of [...own, this.slotTokens, this.records, this.mask, this.edited])
      this.#gpu.destroyBuffer(buffer)
  }

  #writeMask(slot: number, words: Uint32Array): void {
    const { maskWords } = this.#shape
    const row = new Uint32Array(maskWords) // ids beyond the words given are not allowed
    row.set(words.subarray(0, maskWords))
    this.#gpu.device.queue.writeBuffer(this.mask, slot * maskWords * 4, row)
    this.setMasked(slot, true)
  }

  #writeSlot(slot: number, params: SamplingParams): void {
    const fields: Record<string, number> = {
      inverse_temperature: params.temperature > 0 ? Math.min(1 / params.temperature, 1e30) : 0,
      max_distance: params.minP > 0 ? -Math.log(Math.min(params.minP, 1)) : 3e38,
      top_k: Math.min(Math.max(params.topK, 0), this.#shape.vocabSize),
      top_p: params.topP < 1 ? Math.max(Math.floor(params.topP * 2 ** 32), 1) : 0,
      seed: params.seed,
      repetition_penalty: params.repetitionPenalty,
      frequency_penalty: params.frequencyPenalty,
      presence_penalty: params.presencePenalty,
      min_tokens: params.minTokens,
      edits: this.#open[slot]!.edits,
      top_logprobs: params.topLogprobs === undefined ? 0 : Math.min(params.topLogprobs, MAX_TOP_LOGPROBS) + 1,
    }
    const layout = this.#slotLayout
    const words = new DataView(new ArrayBuffer(layout.size))
    for (const { name, type, offset } of layout.fields) {
      const value = fields[name]!
      if (type === 'f32') words.setFloat32(offset, value, true)
      else words.setUint32(offset, value, true)
    }
    this.#gpu.device.queue.writeBuffer(this.#slots, slot * layout.size, words.buffer)
  }

  /** Whole rows are written only for penalties, which alone read more of them than the few stop flags. */
  #writeCounts(
    slot: number,
    said: { readonly prompt: ArrayLike<number>; readonly completion: ArrayLike<number> } | undefined,
    stops: readonly number[],
  ): void {
    const { vocabSize } = this.#shape
    const { device } = this.#gpu
    const before = this.#open[slot]!
    const start = slot * vocabSize * 4
    if (said) {
      const row = new Uint32Array(vocabSize)
      for (let i = 0; i < said.completion.length; i++) row[said.completion[i]!]!++
      for (let i = 0; i < said.prompt.length; i++) row[said.prompt[i]!]! |= COUNT_IN_PROMPT
      for (const id of stops) row[id]! |= COUNT_IS_STOP
      device.queue.writeBuffer(this.#counts, start, row)
      return
    }
    for (const id of before.stops) device.queue.writeBuffer(this.#counts, start + id * 4, Uint32Array.of(0))
    for (const id of stops) device.queue.writeBuffer(this.#counts, start + id * 4, Uint32Array.of(COUNT_IS_STOP))
  }

  #writeBias(slot: number, bias: ReadonlyMap<number, number> | undefined): void {
    const row = new Float32Array(this.#shape.vocabSize)
    for (const [id, value] of bias ?? []) row[id] = value
    this.#gpu.device.queue.writeBuffer(this.#bias, slot * row.byteLength, row)
  }
}
