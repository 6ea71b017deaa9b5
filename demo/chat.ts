// The conversation: what was said, what is being said, and how fast. Knows the OpenAI SDK; the engine is behind its fetch.

import OpenAI from 'openai'
import type { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import type { AnswerForm } from './answer-forms.ts'
import { tools } from './tools.ts'

type Message = OpenAI.ChatCompletionMessageParam

export interface Spoken {
  /** The reply so far, or a call and its result. */
  readonly show: (role: 'assistant' | 'tool', text: string, done: boolean) => void
  readonly speed: (text: string) => void
}

export class Chat {
  readonly #client: OpenAI
  readonly #model: string
  readonly #messages: Message[] = []
  #speaking: AbortController | undefined

  constructor(fetch: typeof globalThis.fetch, model: string) {
    this.#model = model
    // There is no key to leak: the server is in this page.
    this.#client = new OpenAI({ apiKey: 'local', baseURL: 'http://infetch/v1', fetch, dangerouslyAllowBrowser: true })
  }

  get speaking(): boolean {
    return this.#speaking !== undefined
  }

  stop(): void {
    this.#speaking?.abort()
  }

  /** Resolves when the reply has ended or was stopped. @throws what the engine answers; then nothing was said */
  async ask(text: string, form: AnswerForm, detail: string, spoken: Spoken): Promise<void> {
    const fields = form.fields(detail)
    const speaking = new AbortController()
    this.#speaking = speaking
    const said = this.#messages.length
    this.#messages.push({ role: 'user', content: text })
    try {
      while (!(await this.#reply(form, fields, speaking.signal, spoken))) this.#forget()
    } catch (error) {
      this.#messages.length = Math.min(said, this.#messages.length)
      throw error
    } finally {
      this.#speaking = undefined
    }
  }

  /** False: the conversation is too long for the model. */
  async #reply(
    form: AnswerForm,
    fields: ReturnType<AnswerForm['fields']>,
    signal: AbortSignal,
    { show, speed }: Spoken,
  ): Promise<boolean> {
    const asked = performance.now()
    let first = 0
    let tokens = 0
    let content = ''
    const body = {
      model: this.#model,
      messages: this.#messages,
      temperature: form.detail === undefined && !form.tools ? 0.5 : 0,
      ...fields,
      stream: true as const,
      stream_options: { include_usage: true },
    }
    const { completions } = this.#client.chat
    const options = { signal, maxChatCompletions: 4 }
    const run: ChatCompletionStream<unknown> = form.tools
      ? completions.runTools({ ...body, tools }, options)
      : completions.stream(body, options)
    run.on('content', (piece) => {
      first ||= performance.now()
      content += piece
      show('assistant', content, false)
    })
    run.on('functionToolCall', ({ name, arguments: given }) => show('tool', `${name}(${given})`, false))
    run.on('functionToolCallResult', (result) => {
      show('tool', ` → ${result}`, true)
      content = ''
    })
    run.on('chunk', ({ usage }) => {
      tokens = usage?.completion_tokens ?? tokens
    })
    try {
      await run.done()
      this.#messages.splice(0, this.#messages.length, ...run.messages)
    } catch (error) {
      const tooLong = error instanceof OpenAI.APIError && error.code === 'context_length_exceeded'
      if (tooLong && this.#messages.length > 1) return false
      if (!signal.aborted) throw error
      this.#messages.push({ role: 'assistant', content })
      show('assistant', `${content} (stopped)`, true)
    }
    const seconds = (performance.now() - first) / 1000
    const rate = tokens > 1 ? `, ${((tokens - 1) / seconds).toFixed(1)} tokens/s` : ''
    if (first) speed(`first token after ${Math.round(first - asked)} ms${rate}`)
    return true
  }

  /** The oldest question, and all up to the next. */
  #forget(): void {
    const next = this.#messages.findIndex(({ role }, i) => i > 0 && role === 'user')
    this.#messages.splice(0, Math.max(next, 1))
  }
}
