// Makes expressions: interned, so that equal ones are one object, and simplified as they are built. Knows nothing of schema syntax,
// and never looks at text.

import { type Decimal, spell } from './decimal.ts'
import { ConstraintError } from './errors.ts'
import { type Atom, type Expr, everyType, type TypeIndex, typeBit, typeNumber, typeString } from './expression.ts'
import { mergeSets } from './merge-sets.ts'

const bitOfKind = (a: Atom): number => {
  switch (a.k) {
    case 'types':
      return everyType
    case 'integer':
    case 'less':
    case 'multiple':
    case 'numbers':
      return typeBit.number
    case 'language':
    case 'strings':
      return typeBit.string
    case 'items':
    case 'minItems':
    case 'maxItems':
    case 'contains':
    case 'unique':
      return typeBit.array
    default:
      return typeBit.object
  }
}

export class ExpressionStore {
  private readonly interned = new Map<string, Expr>()
  private count = 0
  /** The type being reduced to, while it is; -1 otherwise. */
  private typing = -1
  readonly yes: Expr = this.create('true', [], null)
  readonly no: Expr = this.create('false', [], null)

  private create(k: Expr['k'], xs: readonly Expr[], atom: Atom | null): Expr {
    const weight = Math.min(
      1e9,
      xs.reduce((n, x) => n + x.weight, 1),
    )
    return { id: this.count++, k, xs, atom, weight, target: null, typed: [] }
  }

  private intern(key: string, k: Expr['k'], xs: readonly Expr[], atom: Atom | null): Expr {
    let e = this.interned.get(key)
    if (!e) {
      e = this.create(k, xs, atom)
      this.interned.set(key, e)
    }
    return e
  }

  ref(): Expr {
    return this.create('ref', [], null)
  }

  atom(a: Atom): Expr {
    switch (a.k) {
      case 'types':
        if (a.mask === 0) return this.no
        if (a.mask === everyType) return this.yes
        return this.intern(`t${a.mask}`, 'atom', [], a)
      case 'integer':
        return this.intern(`i${a.strict}`, 'atom', [], a)
      case 'less':
        return this.intern(`<${a.orEqual}${spell(a.than)}`, 'atom', [], a)
      case 'multiple':
        return this.intern(`m${spell(a.of)}`, 'atom', [], a)
      case 'numbers':
        return this.intern(`n${a.values.map(spell).sort().join()}`, 'atom', [], a)
      case 'language':
        return this.intern(`l${a.language.id}${a.wide ? '~' : ''}`, 'atom', [], a)
      case 'strings':
        return this.intern(`s${JSON.stringify([...a.values].sort())}`, 'atom', [], a)
      case 'items': {
        const prefix = [...a.prefix]
        while (prefix.length > 0 && prefix[prefix.length - 1] === a.rest) prefix.pop()
        if (prefix.length === 0 && a.rest === this.yes) return this.yes
        return this.intern(`a${prefix.map((x) => x.id).join()}|${a.rest.id}`, 'atom', [], { ...a, prefix })
      }
      case 'minItems':
        return a.n <= 0 ? this.yes : this.intern(`${a.k}${a.n}`, 'atom', [], a)
      case 'minProperties':
        return a.n <= 0 ? this.yes : this.intern(`${a.k}${a.n}${a.later}`, 'atom', [], a)
      case 'maxItems':
      case 'maxProperties':
        return a.n < 0 ? this.no : a.n === Infinity ? this.yes : this.intern(`${a.k}${a.n}`, 'atom', [], a)
      case 'contains':
        if (a.max < 0 || a.min > a.max) return this.no
        if (a.min <= 0 && a.max === Infinity) return this.yes
        return this.intern(`c${a.x.id},${a.min},${a.max}`, 'atom', [], a)
      case 'unique':
        return this.intern(`u${a.seen.map((x) => x.id).join()}`, 'atom', [], a)
      case 'required':
        return this.intern(`r${a.key}`, 'atom', [], a)
      case 'properties': {
        const named = [...a.byName]
        if (
          a.rest === this.yes &&
          named.every(([, x]) => x === this.yes) &&
          a.byPattern.every((p) => p.value === this.yes)
        )
          return this.yes
        const key = `p${JSON.stringify(named.map(([n, x]) => [n, x.id]))}${a.byPattern.map((p) => `${p.language.id}:${p.value.id}`).join()}|${a.rest.id}`
        return this.intern(key, 'atom', [], a)
      }
    }
  }

