// Walks structural tags: a state is a set of threads, each somewhere in one part with the parts that follow it. Where a single
// thread is inside a JSON container or in free text, the byte table is walked directly. Knows nothing of what the parts mean.

import { type Engine, State, stepByte } from './engine.ts'
import { JsonEngine } from './json-engine.ts'
import { Frame } from './json-frames.ts'
import { event, type LexOwner, type LexTable } from './lex-table.ts'
import type { TagNode, Watch } from './structural-tag.ts'

type Rest = { readonly node: TagNode; readonly next: Rest | null; readonly id: number }
type Thread =
  | {
      readonly k: 'literal'
      readonly node: TagNode & { k: 'literal' }
      readonly at: number
      readonly rest: Rest | null
    }
  | {
      readonly k: 'content'
      readonly node: TagNode & { k: 'content' }
      readonly state: State
      readonly rest: Rest | null
    }
  | { readonly k: 'watch'; readonly node: TagNode & Watch; readonly at: number; readonly rest: Rest | null }
type Place = { readonly threads: readonly Thread[]; readonly accepting: boolean }

const maxThreads = 64
const maxStates = 20_000

/** Every byte is the engine's business. */
const asking: LexOwner = { next: () => event }

/** Free text: rows of the trigger automaton, a completed trigger an event. */
class WatchLexer implements LexOwner {
  private readonly lexes: number[] = []
  private readonly watch: Watch
  private readonly table: LexTable

  constructor(watch: Watch, table: LexTable) {
    this.watch = watch
    this.table = table
  }

  lex(at: number): number {
    this.lexes[at] ??= this.table.add(this, at)
    return this.lexes[at]
  }

  next(at: number, byte: number): number {
    const to = this.watch.rows[at]![byte]!
    return this.watch.hits[to] ? event : this.lex(to)
  }
}

export class TagEngine implements Engine {
  readonly name = 'tags'
  readonly table: LexTable
  private readonly root: TagNode
  private readonly ask: number
  private readonly rests = new Map<string, Rest>()
  private readonly lexers = new Map<TagNode, WatchLexer>()
  private states = new Map<string, State>()
  private readonly ids = new WeakMap<State, number>()
  private count = 0

  constructor(root: TagNode, table: LexTable) {
    this.root = root
    this.table = table
    this.ask = table.add(asking, 0)
  }

  start(): State | null {
    return this.state(...this.enter(this.root, null))
  }

  private rest(node: TagNode, next: Rest | null): Rest {
    const key = `${node.id},${next?.id ?? ''}`
    let r = this.rests.get(key)
    if (!r) {
      r = { node, next, id: this.rests.size }
      this.rests.set(key, r)
    }
    return r
  }

  /** The threads at the start of a part, and whether all may be over. */
  private enter(node: TagNode, rest: Rest | null): [Thread[], boolean] {
    switch (node.k) {
      case 'literal':
        return node.bytes.length === 0 ? this.leave(rest) : [[{ k: 'literal', node, at: 0, rest }], false]
      case 'content': {
        const state = node.engine.start()
        return state ? this.inside(node, state, rest) : [[], false]
      }
      case 'sequence': {
        let all = rest
        for (let i = node.nodes.length - 1; i > 0; i--) all = this.rest(node.nodes[i]!, all)
        return node.nodes.length === 0 ? this.leave(rest) : this.enter(node.nodes[0]!, all)
      }
      case 'choice':
        return join(node.nodes.map((n) => this.enter(n, rest)))
      case 'watch': {
        const here: [Thread[], boolean] = [[{ k: 'watch', node, at: 0, rest }], false]
        return node.mayEnd ? join([here, this.leave(rest)]) : here
      }
      case 'list': {
        const item = this.enter(node.first, node.again ? this.rest(node.again, rest) : rest)
        return node.mayEnd ? join([item, this.leave(rest)]) : item
      }
    }
  }

  private leave(rest: Rest | null): [Thread[], boolean] {
    return rest ? this.enter(rest.node, rest.next) : [[], true]
  }

  private inside(node: TagNode & { k: 'content' }, state: State, rest: Rest | null): [Thread[], boolean] {
    const here: [Thread[], boolean] = [[{ k: 'content', node, state, rest }], false]
    return node.engine.accepts(state) ? join([here, this.leave(rest)]) : here
  }

