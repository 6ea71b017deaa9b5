// The one error that reading a model gives: which file, and why. Knows no format.

export class ModelError extends Error {
  override readonly name = 'ModelError'
  /** The file (or source) that is at fault. */
  readonly file: string

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`Cannot load ${file}: ${reason}`, options)
    this.file = file
  }
}

/** A value as an error message shows it: JSON, cut short. */
export function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing')
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