  types = (mask: number): Expr => this.atom({ k: 'types', mask })

  not(x: Expr): Expr {
    if (x === this.yes) return this.no
    if (x === this.no) return this.yes
    if (x.k === 'not') return x.xs[0] as Expr
    if (x.atom?.k === 'types') return this.types(everyType & ~x.atom.mask)
    return this.intern(`!${x.id}`, 'not', [x], null)
  }

  and = (...xs: readonly Expr[]): Expr => this.join('and', xs, this.yes, this.no)
  or = (...xs: readonly Expr[]): Expr => this.join('or', xs, this.no, this.yes)

  private join(k: 'and' | 'or', xs: readonly Expr[], unit: Expr, zero: Expr): Expr {
    if (xs.length === 1) return xs[0]!
    const parts = new Set<Expr>()
    let mask = k === 'and' ? everyType : 0
    for (const x of xs) {
      for (const y of x.k === k ? x.xs : [x]) {
        if (y === zero) return zero
        if (y === unit) continue
        if (y.atom?.k === 'types') mask = k === 'and' ? mask & y.atom.mask : mask | y.atom.mask
        else parts.add(y)
      }
    }
    if (parts.size > 1) {
      this.mergeStrings(k, parts)
      this.mergeNumbers(k, parts)
      if (parts.has(zero)) return zero
      parts.delete(unit)
    }
    if (k === 'and' ? mask !== everyType : mask !== 0) {
      const t = this.types(mask)
      if (t === zero) return zero
      if (t !== unit) parts.add(t)
    }
    for (const y of parts) if (y.k === 'not' && parts.has(y.xs[0]!)) return zero
    if (parts.size === 0) return unit
    if (parts.size === 1) return [...parts][0]!
    const list = [...parts].sort((a, b) => a.id - b.id)
    return this.intern(`${k === 'and' ? '&' : '|'}${list.map((x) => x.id).join()}`, k, list, null)
  }

  /** Joins sets of strings, and sets of strings excluded; the two with each other only where the type is known. */
  private mergeStrings(k: 'and' | 'or', parts: Set<Expr>): void {
    const inside: Expr[] = []
    const outside: Expr[] = []
    for (const y of parts) {
      if (y.atom?.k === 'strings') inside.push(y)
      else if (y.k === 'not' && y.xs[0]!.atom?.k === 'strings') outside.push(y)
    }
    if (inside.length + outside.length < 2) return
    const values = (y: Expr): ReadonlySet<string> => (y.atom?.k === 'strings' ? y.atom.values : values(y.xs[0]!))
    const merged = mergeSets(k, inside.map(values), outside.map(values), this.typing === typeString)
    for (const y of [...inside, ...outside]) parts.delete(y)
    for (const [set, negate] of merged) {
      // A set left empty still holds for values that are no strings.
      const e = this.typing === typeString && set.size === 0 ? this.no : this.atom({ k: 'strings', values: set })
      parts.add(negate ? this.not(e) : e)
    }
  }

