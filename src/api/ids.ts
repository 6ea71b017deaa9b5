// Random names for requests and responses.

/** `prefix` and 29 random characters. Works on pages without a secure context too, unlike crypto.randomUUID. */
export function randomId(prefix: string): string {
  const letters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  const bytes = crypto.getRandomValues(new Uint8Array(29))
  return prefix + Array.from(bytes, (byte) => letters[byte % letters.length]).join('')
}
