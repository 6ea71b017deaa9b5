// Reads grammars in the manner of Lark: rule: "text" /regex/ TERMINAL "a".."z" [optional] (group) * + ? ~n..m | -> alias, with
// %ignore and the common terminals. Terminals are not tokenised apart: a text belongs to the grammar if it can be read at all.

import { ConstraintError } from './errors.ts'
import { fromRegex, type Grammar, type Production } from './grammar-syntax.ts'
import { literal, parseRegex } from './regex-syntax.ts'

const common: Record<string, string> = {
  DIGIT: '[0-9]',
  HEXDIGIT: '[a-fA-F0-9]',
  INT: '[0-9]+',
  SIGNED_INT: '[+-]?[0-9]+',
  DECIMAL: '(?:[0-9]+\\.[0-9]*|\\.[0-9]+)',
  FLOAT: '(?:[0-9]+[eE][+-]?[0-9]+|(?:[0-9]+\\.[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)',
  NUMBER: '(?:[0-9]+(?:[eE][+-]?[0-9]+)?|(?:[0-9]+\\.[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)',
  SIGNED_NUMBER: '[+-]?(?:[0-9]+(?:[eE][+-]?[0-9]+)?|(?:[0-9]+\\.[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)',
  ESCAPED_STRING: '"(?:[^"\\\\\\n]|\\\\[^\\n])*"',
  LCASE_LETTER: '[a-z]',
  UCASE_LETTER: '[A-Z]',
  LETTER: '[a-zA-Z]',
  WORD: '[a-zA-Z]+',
  CNAME: '[a-zA-Z_][a-zA-Z_0-9]*',
  WS_INLINE: '[ \\t]+',
  WS: '[ \\t\\f\\r\\n]+',
  CR: '\\r',
  LF: '\\n',
  NEWLINE: '(?:\\r?\\n)+',
}

type Token = {
  readonly k: 'name' | 'string' | 'regex' | 'op' | 'number'
  readonly text: string
  readonly position: number
}

const tokenPattern =
  /(?<skip>[ \t]+|\/\/[^\n]*|(?:\r?\n)+(?=[ \t]*\||[ \t]+\S))|(?<line>(?:\r?\n)+)|(?<string>"(?:[^"\\\n]|\\.)*"i?)|(?<regex>\/(?!\/)(?:[^/\\\n]|\\.)+\/[imslux]*)|(?<name>[?!]*_?[A-Za-z][A-Za-z_0-9]*)|(?<number>\d+)|(?<op>->|\.\.|[:|()[\]*+?~.%,])/y

export function parseLark(text: string): Grammar {
  return new LarkReader(text).read()
}

class LarkReader {
  private readonly lines: Token[][] = [[]]
  private tokens: Token[] = []
  private at = 0
  private readonly rules = new Map<string, Production>()
  private readonly ignored: Production[] = []
  private inTerminal = false

  constructor(text: string) {
    for (let i = 0; i < text.length; ) {
      tokenPattern.lastIndex = i
      const m = tokenPattern.exec(text)
      if (!m?.groups) this.refuse('a character that belongs nowhere', i, text.slice(i, i + 20))
      const g: Record<string, string | undefined> = { ...m?.groups }
      if (g.line !== undefined) this.lines.push([])
      else if (g.skip === undefined) {
        const k = (['string', 'regex', 'name', 'number', 'op'] as const).find((n) => g[n] !== undefined)!
        this.lines[this.lines.length - 1]!.push({ k, text: m![0], position: i })
      }
      i += m![0].length
    }
  }

  private refuse(what: string, position: number, received: string): never {
    throw new ConstraintError('invalid_grammar', `Cannot read grammar: ${what}, received ${JSON.stringify(received)}`, {
      position,
    })
  }

  read(): Grammar {
    const bodies: { name: string; from: number; tokens: Token[] }[] = []
    const plain = (name: string): string => name.replace(/^[?!]+/, '')
    for (const line of this.lines) {
      if (line.length === 0) continue
      if (line[0]!.text === '%') this.directive(line)
      else {
        const colon = line.findIndex((t) => t.text === ':')
        if (line[0]!.k !== 'name' || colon < 1) this.refuse('a rule was expected', line[0]!.position, line[0]!.text)
        bodies.push({ name: plain(line[0]!.text), from: colon + 1, tokens: line })
      }
    }
    for (const pass of [true, false]) {
      for (const b of bodies) {
        if (isTerminal(b.name) !== pass) continue
        this.tokens = b.tokens
        this.at = b.from
        this.inTerminal = pass
        this.rules.set(b.name, this.alternatives())
        if (this.at < this.tokens.length)
          this.refuse('the rule goes on unexpectedly', this.tokens[this.at]!.position, this.tokens[this.at]!.text)
      }
    }
    if (this.ignored.length > 0) {
      const start = this.rules.get('start')
      if (start) this.rules.set('start', { k: 'cat', xs: [start, this.gap()] })
    }
    return { start: 'start', rules: this.rules }
  }