  private step(t: Thread, byte: number): [Thread[], boolean] {
    switch (t.k) {
      case 'literal':
        if (t.node.bytes[t.at] !== byte) return [[], false]
        return t.at + 1 === t.node.bytes.length ? this.leave(t.rest) : [[{ ...t, at: t.at + 1 }], false]
      case 'content': {
        const state = stepByte(t.node.engine, t.state, byte)
        return state ? this.inside(t.node, state, t.rest) : [[], false]
      }
      case 'watch': {
        const at = t.node.rows[t.at]![byte]!
        const hit = t.node.hits[at]
        if (hit) return this.enter(hit, t.node.after ? this.rest(t.node.after, t.rest) : t.rest)
        const here: [Thread[], boolean] = [[{ ...t, at }], false]
        return t.node.mayEnd ? join([here, this.leave(t.rest)]) : here
      }
    }
  }

  /** The constraints a state is in the middle of. */
  contents(s: State): Engine[] {
    return (s.context as Place).threads.flatMap((t) => (t.k === 'content' ? [t.node.engine] : []))
  }

  /**
   * For packers: whether that byte opens a JSON container, which then is all that goes on here, and where its end leads.
   * 'mixed' where something else goes on too.
   */
  opening(s: State, byte: number): { engine: JsonEngine; after: State } | 'mixed' | null {
    const { threads } = s.context as Place
    const to = threads.map((t) => this.step(t, byte)[0])
    const opened = to.map((list) =>
      list.some((t) => t.k === 'content' && t.state.context instanceof Frame && t.state.context.kind !== 'root'),
    )
    if (!opened.includes(true)) return null
    const t = threads[opened.indexOf(true)]!
    if (t.k !== 'content' || !(t.node.engine instanceof JsonEngine) || to.flat().length > 1) return 'mixed'
    return { engine: t.node.engine, after: this.state(...this.inside(t.node, t.node.engine.done(t.state), t.rest))! }
  }

  private idOf(s: State): number {
    let id = this.ids.get(s)
    if (id === undefined) {
      id = this.count++
      this.ids.set(s, id)
    }
    return id
  }

  private state(threads: readonly Thread[], accepting: boolean): State | null {
    if (threads.length === 0 && !accepting) return null
    const byKey = new Map<string, Thread>()
    for (const t of threads) {
      byKey.set(`${t.k[0]}${t.node.id},${t.k === 'content' ? this.idOf(t.state) : t.at},${t.rest?.id ?? ''}`, t)
    }
    const kept = [...byKey.values()].slice(0, maxThreads)
    const key = `${[...byKey.keys()].sort().join(' ')}|${accepting}`
    let s = this.states.get(key)
    if (!s) {
      if (this.states.size > maxStates) this.states = new Map()
      s = new State({ threads: kept, accepting } satisfies Place, this.direct(kept, accepting), null)
      this.states.set(key, s)
    }
    return s
  }

  /** The byte table's own state where one thread alone can be walked in it. */
  private direct(threads: readonly Thread[], accepting: boolean): number {
    const t = threads[0]
    if (threads.length !== 1 || !t) return this.ask
    if (t.k === 'watch' && t.node.mayEnd === accepting && (t.rest === null || !t.node.mayEnd)) {
      let lexer = this.lexers.get(t.node)
      if (!lexer) {
        lexer = new WatchLexer(t.node, this.table)
        this.lexers.set(t.node, lexer)
      }
      return lexer.lex(t.at)
    }
    if (t.k === 'content' && t.node.engine.table === this.table && t.node.engine instanceof JsonEngine) {
      return (t.state.context as Frame).kind !== 'root' && !accepting ? t.state.lex : this.ask
    }
    return this.ask
  }

  event(base: State, lex: number, byte: number, path: Uint8Array, from: number, to: number): State | null {
    const place = base.context as Place
    const t = place.threads[0]
    if (lex !== this.ask && t?.k === 'content') {
      const state = t.node.engine.event(t.state, lex, byte, path, from, to)
      return state ? this.state(...this.inside(t.node, state, t.rest)) : null
    }
    const threads = lex !== this.ask && t?.k === 'watch' ? [{ ...t, at: this.table.local(lex) }] : place.threads
    return this.state(...join(threads.map((x) => this.step(x, byte))))
  }

  at(base: State, lex: number, path: Uint8Array, from: number, to: number): State {
    const t = (base.context as Place).threads[0]!
    const { accepting } = base.context as Place
    if (t.k === 'content')
      return this.state([{ ...t, state: t.node.engine.at(t.state, lex, path, from, to) }], accepting)!
    return this.state([{ ...t, at: this.table.local(lex) } as Thread], accepting)!
  }

  accepts(s: State): boolean {
    return (s.context as Place).accepting
  }
}

function join(list: readonly [Thread[], boolean][]): [Thread[], boolean] {
  return [list.flatMap(([t]) => t), list.some(([, ok]) => ok)]
}
