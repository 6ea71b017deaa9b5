// Tools, calls and results put through real chat templates; and what a template makes of a call is read back as that call.

import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findDialect } from '../../src/api/dialects/find.ts'
import type { FunctionTool } from '../../src/api/fields/tools.ts'
import { CallReader } from '../../src/api/tools/call-reader.ts'
import { renderWithTools } from '../../src/api/tools/prompt.ts'
import { createChatTemplate } from '../../src/text/chat-template.ts'
import { sharedData, sharedText } from '../support/shared-data.ts'

const folder = 'data/templates'
const files = sharedData ? readdirSync(`${sharedData}/${folder}`).filter((name) => name.endsWith('.jinja')) : []
const specials = { bos_token: '<BOS>', eos_token: '<EOS>' }
const parameters = {
  type: 'object',
  properties: { city: { type: 'string', description: 'Where' } },
  required: ['city'],
}
const tools: FunctionTool[] = [{ type: 'function', function: { name: 'look_up', description: 'Finds it', parameters } }]
const call = { id: 'call_1', type: 'function', function: { name: 'look_up', arguments: { city: 'Ulm' } } }
const called = [
  { role: 'user', content: 'Where is it?' },
  { role: 'assistant', content: '', tool_calls: [call] },
  { role: 'tool', tool_call_id: 'call_1', content: 'It is there.' },
]

/** How the calls of a model are read, by its template; not of all, only of those that a dialect is for. */
const DIALECTS: Readonly<Record<string, string>> = {
  'Bielik-11B-v3.0-Instruct': 'hermes',
  'HuggingFaceTB-SmolLM3-3B': 'smollm',
  'MiMo-VL': 'hermes',
  'Mistral-Small-3.2-24B-Instruct-2506': 'mistral',
  'NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use': 'hermes',
  'NousResearch-Hermes-3-Llama-3.1-8B-tool_use': 'hermes',
  'Qwen-QwQ-32B': 'hermes',
  'Qwen-Qwen2.5-7B-Instruct': 'hermes',
  'Qwen-Qwen3-0.6B': 'hermes',
  'Reka-Edge': 'hermes',
  'deepseek-ai-DeepSeek-R1-Distill-Llama-8B': 'deepseek',
  'deepseek-ai-DeepSeek-R1-Distill-Qwen-32B': 'deepseek',
  'deepseek-ai-DeepSeek-V3.1': 'deepseek',
  'google-gemma-2-2b-it': 'generic',
  'ibm-granite-granite-3.3-2B-Instruct': 'granite',
  'ibm-granite-granite-4.0': 'hermes',
  'ibm-granite-granite-4.1': 'hermes',
  'llama-cpp-deepseek-r1': 'deepseek',
  'llama-cpp-rwkv-world': 'generic',
  'meta-llama-Llama-3.1-8B-Instruct': 'llama',
  'meta-llama-Llama-3.2-3B-Instruct': 'llama',
  'meta-llama-Llama-3.3-70B-Instruct': 'llama',
  'microsoft-Phi-3.5-mini-instruct': 'generic',
  'mistralai-Ministral-3-14B-Reasoning-2512': 'mistral',
  'mistralai-Mistral-Nemo-Instruct-2407': 'mistral',
  'unsloth-mistral-Devstral-Small-2507': 'mistral',
}
/** Templates that put an id between name and arguments, which nothing asks of a model. */
const WITH_ID = ['Mistral-Small-3.2-24B-Instruct-2506']
/** What @huggingface/jinja cannot do yet; variables that only their makers' servers give. */
const BEYOND = ['ByteDance-Seed-OSS', 'tencent-Hy3', 'fireworks-ai-llama-3-firefunction-v2']

describe.each(files.map((file) => file.slice(0, -6)).filter((name) => !BEYOND.includes(name)))('%s', (name) => {
  const source = sharedText(`${folder}/${name}.jinja`)
  const template = createChatTemplate(source, specials)
  const render = (messages: typeof called) =>
    renderWithTools(template, { messages, addGenerationPrompt: true }, tools, true)

  test('tools, calls and results are in the prompt', () => {
    expect(render(called.slice(0, 1))).toContain('look_up')
    const prompt = render(called)
    expect(prompt).not.toContain('[object ')
    const places = ['Where is it?', 'Ulm', 'It is there.'].map((text) => prompt.lastIndexOf(text))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
  })

  const expected = DIALECTS[name]
  test.skipIf(expected === undefined)('a call is written as the dialect has it, and read back', () => {
    const dialect = findDialect(source)
    expect(dialect.name).toBe(expected)
    const { open = '', before, between } = dialect.layout
    const prompt = render(called)
    const said = prompt.slice(prompt.lastIndexOf('Where is it?'), prompt.lastIndexOf('It is there.'))
    if (!WITH_ID.includes(name)) expect(said).toContain(`${open}${before}look_up${between}`)
    const reply = dialect.trigger ? said : said.slice(said.indexOf(before))
    const reader = new CallReader({ dialect, names: new Set(['look_up']), parallel: true })
    const calls = [...reader.push(reply).calls, ...reader.end().calls]
    expect(calls).toMatchObject([{ begins: { name: 'look_up' } }])
    expect(JSON.parse(calls[0]!.arguments)).toEqual({ city: 'Ulm' })
  })
})

test.skipIf(files.length > 0)('no templates here: nothing was tried', () => {})
