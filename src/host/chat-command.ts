// `infetch chat`: one prompt answered on standard output, or a conversation on the terminal. A user of the HTTP contract
// like any other.

import { createInterface } from 'node:readline/promises'
import type { InfetchEngine } from '../index.ts'
import { eventData } from './sse.ts'

interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface ChatOptions {
  readonly prompt?: string
  readonly system?: string
  /** Extra request fields: temperature, max_tokens, … */
  readonly fields: Readonly<Record<string, unknown>>
}

export async function chat(engine: InfetchEngine, { prompt, system, fields }: ChatOptions): Promise<void> {
  const messages: Message[] = system ? [{ role: 'system', content: system }] : []
  if (prompt !== undefined) {
    await reply(engine, [...messages, { role: 'user', content: prompt }], fields, new AbortController())
    return
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  let speaking: AbortController | undefined
  terminal.on('SIGINT', () => (speaking ? speaking.abort() : terminal.close()))
  process.stdout.write('Type a message; Ctrl+C stops a reply, or ends the chat.\n')
  terminal.setPrompt('> ')
  terminal.prompt()
  for await (const line of terminal) {
    if (line.trim() !== '') {
      messages.push({ role: 'user', content: line })
      speaking = new AbortController()
      messages.push({ role: 'assistant', content: await reply(engine, messages, fields, speaking) })
      speaking = undefined
    }
    terminal.prompt()
  }
}

/** Streams the answer to standard output and returns what was said, all or up to the abort. */
async function reply(
  engine: InfetchEngine,
  messages: readonly Message[],
  fields: ChatOptions['fields'],
  stop: AbortController,
): Promise<string> {
  let text = ''
  try {
    const response = await engine.fetch('/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: engine.models[0]!.id, messages, stream: true, ...fields }),
      signal: stop.signal,
    })
    if (!response.ok) throw new Error((await response.json()).error.message)
    for await (const data of eventData(response.body!)) {
      const chunk = JSON.parse(data)
      if (chunk.error) throw new Error(chunk.error.message)
      const piece: string = chunk.choices[0]?.delta.content ?? ''
      process.stdout.write(piece)
      text += piece
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
  process.stdout.write('\n')
  return text
}
