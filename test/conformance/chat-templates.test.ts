// Real chat templates render a fixed set of conversations, and can leave the last message open; those that cannot are listed
// in docs/models.md with the cause.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ChatTemplate, createChatTemplate, type TemplateInput } from '../../src/text/chat-template.ts'
import { sharedData, sharedText } from '../support/shared-data.ts'
import { CONVERSATIONS } from './conversations.ts'

const folder = 'data/templates'
const files = sharedData ? readdirSync(`${sharedData}/${folder}`).filter((name) => name.endsWith('.jinja')) : []
const specials = { bos_token: '<BOS>', eos_token: '<EOS>' }

/** Rows of the table in the docs: conversations (by name) that a template does not render, and what it says. */
const documented = new Map<string, string>()
for (const [, names, conversations, error] of readFileSync('docs/models.md', 'utf8').matchAll(
  /^\| (`[^|]+`) \| ([\w, ]+) \| “([^”]+)”/gm,
))
  for (const [, name] of names!.matchAll(/`([^`]+)`/g))
    for (const conversation of conversations!.split(', ')) documented.set(`${name} ${conversation}`, error!)

const rendered = (template: ChatTemplate, input: TemplateInput): string | Error => {
  try {
    return template.render(input)
  } catch (error) {
    return error as Error
  }
}

/** Templates that leave out what tools answer. */
const WITHOUT_RESULTS = ['llama-cpp-rwkv-world', 'microsoft-Phi-3.5-mini-instruct']

describe.skipIf(!sharedData).each(files.map((file) => file.replace(/\.jinja$/, '')))('%s', (name) => {
  const template = createChatTemplate(sharedText(`${folder}/${name}.jinja`), specials)

  test.each(Object.entries(CONVERSATIONS))('%s', (conversation, { said, ...input }) => {
    const prompt = rendered(template, { ...input, addGenerationPrompt: true })
    const expected = documented.get(`${name} ${conversation}`)
    if (expected) {
      expect(prompt).toBeInstanceOf(Error)
      expect((prompt as Error).message).toBe(`Cannot render the chat template: ${expected}`)
      return
    }
    if (prompt instanceof Error) throw prompt
    const wanted = WITHOUT_RESULTS.includes(name) && conversation === 'results' ? said.slice(0, 1) : said
    const places = wanted.map((text) => prompt.indexOf(text))
    expect(places.every((place) => place >= 0)).toBe(true)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  test.skipIf(documented.has(`${name} turns`))('the last message left open', () => {
    const { messages } = CONVERSATIONS.turns!
    const input = { messages: messages.slice(0, 2), addGenerationPrompt: false, continueFinalMessage: true }
    expect(template.render(input).endsWith('Sunny.')).toBe(true)
  })
})

test.skipIf(!sharedData)('the docs count the templates, and list none that is not tried', () => {
  expect(readFileSync('docs/models.md', 'utf8')).toContain(`Of ${files.length} templates in use`)
  for (const key of documented.keys()) {
    const [name, conversation] = key.split(' ')
    expect(files).toContain(`${name}.jinja`)
    expect(Object.keys(CONVERSATIONS)).toContain(conversation)
  }
})
