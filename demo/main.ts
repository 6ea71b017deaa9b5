// The demo page: loads a model, chats with it, holds its answers to a form. Uses the library as any user's page would.

import { checkSupport, createEngine, type EngineOptions, type InfetchEngine, type LoadProgress } from '../src/index.ts'
import { type AnswerForm, answerForms } from './answer-forms.ts'
import { Chat } from './chat.ts'

const find = <E extends HTMLElement>(id: string) => document.getElementById(id) as E
const loading = find<HTMLFormElement>('load')
const model = find<HTMLInputElement>('model')
const file = find<HTMLInputElement>('file')
const progress = find<HTMLProgressElement>('progress')
const status = find<HTMLOutputElement>('status')
const conversation = find<HTMLOListElement>('conversation')
const asking = find<HTMLFormElement>('ask')
const question = find<HTMLTextAreaElement>('question')
const send = find<HTMLButtonElement>('send')
const stop = find<HTMLButtonElement>('stop')
const kind = find<HTMLSelectElement>('kind')
const detail = find<HTMLTextAreaElement>('detail')
const hint = find<HTMLOutputElement>('hint')
const speed = find('speed')

let engine: InfetchEngine | undefined
let chat: Chat | undefined
let loads: AbortController | undefined

function say(text: string, failed = false): void {
  status.textContent = text
  status.classList.toggle('failed', failed)
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

function showProgress({ phase, file, loaded, total, bytesPerSecond, secondsLeft }: LoadProgress): void {
  progress.hidden = false
  progress.value = total > 0 ? loaded / total : 0
  const bytes = total > 0 ? `${megabytes(loaded)} of ${megabytes(total)}` : megabytes(loaded)
  const amount = phase === 'compile' ? `${loaded} of ${total} kernels` : bytes
  const rate = bytesPerSecond ? `, ${megabytes(bytesPerSecond)}/s` : ''
  const left = secondsLeft !== undefined && secondsLeft > 1 ? `, ${Math.ceil(secondsLeft)} s left` : ''
  say(`${phase}${file ? ` ${file}` : ''}: ${amount}${rate}${left}`)
}

async function load(source: EngineOptions['model']): Promise<void> {
  loads?.abort(new Error('Another model was chosen'))
  const mine = new AbortController()
  loads = mine
  ready(false)
  chat?.stop()
  chat = undefined
  try {
    await engine?.close()
    const { signal } = mine
    const opened = await createEngine({
      model: source,
      onProgress: showProgress,
      onWarning: (text) => say(text),
      signal,
    })
    engine = opened
    chat = new Chat(opened.fetch, opened.models[0]!.id)
    conversation.replaceChildren()
    const { adapter } = opened.info
    const where = adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(' ')
    say(`Ready on ${where || 'the GPU'}${adapter.software ? ' (a software adapter: slow)' : ''}.`)
    ready(true)
    question.focus()
  } catch (error) {
    if (loads === mine) say((error as Error).message, true)
  } finally {
    if (loads === mine) progress.hidden = true
  }
}

function ready(yes: boolean): void {
  question.disabled = !yes
  send.disabled = !yes
  stop.disabled = yes || !chat
}

function addMessage(role: 'user' | 'assistant' | 'tool', text: string): HTMLLIElement {
  const item = document.createElement('li')
  item.className = role
  item.textContent = text
  conversation.append(item)
  item.scrollIntoView({ block: 'end' })
  return item
}

async function ask(chat: Chat, text: string, form: AnswerForm): Promise<void> {
  addMessage('user', text)
  let reply: HTMLLIElement | undefined
  ready(false)
  try {
    await chat.ask(text, form, detail.value, {
      speed: (text) => {
        speed.textContent = text
      },
      show(role, text, done) {
        const item = reply?.className === role ? reply : addMessage(role, '')
        item.textContent = role === 'tool' ? item.textContent + text : text
        reply = done ? undefined : item
      },
    })
  } catch (error) {
    say((error as Error).message, true)
  }
  ready(true)
  question.focus()
}

const chosen = () => answerForms[kind.selectedIndex]!

kind.append(...answerForms.map(({ name }) => new Option(name)))
kind.addEventListener('change', () => {
  const { detail: text, hint: help } = chosen()
  detail.hidden = text === undefined
  detail.value = text ?? ''
  hint.textContent = help
})
loading.addEventListener('submit', (event) => {
  event.preventDefault()
  load(model.value.trim() || undefined)
})
file.addEventListener('change', () => {
  const files = [...(file.files ?? [])]
  if (files.length > 0) load(files.length === 1 ? files[0]! : files)
  file.value = ''
})
asking.addEventListener('submit', (event) => {
  event.preventDefault()
  const text = question.value.trim()
  if (!text || !chat || chat.speaking) return
  question.value = ''
  ask(chat, text, chosen())
})
question.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault()
    asking.requestSubmit()
  }
})
stop.addEventListener('click', () => chat?.stop())

const { supported, reason } = await checkSupport()
if (supported) load(undefined)
else {
  loading.querySelector('button')!.disabled = true
  file.disabled = true
  say(reason!, true)
}
