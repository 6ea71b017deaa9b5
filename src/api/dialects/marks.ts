// Tokens that set off the parts of a reply, thinking text and calls, in whatever model has them: special ones often, whose text
// counts all the same.

import { REASONING_TAGS } from './reasoning.ts'

export const MARKS: readonly string[] = [
  ...REASONING_TAGS.flatMap(({ open, close }) => [open, close]),
  '<tool_call>', // Hermes and those after it
  '</tool_call>',
  '[TOOL_CALLS]', // Mistral
  '[CALL_ID]',
  '[ARGS]',
  '<|python_tag|>', // Llama
  '<|tool_call|>', // Granite, Phi
  '<|/tool_call|>',
  '<｜tool▁calls▁begin｜>', // DeepSeek
  '<｜tool▁calls▁end｜>',
  '<｜tool▁call▁begin｜>',
  '<｜tool▁call▁end｜>',
  '<｜tool▁sep｜>',
]
