// The form that calls are held to: from a dialect's layout and the functions that may be called to text with held parts. Knows
// no request field.

import type { CompileOptions, ConstraintSpec, Tag, TagPart } from '../../constraint/index.ts'
import type { Dialect, Layout } from '../dialects/dialect.ts'
import type { ReasoningTags } from '../dialects/reasoning.ts'
import { type AskedConstraint, PLAIN } from '../fields/constraint.ts'
import type { Callable, ToolPlan } from './plan.ts'

type Part = TagPart<ConstraintSpec>

export interface Thinking extends ReasoningTags {
  /** The prompt ended within thinking text. */
  readonly inside: boolean
}

/** White space as JSON has it, and readers of replies. */
const SPACE = '[ \\t\\r\\n]'

/** What a reply with tools is held to, beside what it is held to without. */
export function heldCalls(
  plan: ToolPlan,
  dialect: Dialect,
  asked: AskedConstraint | undefined,
  thinking: Thinking | undefined,
): AskedConstraint {
  const options: CompileOptions = { ...PLAIN, ...(dialect.layout.compact && { whitespace: 'compact' }) }
  return { options, param: 'tools', ...asked, spec: replyForm(plan, dialect, asked?.spec, thinking) }
}

/**
 * Calls, from the first character on where the plan wants them; else any text, held from where a call begins.
 * @param text what the reply is held to where it is no call; free unless told
 * @param thinking what the model may think before it answers, or must where its prompt began with it
 */
export function replyForm(
  plan: ToolPlan,
  dialect: Dialect,
  text?: ConstraintSpec,
  thinking?: Thinking,
): ConstraintSpec {
  const { layout } = dialect
  const call: Tag<ConstraintSpec> = { begin: layout.before, content: named(plan.callable, layout), end: layout.after }
  const free = !plan.must && !text
  const answer = free
    ? maybe(call, dialect, plan, thinking?.inside ? undefined : thinking)
    : text && !plan.must
      ? either({ k: 'content', content: text }, calls(call, layout, plan))
      : calls(call, layout, plan)
  if (!thinking?.inside) return { kind: 'structuralTag', part: answer }
  // Free text may begin with white space by itself.
  const spaced: Part = { k: 'sequence', parts: [regex(`${SPACE}{0,2}`), answer] }
  return { kind: 'structuralTag', part: after(thinking.close, free ? answer : spaced, true) }
}

function calls(call: Tag<ConstraintSpec>, { open, separator, close = '' }: Layout, { parallel }: ToolPlan): Part {
  const list: Part = { k: 'separated', tags: [call], separator, atLeastOne: true, stopAfterFirst: !parallel }
  return open === undefined ? list : { k: 'tag', begin: open, content: list, end: close }
}

/** Any text, in which a call is one. */
function maybe(call: Tag<ConstraintSpec>, dialect: Dialect, plan: ToolPlan, thinking?: ReasoningTags): Part {
  const { layout, trigger, starts = [] } = dialect
  if (trigger === undefined) return startsOrText(call, layout, plan, starts, thinking)
  const { open, close = '' } = layout
  // Where calls are a list nothing follows it; where each has its trigger, text may stand between.
  const tag =
    open === undefined ? call : { begin: open, content: calls(call, { ...layout, open: undefined }, plan), end: close }
  const stopAfterFirst = open !== undefined || !plan.parallel
  const answer: Part = { k: 'triggered', triggers: [trigger], tags: [tag], stopAfterFirst }
  // A call in thinking text is only in the way where nothing may follow it; else it is let be, for either way is dear to walk.
  return thinking && stopAfterFirst ? either(answer, thought(thinking, answer)) : answer
}

/** Calls from the start of the reply on, or text that does not begin as one. */
function startsOrText(
  call: Tag<ConstraintSpec>,
  layout: Layout,
  plan: ToolPlan,
  starts: readonly string[],
  thinking: ReasoningTags | undefined,
): Part {
  const begin = regex(`${SPACE}*(?:${starts.map(pattern).join('|')})`)
  const any: Tag<ConstraintSpec> = {
    begin: '',
    content: { k: 'sequence', parts: [begin, call.content] },
    end: call.end,
  }
  const called = calls(any, layout, plan)
  const answer = (words: readonly string[]) => either(called, regex(otherwise(words)))
  if (!thinking) return answer(starts)
  return either(answer([...starts, thinking.open]), thought(thinking, answer(starts)))
}

/** Thinking text, after which the answer comes. */
function thought({ open, close }: ReasoningTags, answer: Part): Part {
  return {
    k: 'sequence',
    parts: [regex(`${SPACE}*`), { k: 'tag', begin: open, content: after(close, answer, false), end: '' }],
  }
}

/** Any text up to `close`, then the answer. */
function after(close: string, answer: Part, atLeastOne: boolean): Part {
  const tags = [{ begin: close, content: answer, end: '' }]
  return { k: 'triggered', triggers: [close], tags, atLeastOne, stopAfterFirst: true }
}

/** A function's name and what follows it up to the end of its arguments; equal beginnings of names are walked once. */
function named(callable: readonly Callable[], { between }: Layout): Part {
  const rest = (at: number, group: readonly Callable[]): Part => {
    const [{ name, schema }] = group as [Callable]
    if (group.length === 1) {
      const content: Part = { k: 'content', content: { kind: 'jsonSchema', schema } }
      return { k: 'sequence', parts: [{ k: 'literal', text: name.slice(at) + between }, content] }
    }
    let end = at
    while (group.every((other) => end < other.name.length && other.name[end] === name[end])) end++
    const parts = [...new Set(group.map((other) => other.name.charAt(end)))].map((character) =>
      rest(
        end,
        group.filter((other) => other.name.charAt(end) === character),
      ),
    )
    return {
      k: 'sequence',
      parts: [
        { k: 'literal', text: name.slice(at, end) },
        { k: 'choice', parts },
      ],
    }
  }
  return rest(0, callable)
}

function either(...parts: readonly Part[]): Part {
  return { k: 'choice', parts }
}

function regex(source: string): Part {
  return { k: 'content', content: { kind: 'regex', regex: source } }
}

/**
 * A regular expression of all texts that do not begin as one of the words does. A space in a word stands for any white space or
 * none, and there may be some before it.
 */
export function otherwise(words: readonly string[]): string {
  const nexts = new Map<string, Set<string>>()
  for (const word of words)
    for (let at = 0; at < word.length; at++) {
      const before = word.slice(0, at)
      nexts.set(before, (nexts.get(before) ?? new Set()).add(word[at]!))
    }
  const turns = [...nexts].map(([before, next]) => {
    const spaced = before.endsWith(' ')
    const beyond = next.has(' ') ? nexts.get(`${before} `)! : []
    const known = new Set([...next, ...beyond])
    const space = known.delete(' ') || spaced || before === '' ? ' \\t\\r\\n' : ''
    // Where no white space came, the place before it tells what else may.
    const head = spaced ? `${pattern(before.trimEnd())}${SPACE}+` : pattern(before)
    return `${head}[^${space}${[...known].map(escaped).join('')}]`
  })
  const ends = [...nexts.keys()].map(pattern)
  return `${SPACE}*(?:${ends.join('|')}|(?:${turns.join('|')})[\\s\\S]*)`
}

/** A text in which a space stands for any white space or none, as a regular expression. */
function pattern(text: string): string {
  return escaped(text).replaceAll(' ', `${SPACE}*`)
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
