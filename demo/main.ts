// The demo page: loads a model and chats with it through the OpenAI SDK, as any user's page would.

import OpenAI from 'openai'
import { checkSupport, createEngine, type InfetchEngine, type LoadProgress } from '../src/index.ts'

type Message = OpenAI.ChatCompletionMessageParam

const find = <E extends HTMLElement>(id: string) => document.getElementById(id) as E
const loading = find<HTMLFormElement>('load')
const model = find<HTMLSelectElement>('model')
const progress = find<HTMLProgressElement>('progress')
const status = find<HTMLOutputElement>('status')
const conversation = find<HTMLOListElement>('conversation')
const asking = find<HTMLFormElement>('ask')
const question = find<HTMLTextAreaElement>('question')
const send = find<HTMLButtonElement>('send')
const stop = find<HTMLButtonElement>('stop')
const speed = find('speed')

const messages: Message[] = []
let engine: InfetchEngine | undefined
let client: OpenAI
let speaking: AbortController | undefined

function say(text: string, failed = false): void {
  status.textContent = text
  status.classList.toggle('failed', failed)
}

function showProgress({ phase, loaded, total }: LoadProgress): void {
  progress.hidden = false
  progress.value = total > 0 ? loaded / total : 0
  say(phase)
}

async function load(): Promise<void> {
  const button = loading.querySelector('button')!
  button.disabled = true
  try {
    await engine?.close()
    engine = await createEngine({ model: model.value || undefined, onProgress: showProgress })
    client = new OpenAI({
      apiKey: 'local',
      baseURL: 'http://infetch/v1',
      fetch: engine.fetch,
      dangerouslyAllowBrowser: true, // there is no key to leak: the server is in this page
    })
    const { adapter } = engine.info
    const where = adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(' ')
    say(`Ready on ${where || 'the GPU'}${adapter.software ? ' (a software adapter: slow)' : ''}.`)
    ready(true)
    question.focus()
  } catch (error) {
    say((error as Error).message, true)
  } finally {
    progress.hidden = true
    button.disabled = false
  }
}

function ready(yes: boolean): void {
  question.disabled = !yes
  send.disabled = !yes
  stop.disabled = yes
}

function addMessage(message: { role: 'user' | 'assistant'; content: string }): HTMLLIElement {
  const item = document.createElement('li')
  item.className = message.role
  item.textContent = message.content
  conversation.append(item)
  item.scrollIntoView({ block: 'end' })
  return item
}

async function ask(text: string): Promise<void> {
  messages.push({ role: 'user', content: text })
  addMessage({ role: 'user', content: text })
  const reply = addMessage({ role: 'assistant', content: '' })
  ready(false)
  speaking = new AbortController()
  const asked = performance.now()
  let first = 0
  let tokens = 0
  let content = ''
  try {
    const stream = await client.chat.completions.create(
      {
        model: engine!.models[0]!.id,
        messages,
        stream: true,
        stream_options: { include_usage: true },
        temperature: 0.5,
      },
      { signal: speaking.signal },
    )
    for await (const chunk of stream) {
      content += chunk.choices[0]?.delta.content ?? ''
      first ||= content ? performance.now() : 0
      tokens = chunk.usage?.completion_tokens ?? tokens
      reply.textContent = content
    }
  } catch (error) {
    if (!speaking.signal.aborted) say((error as Error).message, true)
  }
  const seconds = (performance.now() - first) / 1000
  const rate = tokens > 1 ? `, ${((tokens - 1) / seconds).toFixed(1)} tokens/s` : ''
  speed.textContent = first ? `first token after ${Math.round(first - asked)} ms${rate}` : ''
  if (speaking.signal.aborted) reply.textContent = `${content} (stopped)`
  messages.push({ role: 'assistant', content })
  speaking = undefined
  ready(true)
  question.focus()
}

loading.addEventListener('submit', (event) => {
  event.preventDefault()
  load()
})
asking.addEventListener('submit', (event) => {
  event.preventDefault()
  const text = question.value.trim()
  if (!text || speaking) return
  question.value = ''
  ask(text)
})
question.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault()
    asking.requestSubmit()
  }
})
stop.addEventListener('click', () => speaking?.abort())

const { supported, reason } = await checkSupport()
if (supported) load()
else {
  loading.querySelector('button')!.disabled = true
  say(reason!, true)
}