  /** The same for numbers, where the type is known. */
  private mergeNumbers(k: 'and' | 'or', parts: Set<Expr>): void {
    if (this.typing !== typeNumber) return
    const inside: Expr[] = []
    const outside: Expr[] = []
    const byName = new Map<string, Decimal>()
    for (const y of parts) {
      if (y.atom?.k === 'numbers') inside.push(y)
      else if (y.k === 'not' && y.xs[0]!.atom?.k === 'numbers') outside.push(y)
    }
    if (inside.length + outside.length < 2) return
    const values = (y: Expr): ReadonlySet<string> => {
      if (y.atom?.k !== 'numbers') return values(y.xs[0]!)
      return new Set(
        y.atom.values.map((d) => {
          byName.set(spell(d), d)
          return spell(d)
        }),
      )
    }
    const merged = mergeSets(k, inside.map(values), outside.map(values), true)
    for (const y of [...inside, ...outside]) parts.delete(y)
    for (const [set, negate] of merged) {
      const e = set.size === 0 ? this.no : this.atom({ k: 'numbers', values: [...set].map((n) => byName.get(n)!) })
      parts.add(negate ? this.not(e) : e)
    }
  }

  /** Exactly one of them holds. */
  one(xs: readonly Expr[]): Expr {
    const rest = xs.filter((x) => x !== this.no)
    const sure = rest.filter((x) => x === this.yes).length
    if (sure > 1) return this.no
    if (sure === 1) return this.and(...rest.filter((x) => x !== this.yes).map((x) => this.not(x)), this.yes)
    if (rest.length === 0) return this.no
    if (rest.length === 1) return rest[0] as Expr
    if (rest.length === 2 && rest[0] === rest[1]) return this.no
    const list = [...rest].sort((a, b) => a.id - b.id)
    return this.intern(`1${list.map((x) => x.id).join()}`, 'one', list, null)
  }

  /** What is left of x for a value of that type: only atoms about the type stay. */
  forType(x: Expr, type: TypeIndex): Expr {
    const known = x.typed[type]
    if (known === null)
      throw new ConstraintError(
        'invalid_json_schema',
        'Cannot use schema: a $ref leads back to itself, received a loop',
      )
    if (known) return known
    let out: Expr
    switch (x.k) {
      case 'true':
      case 'false':
        return x
      case 'atom': {
        const a = x.atom as Atom
        if (a.k === 'types') out = a.mask & (1 << type) ? this.yes : this.no
        else if (a.k === 'strings' && a.values.size === 0) out = type === typeString ? this.no : this.yes
        else out = bitOfKind(a) & (1 << type) ? x : this.yes
        break
      }
      case 'ref':
        if (!x.target)
          throw new ConstraintError(
            'invalid_json_schema',
            'Cannot use schema: propertyNames refers to what it is in, received $ref',
          )
        ;(x.typed as (Expr | null | undefined)[])[type] = null
        out = this.forType(x.target, type)
        break
      default: {
        const outer = this.typing
        this.typing = type
        try {
          out = this.map(x, (y) => this.forType(y, type))
        } finally {
          this.typing = outer
        }
      }
    }
    x.typed[type] = out
    return out
  }

  /** Rebuilds a composite expression from its parts. */
  map(x: Expr, f: (y: Expr) => Expr): Expr {
    switch (x.k) {
      case 'and':
        return this.and(this.yes, ...x.xs.map(f))
      case 'or':
        return this.or(this.no, ...x.xs.map(f))
      case 'not':
        return this.not(f(x.xs[0] as Expr))
      case 'one':
        return this.one(x.xs.map(f))
      default:
        return f(x)
    }
  }

  /** Replaces atoms all the way down. */
  substitute(x: Expr, f: (atom: Expr) => Expr, memo = new Map<Expr, Expr>()): Expr {
    if (x.k === 'true' || x.k === 'false') return x
    let out = memo.get(x)
    if (!out) {
      out = x.k === 'atom' ? f(x) : this.map(x, (y) => this.substitute(y, f, memo))
      memo.set(x, out)
    }
    return out
  }

  /** The atoms of an expression already reduced to one type. */
  atoms(x: Expr, out = new Set<Expr>(), seen = new Set<Expr>()): Set<Expr> {
    if (x.k === 'atom') out.add(x)
    else if (!seen.has(x)) {
      seen.add(x)
      for (const y of x.xs) this.atoms(y, out, seen)
    }
    return out
  }
}
