// Fields of POST /tokenize and /detokenize: llama.cpp's words (content) and vLLM's (prompt, messages).

import * as z from 'zod/mini'
import { chatFields } from './chat.ts'
import { defaulted, optional, required } from './field.ts'
import { integer } from './sampling.ts'

const model = optional(z.string(), { doc: 'Id of a loaded model; the first one unless told.' })
const { add_generation_prompt, continue_final_message, chat_template, chat_template_kwargs, tools } = chatFields

export const tokenizeFields = {
  model,
  content: optional(z.string(), { doc: 'Text, without special tokens unless `add_special`. As in llama.cpp.' }),
  add_special: defaulted(z.boolean(), false, { doc: 'Puts the tokenizer’s special tokens around `content`.' }),
  with_pieces: defaulted(z.boolean(), false, {
    doc: 'Gives {id, piece} for each token; a piece that is no text as bytes.',
  }),
  prompt: optional(z.string(), { doc: 'Text, with special tokens unless told. As in vLLM.' }),
  messages: optional(chatFields.messages.schema, { doc: 'A chat, put through the template. As in vLLM.' }),
  add_special_tokens: optional(z.boolean(), {
    doc: 'Special tokens around `prompt` (true unless told) or `messages` (false).',
  }),
  return_token_strs: defaulted(z.boolean(), false, {
    doc: 'Adds `token_strs`, the tokens as the vocabulary writes them.',
  }),
  add_generation_prompt,
  continue_final_message,
  chat_template,
  chat_template_kwargs,
  tools,
}

export const detokenizeFields = {
  model,
  tokens: required(z.array(integer(z.gte(0))), { doc: 'Token ids.' }),
}
