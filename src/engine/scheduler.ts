// Continuous batching: which rows the next step has, who gets a slot and blocks, who gives them back. Decode rows go
// first, oldest sequence first; what is left of the step goes to prefill chunks, oldest first, and to those who wait in
// order of arrival. Tells the runner of slots, tables and copies; submits nothing and never waits.

import type { Beam } from './beam-search.ts'
import { type BlockCopy, BlockManager, type BlockTable } from './block-manager.ts'
import { sharedTable } from './block-sharing.ts'
import { ConstraintProgress } from './constraint-progress.ts'
import type { ModelRunner } from './model-runner.ts'
import type { Output, Plan } from './plan.ts'
import type { Sequence, SequenceGroup } from './sequence.ts'

export interface SchedulerOptions {
  /** Most prefill tokens of a step that has decode rows too, so that those keep their pace. */
  readonly prefillBesideDecode?: number
}

export class Scheduler {
  readonly blocks: BlockManager
  readonly #runner: ModelRunner
  readonly #prefillBesideDecode: number
  readonly #running: Sequence[] = [] // oldest first, as #waiting
  readonly #waiting: Sequence[] = []
  readonly #freeSlots: number[]
  #copies: BlockCopy[] = [] // before the step that is being scheduled
  preemptions = 0
  /** Constrained sequences placed: those whose automaton the runner walks, and those whose masks are made here. */
  readonly constrained = { byRunner: 0, byMask: 0 }

  constructor(runner: ModelRunner, options: SchedulerOptions = {}) {
    this.#runner = runner
    this.#prefillBesideDecode = options.prefillBesideDecode ?? Math.ceil(runner.maxBatchTokens / 4)
    this.blocks = new BlockManager(runner.blockCount, runner.blockSize)
    this.#freeSlots = Array.from({ length: runner.maxSequences }, (_, i) => runner.maxSequences - 1 - i)
  }

  get running(): readonly Sequence[] {
    return this.#running
  }

  get waiting(): readonly Sequence[] {
    return this.#waiting
  }

