// What goes wrong with text: a tokenizer that cannot be used, a template that cannot be rendered.

export class TextError extends Error {
  override readonly name = 'TextError'
}
