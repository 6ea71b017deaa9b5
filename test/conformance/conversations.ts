// The conversations that every reference chat template is tried on: with a system message, of several turns, with a tool
// offered, with a tool's result.

import type { TemplateMessage } from '../../src/text/chat-template.ts'

export interface Conversation {
  readonly messages: readonly TemplateMessage[]
  readonly variables?: Readonly<Record<string, unknown>>
  /** Texts that the prompt must have, in this order. */
  readonly said: readonly string[]
}

const tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: 'Its name' } },
      required: ['city'],
    },
  },
}
const question = { role: 'user', content: 'Weather in Oslo?' }
const call = {
  role: 'assistant',
  content: '',
  tool_calls: [{ id: 'call00001', type: 'function', function: { name: 'get_weather', arguments: { city: 'Bergen' } } }],
}
const result = { role: 'tool', tool_call_id: 'call00001', name: 'get_weather', content: '3 degrees' }

export const CONVERSATIONS: Readonly<Record<string, Conversation>> = {
  system: { messages: [{ role: 'system', content: 'Be brief.' }, question], said: ['Be brief.', 'Weather in Oslo?'] },
  turns: {
    messages: [question, { role: 'assistant', content: 'Sunny.' }, { role: 'user', content: 'And in Rome?' }],
    said: ['Weather in Oslo?', 'Sunny.', 'And in Rome?'],
  },
  tools: { messages: [question], variables: { tools: [tool] }, said: ['Weather in Oslo?'] },
  results: {
    messages: [question, call, result],
    variables: { tools: [tool] },
    said: ['Weather in Oslo?', '3 degrees'],
  },
}
