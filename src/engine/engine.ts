// The loop: schedule → submit → commit. Steps are submitted ahead of the results, which come back in order behind; the
// sampled token stays with the runner until then. Knows requests of token ids and a ModelRunner; no text, no GPU.

import { AbortListeners } from './abort-listeners.ts'
import type { BeamSearch } from './beam-search.ts'
import type { ConstraintProgress } from './constraint-progress.ts'
import { DepthControl } from './depth-control.ts'
import type { EngineInfo } from './engine-info.ts'
import { EngineClosedError, QueueFullError, RunnerFailedError } from './errors.ts'
import type { GenerateRequest, Generation } from './generation.ts'
import { refuseImpossible } from './limits.ts'
import type { ModelRunner, SampledToken, StepResult } from './model-runner.ts'
import type { Plan, StepInFlight } from './plan.ts'
import { Scheduler, type SchedulerOptions } from './scheduler.ts'
import { type Sequence, SequenceGroup } from './sequence.ts'
import { TokenStream } from './token-stream.ts'
import { yieldToEventLoop } from './yield.ts'

export interface EngineOptions extends SchedulerOptions {
  /** Requests that may wait for their first step. */
  readonly maxQueue?: number
  /** Steps that may be submitted ahead of the results. */
  readonly maxDepth?: number
}

interface Request {
  readonly stream: TokenStream
  readonly release: () => void
}

const BUSY_MS = 8 // after so long without a pause, the page gets one

export class Engine {
  readonly #runner: ModelRunner
  readonly #scheduler: Scheduler
  readonly #depth: DepthControl
  readonly #maxQueue: number
  readonly #requests = new Map<SequenceGroup, Request>()
  readonly #aborts = new AbortListeners()
  readonly #steps: StepInFlight[] = [] // in flight, oldest first
  readonly #counts = { steps: 0, promptTokens: 0, cachedTokens: 0, completionTokens: 0 }
  #nextOrder = 0
  #looping = false
  #closed = false
  #failure: RunnerFailedError | undefined

  /** The runner is the engine's from here on, and closed with it. */
  constructor(runner: ModelRunner, options: EngineOptions = {}) {
    this.#runner = runner
    this.#scheduler = new Scheduler(runner, options)
    this.#depth = new DepthControl(options.maxDepth ?? 8)
    this.#maxQueue = options.maxQueue ?? 256
  }

  get info(): EngineInfo {
    const { blocks, running, waiting, preemptions, constrained } = this.#scheduler
    return {
      state: this.#closed ? 'closed' : this.#failure ? 'failed' : 'ready',
      running: running.length,
      waiting: waiting.length,
      blocks: { used: blocks.used, cached: blocks.cached, free: blocks.available - blocks.cached },
      depth: this.#depth.depth,
      inFlight: this.#steps.length,
      ...this.#counts,
      preemptions,
      constrained: { ...constrained },
    }
  }

