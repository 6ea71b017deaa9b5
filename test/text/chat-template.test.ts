// Templates: which one a model has, what they are given, the last message left open.

import { describe, expect, test } from 'vitest'
import { createChatTemplate, DEFAULT_CHAT_TEMPLATE, findChatTemplate } from '../../src/text/chat-template.ts'
import { TextError } from '../../src/text/errors.ts'

const CHATML =
  '{% for m in messages %}<|{{ m.role }}|>{{ m.content | trim }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}'
const user = { role: 'user', content: 'Hi' }
const input = { messages: [user], addGenerationPrompt: true }

describe('the model’s template', () => {
  test.each([
    [{}, DEFAULT_CHAT_TEMPLATE],
    [{ tokenizerConfig: { chat_template: 'a' } }, 'a'],
    [{ tokenizerConfig: { chat_template: 'a' }, file: 'b' }, 'b'],
    [
      {
        tokenizerConfig: {
          chat_template: [
            { name: 'tool_use', template: 'c' },
            { name: 'default', template: 'd' },
          ],
        },
      },
      '{% if tools %}c{% else %}d{% endif %}',
    ],
    [
      {
        tokenizerConfig: {
          chat_template: [
            { name: 'default', template: 'd' },
            { name: 'rag', template: 'e' },
          ],
        },
      },
      'd',
    ],
    [{ tokenizerConfig: { chat_template: [{ name: 'rag', template: 'e' }] } }, 'e'],
    [{ tokenizerConfig: { chat_template: null } }, DEFAULT_CHAT_TEMPLATE],
  ])('%j', (sources, template) => {
    expect(findChatTemplate(sources)).toBe(template)
  })
})

describe('rendering', () => {
  test('messages, special tokens, generation prompt, further variables', () => {
    const template = createChatTemplate(`{{ bos_token }}${CHATML}{{ tools[0].name }}`, {
      bos_token: '<s>',
      eos_token: undefined,
    })
    expect(template.render({ ...input, variables: { tools: [{ name: 'f' }] } })).toBe(
      '<s><|user|>Hi<|end|>\n<|assistant|>f',
    )
    expect(createChatTemplate(CHATML).render({ ...input, addGenerationPrompt: false })).toBe('<|user|>Hi<|end|>\n')
  })

  test('the default template', () => {
    const messages = [user, { role: 'assistant', content: 'Hello' }, user]
    const template = createChatTemplate(DEFAULT_CHAT_TEMPLATE, { bos_token: '<s>', eos_token: '</s>' })
    expect(template.render({ messages, addGenerationPrompt: true })).toBe(
      '<s>### User:\nHi\n\n### Assistant:\nHello</s>\n\n### User:\nHi\n\n### Assistant:\n',
    )
  })

  test('the date', () => {
    expect(createChatTemplate("{{ strftime_now('%Y') }}").render(input)).toMatch(/^\d{4}$/)
  })

  test('an exception of the template is told in its words', () => {
    const template = createChatTemplate("{{ raise_exception('Roles must alternate') }}")
    expect(() => template.render(input)).toThrow(TextError)
    expect(() => template.render(input)).toThrow('Roles must alternate')
  })

  test.each(['{% for %}', '{% if x %}', '{{'])('%j is no template', (source) => {
    expect(() => createChatTemplate(source)).toThrow(TextError)
  })
})

describe('the last message left open', () => {
  const open = (content: unknown, source = CHATML) =>
    createChatTemplate(source).render({
      messages: [user, { role: 'assistant', content }],
      addGenerationPrompt: false,
      continueFinalMessage: true,
    })

  test('the prompt ends with its text, as the template writes it', () => {
    expect(open('Once upon')).toBe('<|user|>Hi<|end|>\n<|assistant|>Once upon')
  })

  test('a text that occurs before is no trouble', () => {
    expect(open('Hi')).toBe('<|user|>Hi<|end|>\n<|assistant|>Hi')
  })

  test('needs a text, and a template that gives it', () => {
    expect(() => open(null)).toThrow(TextError)
    expect(() => open('x', '{{ messages[0].content }}')).toThrow(TextError)
  })
})
