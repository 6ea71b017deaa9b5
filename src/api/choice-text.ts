// The text of one choice as its tokens come: whole characters, stop strings found and held back, why it ended. Knows token
// events and text; knows no response's shape.

import type { FinishReason, TokenEvent } from '../engine/generation.ts'
import type { SampledToken } from '../engine/model-runner.ts'
import { IncrementalDetokenizer } from '../text/incremental-detokenizer.ts'
import { StopStrings } from '../text/stop-strings.ts'
import type { Tokenizer } from '../text/tokenizer.ts'

export interface ChoiceTextOptions {
  readonly stop: readonly string[]
  readonly includeStop: boolean
  /** Token ids whose stop is told as stop_reason; other ids that stop are the model's own end of text. */
  readonly stopTokenIds: readonly number[]
  readonly minTokens: number
  readonly skipSpecialTokens: boolean
  readonly spacesBetweenSpecialTokens: boolean
  /** Special tokens whose text is needed even where they are skipped. */
  readonly shown?: readonly number[]
}

export interface Finish {
  readonly reason: 'stop' | 'length'
  readonly stopReason: string | number | null
  /** The token that stopped the choice, where it is not part of its text. */
  readonly hidden?: SampledToken
}

/** What came since the last delta that was given. */
export interface ChoiceDelta {
  readonly text: string
  /** Tokens of that text. The token that stopped the choice is among them only where its text is shown. */
  readonly tokens: readonly SampledToken[]
  /** All ids, the stopping one too. */
  readonly ids: readonly number[]
  readonly finish?: Finish
}

export class ChoiceText {
  readonly #options: ChoiceTextOptions
  readonly #detokenizer: IncrementalDetokenizer | undefined
  readonly #stops: StopStrings
  #seen = 0
  #tokens: SampledToken[] = []
  #ids: number[] = []
  #finish: Finish | undefined

  constructor(tokenizer: Tokenizer | undefined, options: ChoiceTextOptions) {
    this.#options = options
    this.#detokenizer = tokenizer && new IncrementalDetokenizer(tokenizer, { ...options, continuation: true })
    this.#stops = new StopStrings(options.stop, { includeStop: options.includeStop })
  }

  get finish(): Finish | undefined {
    return this.#finish
  }

  /** undefined when nothing is certain yet: what came is part of a later delta. */
  push(event: TokenEvent): ChoiceDelta | undefined {
    const { token, finishReason } = event
    const hidden = finishReason === 'stop' && !this.#options.includeStop
    this.#ids.push(token)
    if (!hidden) this.#tokens.push(event)
    let text = hidden ? '' : (this.#detokenizer?.push(token) ?? '')
    if (finishReason) text += this.#detokenizer?.end() ?? ''
    const stop = this.#seen++ >= this.#options.minTokens
    const scan = stop ? this.#stops.push(text) : { text }
    if (scan.stop !== undefined) return this.#give(scan.text, { reason: 'stop', stopReason: scan.stop })
    if (!finishReason) return scan.text === '' ? undefined : this.#give(scan.text)
    const stopReason = finishReason === 'stop' && this.#options.stopTokenIds.includes(token) ? token : null
    return this.#give(scan.text + this.#stops.end(), {
      reason: finishReason,
      stopReason,
      ...(hidden && { hidden: event }),
    })
  }

  /** The delta of a choice that ended without an event of its own. */
  cut(reason: FinishReason = 'length'): ChoiceDelta {
    const text = this.#detokenizer?.end() ?? ''
    return this.#give(this.#stops.push(text).text + this.#stops.end(), { reason, stopReason: null })
  }

  #give(text: string, finish?: Finish): ChoiceDelta {
    const delta = { text, tokens: this.#tokens, ids: this.#ids, finish }
    this.#tokens = []
    this.#ids = []
    this.#finish = finish
    return delta
  }
}
