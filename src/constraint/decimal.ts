// Exact decimal numbers: mantissa × 10^exponent. Used wherever a schema compares numbers, so that 0.1 means 0.1.
// Knows nothing of floats or schemas.

export type Decimal = { readonly m: bigint; readonly e: number }

/** A decimal from its JSON spelling, or null when its exponent is out of hand. */
export function parseDecimal(raw: string): Decimal | null {
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(raw)
  if (!m) return null
  const frac = m[3] ?? ''
  const exp = Number(m[4] ?? '0')
  if (Math.abs(exp) > 400 || raw.length > 400) return null
  return normal(BigInt(`${m[1]}${m[2]}${frac}`), exp - frac.length)
}

export function normal(m: bigint, e: number): Decimal {
  if (m === 0n) return { m, e: 0 }
  while (m % 10n === 0n) {
    m /= 10n
    e++
  }
  return { m, e }
}

export function compare(a: Decimal, b: Decimal): number {
  const e = Math.min(a.e, b.e)
  const x = a.m * 10n ** BigInt(a.e - e)
  const y = b.m * 10n ** BigInt(b.e - e)
  return x < y ? -1 : x > y ? 1 : 0
}

export const isInteger = (a: Decimal): boolean => a.e >= 0

export function isMultiple(a: Decimal, of: Decimal): boolean {
  const e = Math.min(a.e, of.e)
  return (a.m * 10n ** BigInt(a.e - e)) % (of.m * 10n ** BigInt(of.e - e)) === 0n
}

/** Sign, integer digits ("0" at least) and fraction digits without trailing zeros. */
export function digits(a: Decimal): { negative: boolean; int: string; frac: string } {
  const negative = a.m < 0n
  let text = (negative ? -a.m : a.m).toString()
  if (a.e >= 0) return { negative, int: a.m === 0n ? '0' : text + '0'.repeat(a.e), frac: '' }
  text = text.padStart(1 - a.e, '0')
  return { negative, int: text.slice(0, text.length + a.e), frac: text.slice(text.length + a.e) }
}

export const spell = (a: Decimal): string => {
  const d = digits(a)
  return `${d.negative ? '-' : ''}${d.int}${d.frac ? `.${d.frac}` : ''}`
}
