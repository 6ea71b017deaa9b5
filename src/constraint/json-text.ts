// Reads JSON text into nodes that keep what JSON.parse loses: the order of members (integer-like keys too) and the exact
// spelling of numbers. Knows nothing of schemas.

export type JsonNode =
  | { readonly t: 'null' }
  | { readonly t: 'bool'; readonly v: boolean }
  | { readonly t: 'num'; readonly raw: string }
  | { readonly t: 'str'; readonly v: string }
  | { readonly t: 'arr'; readonly v: readonly JsonNode[] }
  | { readonly t: 'obj'; readonly v: ReadonlyMap<string, JsonNode> }

export class JsonSyntaxError extends Error {
  readonly position: number

  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: JSON forbids them raw
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const stringPattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const plainPattern = /"[^"\\\u0000-\u001f]*"/y
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: JSON forbids them raw

export function parseJson(text: string, maxDepth = 2000): JsonNode {
  let at = 0
  const fail = (what: string): never => {
    throw new JsonSyntaxError(
      `Cannot parse JSON: ${what} at position ${at}, received ${JSON.stringify(text.slice(at, at + 20))}`,
      at,
    )
  }
  const space = (): void => {
    for (;;) {
      const c = text.charCodeAt(at)
      if (c === 32 || c === 10 || c === 13 || c === 9) at++
      else return
    }
  }
  const string = (): string => {
    plainPattern.lastIndex = at
    const plain = plainPattern.exec(text)
    if (plain) {
      at += plain[0].length
      return plain[0].slice(1, -1)
    }
    stringPattern.lastIndex = at
    const m = stringPattern.exec(text)
    if (!m) return fail('a string was expected')
    at += m[0].length
    return JSON.parse(m[0]) as string
  }
  const value = (depth: number): JsonNode => {
    if (depth > maxDepth) fail(`nesting is deeper than ${maxDepth}`)
    space()
    const c = text[at]
    if (c === '{') {
      at++
      const v = new Map<string, JsonNode>()
      space()
      if (text[at] === '}') {
        at++
        return { t: 'obj', v }
      }
      for (;;) {
        space()
        const key = string()
        space()
        if (text[at] !== ':') fail('":" was expected')
        at++
        v.set(key, value(depth + 1))
        space()
        if (text[at] === ',') at++
        else if (text[at] === '}') {
          at++
          return { t: 'obj', v }
        } else fail('"," or "}" was expected')
      }
    }
    if (c === '[') {
      at++
      const v: JsonNode[] = []
      space()
      if (text[at] === ']') {
        at++
        return { t: 'arr', v }
      }
      for (;;) {
        v.push(value(depth + 1))
        space()
        if (text[at] === ',') at++
        else if (text[at] === ']') {
          at++
          return { t: 'arr', v }
        } else fail('"," or "]" was expected')
      }
    }
    if (c === '"') return { t: 'str', v: string() }
    for (const [word, node] of [
      ['true', { t: 'bool', v: true }],
      ['false', { t: 'bool', v: false }],
      ['null', { t: 'null' }],
    ] as const) {
      if (text.startsWith(word, at)) {
        at += word.length
        return node
      }
    }
    numberPattern.lastIndex = at
    const m = numberPattern.exec(text)
    if (!m) return fail('a value was expected')
    at += m[0].length
    return { t: 'num', raw: m[0] }
  }
  const node = value(0)
  space()
  if (at < text.length) fail('the text goes on after the value')
  return node
}
