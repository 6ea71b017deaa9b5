// Messages to prompt text through a model's own Jinja template. Knows no tokenizer, no request.

import { Template } from '@huggingface/jinja'
import { TextError } from './errors.ts'

/** What a model with no template of its own is given. A reply ends where the model's end-of-text token comes. */
export const DEFAULT_CHAT_TEMPLATE = `{{ bos_token }}{% for message in messages %}### {{ message.role | capitalize }}:
{{ message.content }}{{ eos_token if message.role == 'assistant' else '' }}

{% endfor %}{% if add_generation_prompt %}### Assistant:
{% endif %}`

export type TemplateMessage = Readonly<Record<string, unknown>>

export interface TemplateInput {
  readonly messages: readonly TemplateMessage[]
  readonly addGenerationPrompt: boolean
  /** Leave the last message open, so that the reply goes on from its text. */
  readonly continueFinalMessage?: boolean
  /** Other variables of the template: tools, documents, whatever a caller passes through. */
  readonly variables?: Readonly<Record<string, unknown>>
}

export interface ChatTemplate {
  /** The template's text, for telling dialects apart. */
  readonly source: string
  /** @throws TextError with the template's own words where it raises an exception. */
  render(input: TemplateInput): string
}

/** tokenizer_config.json and what lies beside it; only the keys that are read. */
export interface TemplateSources {
  readonly tokenizerConfig?: unknown
  /** Text of chat_template.jinja. */
  readonly file?: string
}

/**
 * The model's template: chat_template.jinja before tokenizer_config.json's chat_template (a string, or a list of named ones
 * of which "default" is taken, and "tool_use" where there are tools), before ours.
 */
export function findChatTemplate({ tokenizerConfig, file }: TemplateSources): string {
  if (file !== undefined) return file
  const given = (tokenizerConfig as { chat_template?: unknown } | null | undefined)?.chat_template
  if (typeof given === 'string') return given
  if (Array.isArray(given)) {
    const named = given as readonly { readonly name?: unknown; readonly template?: unknown }[]
    const chosen = (named.find(({ name }) => name === 'default') ?? named[0])?.template
    const tools = named.find(({ name }) => name === 'tool_use')?.template
    if (typeof chosen === 'string' && typeof tools === 'string' && chosen !== tools)
      return `{% if tools %}${tools.replace(/\n$/, '')}{% else %}${chosen.replace(/\n$/, '')}{% endif %}`
    if (typeof chosen === 'string') return chosen
  }
  return DEFAULT_CHAT_TEMPLATE
}

/**
 * @param specials what the template knows as bos_token, eos_token, …
 * @throws TextError when the source is no template
 */
export function createChatTemplate(
  source: string,
  specials: Readonly<Record<string, string | undefined>> = {},
): ChatTemplate {
  const template = attempt('parse', () => new Template(source))
  const render = (messages: readonly TemplateMessage[], input: TemplateInput): string =>
    attempt('render', () =>
      template.render({
        // As transformers has it: these are always there, none where nothing is given.
        bos_token: '',
        eos_token: '',
        tools: null,
        documents: null,
        ...specials,
        ...input.variables,
        messages,
        add_generation_prompt: input.addGenerationPrompt,
      }),
    )
  return {
    source,
    render(input) {
      return input.continueFinalMessage ? openFinalMessage(input, render) : render(input.messages, input)
    },
  }
}

/** Stands for the end of the last message's text: a private-use character that no template treats as space. */
const END_MARK = '\u{10fffd}'

/** What the template gives up to the end of the last message's text. */
function openFinalMessage(
  input: TemplateInput,
  render: (messages: readonly TemplateMessage[], input: TemplateInput) => string,
): string {
  const last = input.messages.at(-1)
  if (typeof last?.content !== 'string')
    throw new TextError('Cannot continue the final message: expected one with a text, received none')
  const marked = render([...input.messages.slice(0, -1), { ...last, content: last.content + END_MARK }], input)
  const end = marked.lastIndexOf(END_MARK)
  if (end < 0)
    throw new TextError("Cannot continue the final message: the chat template's output does not hold its text")
  return marked.slice(0, end)
}

function attempt<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw new TextError(`Cannot ${what} the chat template: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
