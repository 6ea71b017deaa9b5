// Real chat templates render, and can leave the last message open.

import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createChatTemplate } from '../../src/text/chat-template.ts'
import { sharedData, sharedText } from '../support/shared-data.ts'

const folder = 'data/templates'
const files = sharedData ? readdirSync(`${sharedData}/${folder}`).filter((name) => name.endsWith('.jinja')) : []
const specials = { bos_token: '<BOS>', eos_token: '<EOS>' }
const messages = [
  { role: 'user', content: 'First question?' },
  { role: 'assistant', content: 'First answer.' },
  { role: 'user', content: 'Second question?' },
]

/** Templates that are used only with what is given here. */
const NEEDED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'CohereForAI-c4ai-command-r-plus-tool_use.jinja': { tools: [] },
  'NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use.jinja': { tools: [] },
  'NousResearch-Hermes-3-Llama-3.1-8B-tool_use.jinja': { tools: [] },
  'meetkai-functionary-medium-v3.1.jinja': { tools: [] },
  'fireworks-ai-llama-3-firefunction-v2.jinja': { functions: '', datetime: '' },
}
/** What @huggingface/jinja cannot do yet: numbers as keys, str.format. */
const BEYOND = ['ByteDance-Seed-OSS.jinja', 'tencent-Hy3.jinja']

describe.skipIf(!sharedData).each(files.filter((name) => !BEYOND.includes(name)))('%s', (name) => {
  const template = createChatTemplate(sharedText(`${folder}/${name}`), specials)

  const variables = NEEDED[name]

  test('a conversation', () => {
    const prompt = template.render({ messages, addGenerationPrompt: true, variables })
    const places = messages.map(({ content }) => prompt.indexOf(content))
    expect(places.every((place) => place >= 0)).toBe(true)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  test('the last message left open', () => {
    const prompt = template.render({
      messages: messages.slice(0, 2),
      addGenerationPrompt: false,
      continueFinalMessage: true,
      variables,
    })
    expect(prompt.endsWith('First answer.')).toBe(true)
  })
})
