// The member names an object may meet, cut into classes that a set of property assertions treats alike: every declared name is
// a class, and every attainable combination of name patterns is one more, open class. Knows nothing of values.

import type { Expr, Properties } from './expression.ts'
import { dead, type Language, matches, StringSetLanguage } from './language.ts'
import { StringMachine } from './string-machine.ts'
import type { Workshop } from './workshop.ts'

export class KeySpace {
  readonly declared: readonly string[]
  readonly languages: readonly Language[]
  private readonly place: ReadonlyMap<string, number>
  private readonly shop: Workshop
  private readonly bitsOfDeclared: (boolean[] | undefined)[] = []
  private readonly classIds = new Map<string, number>()
  private readonly openBits: boolean[][] = []
  private readonly children = new Map<Expr, (Expr | undefined)[]>()
  private openSizes: number[] | null = null
  private names: StringSetLanguage | null = null

  constructor(properties: readonly Expr[], names: Iterable<string>, shop: Workshop) {
    this.shop = shop
    const declared = new Set<string>()
    const languages = new Set<Language>()
    for (const p of properties) {
      const a = p.atom as Properties
      for (const n of a.byName.keys()) declared.add(n)
      for (const q of a.byPattern) languages.add(q.language)
    }
    for (const n of names) declared.add(n)
    this.declared = [...declared]
    this.languages = [...languages]
    this.place = new Map(this.declared.map((n, i) => [n, i]))
    if (this.languages.length === 0) {
      this.openClass([])
      this.openSizes = [Infinity]
    }
  }

  private openClass(bits: boolean[]): number {
    const key = bits.map(Number).join('')
    let id = this.classIds.get(key)
    if (id === undefined) {
      id = this.declared.length + this.openBits.length
      this.classIds.set(key, id)
      this.openBits.push(bits)
    }
    return id
  }

  classOf(name: string): number {
    return this.place.get(name) ?? this.openClass(this.languages.map((l) => matches(l, name)))
  }

  declares(name: string): boolean {
    return this.place.has(name)
  }

  isDeclared(cls: number): boolean {
    return cls < this.declared.length
  }

  /** How many names a class has. */
  sizes(): readonly number[] {
    if (!this.openSizes) {
      const census = this.machine(() => true, []).census(100_000)
      this.openSizes = this.openBits.map((_, i) => census.get(this.declared.length + i) ?? 0)
    }
    return this.openSizes
  }

  get classes(): number {
    return this.declared.length + this.sizes().length
  }

  size(cls: number): number {
    return this.isDeclared(cls) ? 1 : this.sizes()[cls - this.declared.length]!
  }

  /** What a property assertion asks of the value under a name of that class. */
  child(p: Expr, cls: number): Expr {
    let known = this.children.get(p)
    if (!known) {
      known = []
      this.children.set(p, known)
    }
    known[cls] ??= this.makeChild(p, cls)
    return known[cls]
  }

  private makeChild(p: Expr, cls: number): Expr {
    const a = p.atom as Properties
    const { store } = this.shop
    const parts: Expr[] = []
    let named = false
    let bits: readonly boolean[]
    if (this.isDeclared(cls)) {
      const name = this.declared[cls]!
      const own = a.byName.get(name)
      if (own) {
        named = true
        parts.push(own)
      }
      bits = a.byPattern.length === 0 ? [] : this.declaredBits(cls, name)
    } else bits = this.openBits[cls - this.declared.length]!
    for (const q of a.byPattern) {
      if (!bits[this.languages.indexOf(q.language)]) continue
      named = true
      parts.push(q.value)
    }
    return named ? store.and(store.yes, ...parts) : a.rest
  }

  private declaredBits(cls: number, name: string): boolean[] {
    let bits = this.bitsOfDeclared[cls]
    if (!bits) {
      bits = this.languages.map((l) => matches(l, name))
      this.bitsOfDeclared[cls] = bits
    }
    return bits
  }

  /** A machine over names whose result is the class, for the classes that `allow` lets through. */
  machine(allow: (cls: number) => boolean, excluded: readonly string[]): StringMachine {
    this.names ??= new StringSetLanguage(this.shop.languageId(), this.declared)
    const trie = this.names
    const languages: Language[] = [trie, ...this.languages]
    if (excluded.length > 0) languages.push(new StringSetLanguage(this.shop.languageId(), excluded))
    const n = this.languages.length
    return new StringMachine(
      languages,
      languages.map(() => false),
      (s) => {
        if (excluded.length > 0 && s[n + 1] !== dead && languages[n + 1]!.accepts(s[n + 1]!)) return -1
        const own = s[0] === dead ? -1 : trie.index(s[0]!)
        const cls =
          own >= 0
            ? own
            : this.openClass(
                Array.from({ length: n }, (_, i) => s[i + 1] !== dead && this.languages[i]!.accepts(s[i + 1]!)),
              )
        return allow(cls) ? cls : -1
      },
      this.shop.budget,
    )
  }
}

/** Key spaces by what they are made of. A space that declares more names than asked serves as well. */
export class KeySpaces {
  private readonly known = new Map<string, KeySpace[]>()
  private readonly shop: Workshop

  constructor(shop: Workshop) {
    this.shop = shop
  }

  of(properties: readonly Expr[], names: readonly string[]): KeySpace {
    const key = properties
      .map((p) => p.id)
      .sort((a, b) => a - b)
      .join()
    let list = this.known.get(key)
    if (!list) {
      list = []
      this.known.set(key, list)
    }
    for (const s of list) if (names.every((n) => s.declares(n))) return s
    const made = new KeySpace(properties, names, this.shop)
    list.unshift(made)
    return made
  }
}
