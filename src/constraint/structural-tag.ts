// Text with held parts in it: literal pieces, free text, tags around constrained content, tags entered when a trigger appears in
// free text (tool calls). Parts compile to small nodes that a set of threads walks. Knows nothing of any wire format.

import type { Engine } from './engine.ts'
import { ConstraintError } from './errors.ts'

export type Tag<Content> = { readonly begin: string; readonly content: TagPart<Content>; readonly end: string }

export type TagPart<Content> =
  | { readonly k: 'literal'; readonly text: string }
  | { readonly k: 'content'; readonly content: Content }
  | { readonly k: 'free' }
  | { readonly k: 'sequence'; readonly parts: readonly TagPart<Content>[] }
  | { readonly k: 'choice'; readonly parts: readonly TagPart<Content>[] }
  | ({ readonly k: 'tag' } & Tag<Content>)
  /** Free text in which a trigger must go on as one of the tags that begin with it. */
  | {
      readonly k: 'triggered'
      readonly triggers: readonly string[]
      readonly tags: readonly Tag<Content>[]
      readonly atLeastOne?: boolean
      readonly stopAfterFirst?: boolean
    }
  | {
      readonly k: 'separated'
      readonly tags: readonly Tag<Content>[]
      readonly separator: string
      readonly atLeastOne?: boolean
      readonly stopAfterFirst?: boolean
    }

/** A part made ready: ids tell nodes apart, so that equal thread sets are found again. */
export type TagNode = { readonly id: number } & (
  | { readonly k: 'literal'; readonly bytes: Uint8Array }
  | { readonly k: 'content'; readonly engine: Engine }
  | { readonly k: 'sequence'; readonly nodes: readonly TagNode[] }
  | { readonly k: 'choice'; readonly nodes: readonly TagNode[] }
  | Watch
  /** `again` after every item; may end at once where `mayEnd`. */
  | { readonly k: 'list'; readonly mayEnd: boolean; readonly first: TagNode; again: TagNode | null }
)

/** Free text, watched for triggers; without any it is just free text. */
export type Watch = {
  readonly k: 'watch'
  /** Rows of 256 next states of the trigger automaton. */
  readonly rows: readonly Int32Array[]
  /** By state: what a completed trigger goes on with. */
  readonly hits: readonly (TagNode | null)[]
  readonly mayEnd: boolean
  /** What follows a completed tag: the same watch, satisfied; null for what comes after all. */
  after: TagNode | null
}

const encoder = new TextEncoder()

export class TagCompiler<Content> {
  private count = 0
  private readonly open: (content: Content) => Engine | TagPart<Content>

  /** `open`: what walks a content, or the parts it is made of itself. */
  constructor(open: (content: Content) => Engine | TagPart<Content>) {
    this.open = open
  }

  private literal(text: string | Uint8Array): TagNode {
    return { id: this.count++, k: 'literal', bytes: typeof text === 'string' ? encoder.encode(text) : text }
  }

  private sequence(...nodes: TagNode[]): TagNode {
    return { id: this.count++, k: 'sequence', nodes }
  }

  private choice(nodes: readonly TagNode[]): TagNode {
    return { id: this.count++, k: 'choice', nodes }
  }

  private tag(t: Tag<Content>, skip: number): TagNode {
    return this.sequence(
      this.literal(encoder.encode(t.begin).subarray(skip)),
      this.compile(t.content),
      this.literal(t.end),
    )
  }

  compile(part: TagPart<Content>): TagNode {
    switch (part.k) {
      case 'literal':
        return this.literal(part.text)
      case 'content': {
        const inside = this.open(part.content)
        return 'k' in inside ? this.compile(inside) : { id: this.count++, k: 'content', engine: inside }
      }
      case 'free':
        return { id: this.count++, k: 'watch', rows: [new Int32Array(256)], hits: [null], mayEnd: true, after: null }
      case 'sequence':
        return this.sequence(...part.parts.map((p) => this.compile(p)))
      case 'choice':
        return this.choice(part.parts.map((p) => this.compile(p)))
      case 'tag':
        return this.tag(part, 0)
      case 'triggered':
        return this.triggered(part)
      case 'separated': {
        const tags = this.choice(part.tags.map((t) => this.tag(t, 0)))
        if (tags.k !== 'choice' || tags.nodes.length === 0) return this.refuse('no tags', part.k)
        const again: TagNode = {
          id: this.count++,
          k: 'list',
          mayEnd: true,
          first: this.sequence(this.literal(part.separator), tags),
          again: null,
        }
        again.again = again
        return {
          id: this.count++,
          k: 'list',
          mayEnd: !part.atLeastOne,
          first: tags,
          again: part.stopAfterFirst ? null : again,
        }
      }
    }
  }

  private refuse(what: string, received: string): never {
    throw new ConstraintError('invalid_grammar', `Cannot use structural tag: ${what}, received ${received}`)
  }

  private triggered(part: Extract<TagPart<Content>, { k: 'triggered' }>): TagNode {
    if (part.triggers.length === 0) this.refuse('no triggers', '[]')
    const words = part.triggers.map((t) => encoder.encode(t))
    const { rows, ends } = automaton(words)
    const goesOn = part.triggers.map((trigger, i) => {
      if (trigger === '') this.refuse('a trigger without text', '""')
      const tags = part.tags.filter((t) => t.begin.startsWith(trigger))
      if (tags.length === 0) this.refuse('a trigger that begins no tag', JSON.stringify(trigger))
      return tags.map((t) => this.tag(t, words[i]!.length))
    })
    for (const t of part.tags) {
      if (!part.triggers.some((x) => t.begin.startsWith(x)))
        this.refuse('a tag that no trigger begins', JSON.stringify(t.begin))
    }
    const hits = ends.map((list) => (list.length === 0 ? null : this.choice(list.flatMap((i) => goesOn[i]!))))
    const watch = (mayEnd: boolean): TagNode & Watch => ({
      id: this.count++,
      k: 'watch',
      rows,
      hits,
      mayEnd,
      after: null,
    })
    const first = watch(!part.atLeastOne)
    if (!part.stopAfterFirst) {
      const later = part.atLeastOne ? watch(true) : first
      later.after = later
      first.after = later
    }
    return first
  }
}

/** Aho and Corasick's automaton over bytes: rows of next states, and by state the words that end there. */
function automaton(words: readonly Uint8Array[]): { rows: Int32Array[]; ends: number[][] } {
  const rows: Int32Array[] = [new Int32Array(256)]
  const ends: number[][] = [[]]
  words.forEach((word, i) => {
    let at = 0
    for (const b of word) {
      if (rows[at]![b] === 0) {
        rows[at]![b] = rows.length
        rows.push(new Int32Array(256))
        ends.push([])
      }
      at = rows[at]![b]!
    }
    ends[at]!.push(i)
  })
  const fail = new Int32Array(rows.length)
  const queue = [...new Set(rows[0]!)].filter((s) => s !== 0)
  for (let n = 0; n < queue.length; n++) {
    const s = queue[n]!
    const back = rows[fail[s]!]!
    ends[s]!.push(...ends[fail[s]!]!)
    for (let b = 0; b < 256; b++) {
      const to = rows[s]![b]!
      if (to === 0) rows[s]![b] = back[b]!
      else {
        fail[to] = back[b]!
        queue.push(to)
      }
    }
  }
  return { rows, ends }
}
