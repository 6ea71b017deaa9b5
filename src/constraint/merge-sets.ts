// Sets of values under "and" and "or", some of them excluded, as few sets as possible. Knows nothing of expressions.

type Merged = [set: ReadonlySet<string>, negate: boolean][]

/** Several sets that must hold one by one ("and") or one of which must ("or"), some of them excluded, as one or two sets. */
export function mergeSets(
  k: 'and' | 'or',
  inside: ReadonlySet<string>[],
  outside: ReadonlySet<string>[],
  mix: boolean,
): Merged {
  const join = (sets: ReadonlySet<string>[], all: boolean): Set<string> => {
    if (all) return new Set(sets.flatMap((s) => [...s]))
    return new Set([...sets[0]!].filter((v) => sets.every((s) => s.has(v))))
  }
  const yes = inside.length > 0 ? join(inside, k === 'or') : null
  const no = outside.length > 0 ? join(outside, k === 'and') : null
  if (!mix || !yes || !no)
    return [
      ...(yes ? [[yes, false] as [Set<string>, boolean]] : []),
      ...(no ? [[no, true] as [Set<string>, boolean]] : []),
    ]
  const [from, less, negate] = k === 'and' ? [yes, no, false] : [no, yes, true]
  return [[new Set([...from].filter((v) => !less.has(v))), negate]]
}
