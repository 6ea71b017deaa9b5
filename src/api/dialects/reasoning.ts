// Thinking text at the beginning of a reply, told apart from the reply itself by the tags that a model's template uses.

export interface ReasoningTags {
  readonly open: string
  readonly close: string
}

export const REASONING_TAGS: readonly ReasoningTags[] = [
  { open: '<think>', close: '</think>' }, // Qwen, DeepSeek, SmolLM3, MiniMax, …
  { open: '[THINK]', close: '[/THINK]' }, // Magistral, Ministral
  { open: '<seed:think>', close: '</seed:think>' }, // Seed-OSS
  { open: '<|START_THINKING|>', close: '<|END_THINKING|>' }, // Command R7B and later
]

/** undefined for a model whose template knows no thinking. */
export function findReasoningTags(template: string): ReasoningTags | undefined {
  return REASONING_TAGS.find(({ open, close }) => template.includes(open) || template.includes(close))
}

/**
 * Whether a reply to this prompt begins as thinking text: the template opened the tag itself. `continued`: the prompt ends
 * within the reply's own text, whatever that is.
 */
export function opensReasoning(prompt: string, { open, close }: ReasoningTags, continued: boolean): boolean {
  const at = prompt.lastIndexOf(open)
  if (at < 0 || at < prompt.lastIndexOf(close)) return false
  return continued || prompt.slice(at + open.length).trim() === ''
}

export interface ReplyParts {
  readonly reasoning: string
  readonly content: string
}

/** Splits a reply as it comes. White space around the thinking text belongs to neither part. */
export class ReasoningSplitter {
  readonly #tags: ReasoningTags
  #state: 'start' | 'reasoning' | 'gap' | 'content'
  #held = ''
  #begun = false

  constructor(tags: ReasoningTags, inside: boolean) {
    this.#tags = tags
    this.#state = inside ? 'reasoning' : 'start'
  }

  /** Whether what comes next may still be thinking text. */
  get reasoning(): boolean {
    return this.#state === 'reasoning'
  }

  push(text: string): ReplyParts {
    this.#held += text
    let reasoning = ''
    if (this.#state === 'start') this.#begin()
    if (this.#state === 'reasoning') reasoning = this.#reason()
    if (this.#state === 'gap') {
      this.#held = this.#held.trimStart()
      if (this.#held !== '') this.#state = 'content'
    }
    return { reasoning, content: this.#state === 'content' ? this.#take(this.#held.length) : '' }
  }

  /** What was held. */
  end(): ReplyParts {
    const rest = this.#take(this.#held.length)
    return this.#state === 'reasoning' ? { reasoning: rest.trimEnd(), content: '' } : { reasoning: '', content: rest }
  }

  #begin(): void {
    const text = this.#held.trimStart()
    const { open } = this.#tags
    if (text.startsWith(open)) {
      this.#held = text.slice(open.length)
      this.#state = 'reasoning'
    } else if (!open.startsWith(text)) this.#state = 'content'
  }

  #reason(): string {
    if (!this.#begun) this.#held = this.#held.trimStart()
    const { close } = this.#tags
    const end = this.#held.indexOf(close)
    const text = this.#take(end < 0 ? this.#certain() : end)
    if (text !== '') this.#begun = true
    if (end < 0) return text
    this.#take(close.length)
    this.#state = 'gap'
    return text.trimEnd()
  }

  /** Length of what is surely followed by more thinking text: without white space and the beginning of a closing tag at its end. */
  #certain(): number {
    let end = this.#held.length
    for (let length = Math.min(this.#tags.close.length - 1, end); length > 0; length--)
      if (this.#held.endsWith(this.#tags.close.slice(0, length))) {
        end -= length
        break
      }
    return this.#held.slice(0, end).trimEnd().length
  }

  #take(length: number): string {
    const text = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    return text
  }
}