  private gap(): Production {
    return { k: 'rep', x: { k: 'alt', xs: this.ignored }, min: 0, max: Infinity }
  }

  private directive(line: Token[]): void {
    const word = line[1]?.text
    if (word === 'ignore') {
      this.tokens = line
      this.at = 2
      this.inTerminal = true
      this.ignored.push(this.alternatives())
      return
    }
    if (word === 'import') {
      const names = line.slice(2).filter((t) => t.k === 'name')
      if (names[0]?.text !== 'common')
        this.refuse('only common can be imported', line[0]!.position, names[0]?.text ?? '')
      const arrow = line.findIndex((t) => t.text === '->')
      const wanted = arrow > 0 ? names.slice(1, -1) : names.slice(1)
      for (const t of wanted) {
        const source = common[t.text]
        if (source === undefined) this.refuse('an unknown common terminal', t.position, t.text)
        this.rules.set(arrow > 0 ? names[names.length - 1]!.text : t.text, fromRegex(parseRegex(source!)))
      }
      return
    }
    this.refuse('an unknown directive', line[0]!.position, word ?? '')
  }

  private peek(): string | undefined {
    return this.tokens[this.at]?.text
  }

  private alternatives(): Production {
    const xs: Production[] = []
    for (;;) {
      const parts: Production[] = []
      while (this.at < this.tokens.length && !['|', ')', ']', '->'].includes(this.peek()!)) parts.push(this.repeated())
      if (this.peek() === '->') this.at += 2
      xs.push(parts.length === 1 ? parts[0]! : { k: 'cat', xs: parts })
      if (this.peek() !== '|') break
      this.at++
    }
    return xs.length === 1 ? xs[0]! : { k: 'alt', xs }
  }

  private repeated(): Production {
    let x = this.term()
    for (;;) {
      const op = this.peek()
      if (op === '*' || op === '+' || op === '?') {
        this.at++
        x = { k: 'rep', x, min: op === '+' ? 1 : 0, max: op === '?' ? 1 : Infinity }
      } else if (op === '~') {
        const min = Number(this.tokens[this.at + 1]?.text)
        const ranged = this.tokens[this.at + 2]?.text === '..'
        const max = ranged ? Number(this.tokens[this.at + 3]?.text) : min
        if (!Number.isInteger(min) || !Number.isInteger(max) || max < min)
          this.refuse('a count was expected', this.tokens[this.at]!.position, '~')
        this.at += ranged ? 4 : 2
        x = { k: 'rep', x, min, max }
      } else return x
    }
  }

  private group(close: string): Production {
    const x = this.alternatives()
    if (this.peek() !== close)
      this.refuse(`"${close}" was expected`, this.tokens[this.at]?.position ?? 0, this.peek() ?? '')
    this.at++
    return x
  }

  private term(): Production {
    const t = this.tokens[this.at++]!
    if (t.text === '(') return this.group(')')
    if (t.text === '[') return { k: 'rep', x: this.group(']'), min: 0, max: 1 }
    if (t.k === 'name') {
      const rule: Production = { k: 'rule', name: t.text, position: t.position }
      return isTerminal(t.text) ? this.spaced(rule) : rule
    }
    if (t.k === 'string') {
      const text = unquote(t.text)
      if (this.peek() === '..') {
        const to = this.tokens[this.at + 1]
        this.at += 2
        const hi = to?.k === 'string' ? unquote(to.text).codePointAt(0) : undefined
        const lo = text.codePointAt(0)
        if (lo === undefined || hi === undefined || hi < lo)
          return this.refuse('a range was expected', t.position, t.text)
        return this.spaced({ k: 'set', set: [lo, hi] })
      }
      const folded = t.text.endsWith('i')
      return this.spaced(
        fromRegex(
          folded ? parseRegex(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), { ignoreCase: true }) : literal(text),
        ),
      )
    }
    if (t.k === 'regex') {
      const end = t.text.lastIndexOf('/')
      const flags = t.text.slice(end + 1)
      if (/[^is]/.test(flags)) this.refuse('a regex flag that is not supported', t.position, flags)
      const source = t.text.slice(1, end).replace(/\\\//g, '/')
      return this.spaced(
        fromRegex(parseRegex(source, { ignoreCase: flags.includes('i'), dotAll: flags.includes('s') })),
      )
    }
    return this.refuse('a term was expected', t.position, t.text)
  }

  /** In rules, what is ignored may stand before every terminal. */
  private spaced(x: Production): Production {
    return this.inTerminal || this.ignored.length === 0 ? x : { k: 'cat', xs: [this.gap(), x] }
  }
}

const isTerminal = (name: string): boolean => /^_?[A-Z]/.test(name)

function unquote(text: string): string {
  const body = text.replace(/i$/, '').slice(1, -1)
  return body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/g, (_, e: string) => {
    if (e.length > 1) return String.fromCodePoint(Number.parseInt(e.slice(1), 16))
    return { n: '\n', r: '\r', t: '\t', f: '\f' }[e] ?? e
  })
}