  add(sequence: Sequence): void {
    insert(this.#waiting, sequence)
  }

  /** The sequence needs no further step: its slot and blocks are free for the steps scheduled from now on. */
  remove(sequence: Sequence): void {
    discard(this.#waiting, sequence)
    this.#displace(sequence)
  }

  /** What is in flight of the sequence is dropped; it starts over from the tokens known. */
  restart(sequence: Sequence): void {
    sequence.stale = sequence.inFlight
    this.#displace(sequence)
    this.add(sequence)
  }

  /**
   * Beams that go on: `beams[i]` becomes that of sequence i. All its tokens but the last were computed by the sequence
   * of its parent, whose blocks it shares; where that was preempted meanwhile, it waits for a place as others do.
   */
  branch({ sequences, request }: SequenceGroup, beams: readonly Beam[]): void {
    const tables = beams.map(({ parent }) => {
      const { place, scheduled } = sequences[parent]!
      return place && this.blocks.fork(place.table, scheduled)
    })
    const held = beams.map(({ parent }) => sequences[parent]!.held?.fork())
    for (const sequence of sequences) this.#displace(sequence)
    for (const [i, { tokens }] of beams.entries()) {
      const sequence = sequences[i]!
      sequence.held = held[i]
      sequence.held?.take(tokens.at(-1)!.token)
      sequence.tokens.length = request.prompt.length
      for (const { token } of tokens) sequence.tokens.push(token)
      const table = tables[i]
      if (table && this.#freeSlots.length > 0) this.#place(sequence, table, sequence.tokens.length - 1)
      else {
        if (table) this.blocks.release(table)
        this.add(sequence)
      }
    }
  }

  /** The next step; undefined when nothing can go on before a result comes back. */
  schedule(): Plan | undefined {
    let plan = this.#plan()
    // Beams that keep their blocks for the next round may keep those out that it waits for.
    while (!plan && this.#waiting.length > 0 && this.#running.length > 0 && this.#running.every(({ idle }) => idle)) {
      this.#preempt(this.#running.at(-1)!)
      plan = this.#plan()
    }
    if (this.#copies.length > 0) this.#runner.copyBlocks(this.#copies)
    this.#copies = []
    return plan
  }

  #plan(): Plan | undefined {
    const plan: Plan = { decode: [], prefill: [], outputs: [], pooled: [] }
    this.#decode(plan)
    this.#prefill(plan)
    for (const sequence of this.#running) {
      sequence.written = sequence.scheduled
      this.publish(sequence)
      if (sequence.written >= sequence.group.promptPositions) sequence.group.promptWritten = true
    }
    return plan.decode.length + plan.prefill.length > 0 ? plan : undefined
  }

  /** Puts the blocks whose tokens are known by now into the prefix cache. */
  publish({ place, tokens, written }: Sequence): void {
    if (place) this.blocks.publish(place.table, tokens, Math.min(tokens.length, written))
  }

  /** @throws unless blocks, slots and sequences agree. */
  check(): void {
    const places = this.#running.map(({ place }) => place!)
    this.blocks.check(places.map(({ table }) => table))
    const slots = [...places.map(({ slot }) => slot), ...this.#freeSlots].sort((a, b) => a - b)
    if (slots.some((slot, i) => slot !== i) || slots.length !== this.#runner.maxSequences)
      throw new Error(`Slots held and free are not 0 … ${this.#runner.maxSequences - 1}: ${slots}`)
    if (this.#waiting.some(({ place }) => place)) throw new Error('A waiting sequence holds a place')
    for (const { place, scheduled } of this.#running)
      if (place!.table.blocks.length < this.blocks.blocksFor(scheduled)) throw new Error('A table is too short')
  }

  #decode(plan: Plan): void {
    const limit = Math.min(this.#runner.maxBatchTokens, this.#runner.maxOutputs)
    for (const sequence of [...this.#running]) {
      const { place, prefilling, finishing, draws, scheduled, group } = sequence
      if (!place) continue // preempted by an older one just now
      if (group.search && prefilling) this.#claim(sequence) // shared with the beams that have the same parent
      if (group.search || prefilling || finishing || plan.decode.length === limit) continue
      if (sequence.unmasked || !this.#claim(sequence)) continue
      plan.decode.push({ slot: place.slot, position: scheduled, draw: draws, mask: sequence.held?.drawMask })
      this.#draw(plan, sequence)
      sequence.scheduled++
    }
  }

  /**
   * Makes the block of the next position the sequence's own. False: there is none, the sequence waits or was preempted;
   * a beam was preempted.
   */
  #claim(sequence: Sequence): boolean {
    const { slot, table } = sequence.place!
    let claim = this.blocks.claim(table, sequence.scheduled)
    while (!claim) {
      if (!sequence.group.search && this.#running.some(({ finishing }) => finishing)) return false // blocks are about to come back
      const youngest = this.#running.at(-1)!
      this.#preempt(youngest)
      if (youngest === sequence) return false
      claim = this.blocks.claim(table, sequence.scheduled)
    }
    if (claim.copy) this.#copies.push(claim.copy)
    if (claim.index !== undefined) this.#runner.setBlocks(slot, claim.index, [table.blocks[claim.index]!])
    return true
  }

  #prefill(plan: Plan): void {
    const { maxBatchTokens } = this.#runner
    const rows = plan.decode.length
    const budget = rows === 0 ? maxBatchTokens : Math.min(maxBatchTokens - rows, this.#prefillBesideDecode)
    let left = budget
    for (const sequence of this.#running) {
      if (left === 0) return
      if (sequence.prefilling) left -= this.#chunk(plan, sequence, left)
    }
    // Placed no sooner than there is room for a first chunk: until then, others may publish blocks that it can share.
    for (const sequence of [...this.#waiting]) {
      if (left === 0) return
      if (!this.#ready(sequence)) continue
      if (sequence.inFlight > 0 || !this.#admit(sequence)) return // in order: nobody overtakes it
      left -= this.#chunk(plan, sequence, left)
    }
  }

  /** Adds the next known tokens of a sequence, `limit` at most. Returns how many. */
  #chunk(plan: Plan, sequence: Sequence, limit: number): number {
    const { group, tokens, prefillEnd, place, scheduled: start, length } = sequence
    const { prompt, scorePrompt, maxTokens, pool } = group.request
    const targets: number[] = []
    let outputs = plan.outputs.length
    let end = start
    for (; end < prefillEnd && end - start < limit; end++) {
      const scores = scorePrompt && sequence.choice === 0 && end >= group.scored && end + 1 < prompt.length
      const draws = maxTokens > 0 && end + 1 === prefillEnd
      if (scores || draws) outputs++
      if (outputs > this.#runner.maxOutputs) break
      targets.push(scores ? prompt[end + 1]! : -1)
    }
    if (end === start) return 0
    const chunk = { slot: place!.slot, start, tokens: tokens.slice(start, end) }
    const scored = targets.filter((id) => id >= 0)
    for (const _ of scored) this.#expect(plan, sequence, 'score')
    sequence.scheduled = end
    const draw = end === prefillEnd && maxTokens > 0 ? length : undefined
    if (draw !== undefined) this.#draw(plan, sequence)
    if (pool && end === prefillEnd) plan.pooled.push(sequence)
    const mask = draw === undefined ? undefined : sequence.held?.drawMask
    plan.prefill.push({ ...chunk, draw, mask, targets: scored.length > 0 ? targets : undefined, pool })
    return end - start
  }

  #draw(plan: Plan, sequence: Sequence): void {
    sequence.draws++
    this.#expect(plan, sequence, 'draw')
  }

  #expect(plan: Plan, sequence: Sequence, kind: Output['kind']): void {
    sequence.inFlight++
    plan.outputs.push({ sequence, kind })
  }

  /** Whether it makes sense to place a sequence now: a further choice waits for its prompt to be computed by the first. */
  #ready({ group, choice }: Sequence): boolean {
    return group.promptWritten || group.sequences.slice(0, choice).every(({ ended }) => ended)
  }

  /** Gives a waiting sequence a slot and the blocks of all its known tokens, shared ones as far as there are. */
  #admit(sequence: Sequence): boolean {
    const { group, tokens, length } = sequence
    if (this.#freeSlots.length === 0) return false
    const prefillEnd = length === 0 ? group.promptPositions : tokens.length
    // One block for each who runs stays in reserve, lest the next steps preempt what is placed now.
    const shared = sharedTable(this.blocks, sequence, prefillEnd, this.#running.length)
    if (!shared) return false
    const { table, start, copy } = shared
    if (copy) this.#copies.push(copy)
    discard(this.#waiting, sequence)
    this.#place(sequence, table, start, prefillEnd)
    group.cachedTokens ??= start
    return true
  }

  /** Gives a sequence a free slot. The first `start` positions of the table are computed already. */
  #place(sequence: Sequence, table: BlockTable, start: number, prefillEnd = sequence.tokens.length): void {
    const slot = this.#freeSlots.pop()!
    const { group, tokens, sampling, length } = sequence
    const { prompt } = group.request
    insert(this.#running, sequence)
    Object.assign(sequence, { place: { slot, table }, scheduled: start, written: start, prefillEnd, draws: length })
    this.#runner.openSlot(slot, sampling, prompt, tokens.slice(prompt.length))
    this.#runner.setBlocks(slot, 0, table.blocks)
    if (!group.request.constraint) return
    sequence.held ??= new ConstraintProgress(group.request.constraint, this.#runner.vocabSize)
    this.constrained[sequence.held.enter(this.#runner, slot, group.search !== undefined) ? 'byRunner' : 'byMask']++
  }

  #preempt(sequence: Sequence): void {
    this.#displace(sequence)
    // A beam whose result is known or on its way has no further step as that beam.
    if (!sequence.group.search || sequence.prefilling) this.add(sequence)
    this.preemptions++
  }

  #displace(sequence: Sequence): void {
    if (!sequence.place) return
    this.publish(sequence)
    this.blocks.release(sequence.place.table)
    this.#freeSlots.push(sequence.place.slot)
    sequence.place = undefined
    discard(this.#running, sequence)
  }
}

function insert(list: Sequence[], sequence: Sequence): void {
  const at = list.findLastIndex(({ order }) => order < sequence.order)
  list.splice(at + 1, 0, sequence)
}

function discard(list: Sequence[], sequence: Sequence): void {
  const at = list.indexOf(sequence)
  if (at >= 0) list.splice(at, 1)
}