  /**
   * Queues a request; its tokens come by iterating the result. Whether it can run at all is known at once.
   * @throws RequestRefusedError, QueueFullError, EngineClosedError, RunnerFailedError, or the signal's reason if aborted.
   */
  generate(request: GenerateRequest): Generation {
    request.signal?.throwIfAborted()
    if (this.#closed) throw new EngineClosedError()
    if (this.#failure) throw this.#failure
    refuseImpossible(request, this.#runner)
    const queued = [...this.#requests.keys()].filter(({ cachedTokens }) => cachedTokens === undefined).length
    if (queued >= this.#maxQueue) throw new QueueFullError(queued)

    const { signal, n, maxTokens, scorePrompt, prompt, pool } = request
    const group = new SequenceGroup(request, this.#nextOrder)
    this.#nextOrder += group.sequences.length
    const stream = new TokenStream(n, {
      stopChoice: (choice) => {
        if (!group.search) this.#end(group.sequences[choice]!)
        else if (!stream.finishReasons.includes(undefined)) this.#abandon(group)
      },
      abandon: () => this.#abandon(group),
    })
    const abort = () => {
      stream.fail(signal!.reason)
      this.#abandon(group)
    }
    this.#requests.set(group, { stream, release: this.#aborts.add(signal, abort) })
    this.#counts.promptTokens += prompt.length
    for (const sequence of group.search ? group.sequences.slice(0, 1) : group.sequences) {
      if (maxTokens > 0 || pool || (scorePrompt && prompt.length > 1 && sequence.choice === 0))
        this.#scheduler.add(sequence)
      else {
        stream.finishReasons[sequence.choice] = 'length'
        this.#end(sequence)
      }
    }
    this.#wake()
    return stream
  }

  /** Ends every request with EngineClosedError, and closes the runner. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#rejectAll(new EngineClosedError())
    this.#runner.close()
  }

  /** @throws unless the bookkeeping of blocks, slots and sequences agrees. For tests. */
  check(): void {
    this.#scheduler.check()
  }

  /** Requests made in one go share the first step. */
  #wake(): void {
    if (this.#looping) queueMicrotask(() => this.#fill(false))
    else queueMicrotask(() => this.#loop())
    this.#looping = true
  }

  /** Runs while there is anything to do. Never rejects. */
  async #loop(): Promise<void> {
    let pausedAt = performance.now()
    let resultCame = false
    while (this.#requests.size > 0 || this.#steps.length > 0) {
      this.#fill(resultCame)
      const step = this.#steps[0]
      if (!step) {
        this.#fail(new Error('no step can be made for the sequences that wait')) // a fault of the scheduler
        break
      }
      try {
        const result = await step.result
        const pooled = (await step.pooled) ?? []
        if (this.#steps[0] !== step) break // closed or failed meanwhile
        this.#steps.shift()
        this.#depth.arrived(step, performance.now())
        this.#commit(step.plan, result)
        this.#commitPooled(step.plan, pooled)
      } catch (cause) {
        this.#fail(cause)
        break
      }
      resultCame = true
      if (performance.now() - pausedAt > BUSY_MS) {
        this.#fill(true)
        await yieldToEventLoop()
        pausedAt = performance.now()
      }
    }
    this.#depth.idle()
    this.#looping = false
  }

  /** Submits steps up to the depth, as far as there is something to do. */
  #fill(resultCame: boolean): void {
    try {
      while (this.#requests.size > 0 && this.#steps.length < this.#depth.limit) {
        const plan = this.#scheduler.schedule()
        if (!plan) return
        const lone = resultCame && this.#steps.length === 0
        const submitted = performance.now()
        const result = this.#runner.submit({ decode: plan.decode, prefill: plan.prefill })
        const slots = plan.pooled.map(({ place }) => place!.slot)
        const pooled = slots.length > 0 ? this.#runner.readPooled!(slots) : undefined
        for (const sequence of plan.pooled) this.#scheduler.remove(sequence) // it is read before later steps run
        for (const promise of [result, pooled]) promise?.catch(() => {}) // the loop sees it when the step's turn comes
        this.#steps.push({ plan, submitted, lone, result, pooled })
        this.#counts.steps++
      }
    } catch (cause) {
      this.#fail(cause)
    }
  }

  /** Hands a step's tokens to their sequences, in the order in which the runner promised them. */
  #commit({ outputs }: Plan, result: StepResult): void {
    if (result.length !== outputs.length)
      throw new Error(`the step has ${outputs.length} outputs, received ${result.length} results`)
    outputs.forEach(({ sequence, kind }, i) => {
      sequence.inFlight--
      if (sequence.ended) return // overshoot
      if (sequence.stale > 0) {
        sequence.stale--
        return
      }
      const { group } = sequence
      const { stream } = this.#requests.get(group)!
      stream.cachedTokens = group.cachedTokens ?? 0
      if (kind === 'score') this.#commitScore(sequence, stream, result[i]!)
      else if (group.search) this.#commitBeam(sequence, group.search, stream, result[i]!)
      else this.#commitDraw(sequence, stream, result[i]!)
    })
  }

  #commitDraw(sequence: Sequence, stream: TokenStream, sampled: SampledToken): void {
    const { group, choice, length: draw, held } = sequence
    if (held && !held.take(sampled.token)) {
      this.#refuseDraw(sequence, held, stream, sampled.token)
      return
    }
    sequence.tokens.push(sampled.token)
    this.#counts.completionTokens++
    const stops = group.stopTokenIds.has(sampled.token) // the runner masks them before minTokens
    const finishReason = stops ? 'stop' : draw + 1 === group.request.maxTokens ? 'length' : undefined
    stream.push({ ...sampled, choice, finishReason })
    if (finishReason) this.#end(sequence)
    else this.#scheduler.publish(sequence)
  }

  /** A token that the constraint does not allow: none was left, or the runner's walk gave up (it has a depth). */
  #refuseDraw(sequence: Sequence, held: ConstraintProgress, stream: TokenStream, token: number): void {
    if (held.mask().some((word) => word !== 0)) {
      if (!held.walked) throw new Error(`the mask of a draw forbids token ${token}, which came`)
      held.distrusted = true
      this.#scheduler.restart(sequence)
    } else {
      stream.finishReasons[sequence.choice] = held.mayEnd ? 'stop' : 'length'
      this.#end(sequence)
    }
  }

  #commitBeam({ group, choice, held }: Sequence, search: BeamSearch, stream: TokenStream, sampled: SampledToken): void {
    const top = held ? sampled.top.filter(({ token }) => held.fork().take(token)) : sampled.top
    if (search.take(choice, { ...sampled, top })) this.#scheduler.branch(group, search.beams)
    if (search.beams.length > 0) return
    for (const [choice, { tokens, finishReason }] of search.answers.entries()) {
      stream.pushAll(choice, tokens, finishReason)
      this.#counts.completionTokens += tokens.length
    }
    this.#abandon(group)
  }

  #commitScore(sequence: Sequence, stream: TokenStream, score: SampledToken): void {
    const { group, choice } = sequence
    const { prompt, maxTokens } = group.request
    stream.promptScores.push(score)
    group.scored++
    if (maxTokens > 0 || group.scored < prompt.length - 1) return
    stream.finishReasons[choice] = 'length'
    this.#end(sequence)
  }

  #commitPooled(plan: Plan, pooled: readonly Float32Array[]): void {
    for (const [i, sequence] of plan.pooled.entries()) {
      if (sequence.ended) continue
      const { stream } = this.#requests.get(sequence.group)!
      stream.pooled = pooled[i]
      stream.finishReasons[0] = 'length'
      this.#end(sequence)
    }
  }

  /** Frees what the sequence holds; its results in flight will be dropped. */
  #end(sequence: Sequence): void {
    if (sequence.ended) return
    sequence.ended = true
    this.#scheduler.remove(sequence)
    const { group } = sequence
    if (group.sequences.some(({ ended }) => !ended)) return
    const { stream, release } = this.#requests.get(group)!
    this.#requests.delete(group)
    this.#counts.cachedTokens += group.cachedTokens ?? 0
    release()
    stream.end()
  }

  #abandon(group: SequenceGroup): void {
    for (const sequence of group.sequences) this.#end(sequence)
  }

  #fail(cause: unknown): void {
    if (this.#closed || this.#failure) return
    this.#failure = new RunnerFailedError(cause)
    this.#rejectAll(this.#failure)
  }

  #rejectAll(error: Error): void {
    this.#steps.length = 0
    for (const [group, { stream }] of this.#requests) {
      stream.fail(error)
      this.#abandon(group)
    }
  }
}
