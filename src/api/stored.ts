// Answers that are kept for later requests: in memory, and with a bound. Knows no request.

import type { Item } from './responses/items.ts'

/** The oldest answers go when there are more. */
const MAX_ENTRIES = 1000
/** Of all that is kept, as JSON. */
const MAX_CHARACTERS = 2 ** 24

export interface StoredResponse {
  /** The body as it is now. */
  readonly response: {
    readonly id: string
    readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled'
    readonly output: readonly Item[]
  }
  /** The whole conversation before the answer. */
  readonly input: readonly Item[]
  /** Ends it where it still runs. */
  cancel(): void
}

export interface StoredCompletion {
  readonly completion: { readonly id: string; readonly model: string; readonly metadata: Metadata }
  readonly messages: readonly object[]
}

export type Metadata = Readonly<Record<string, string>>

export interface Stored {
  readonly responses: BoundedStore<StoredResponse>
  readonly completions: BoundedStore<StoredCompletion>
}

export function createStored(): Stored {
  return {
    responses: new BoundedStore(MAX_ENTRIES, MAX_CHARACTERS),
    completions: new BoundedStore(MAX_ENTRIES, MAX_CHARACTERS),
  }
}

/** Values by id, in the order in which they came. */
export class BoundedStore<T> {
  readonly #maxEntries: number
  readonly #maxCharacters: number
  readonly #entries = new Map<string, { readonly value: T; readonly size: number }>()
  #size = 0

  constructor(maxEntries: number, maxCharacters: number) {
    this.#maxEntries = maxEntries
    this.#maxCharacters = maxCharacters
  }

  get(id: string): T | undefined {
    return this.#entries.get(id)?.value
  }

  /** Oldest first. */
  values(): T[] {
    return Array.from(this.#entries.values(), ({ value }) => value)
  }

  /** An id that is there keeps its place. A value larger than all there is room for is not kept. */
  set(id: string, value: T): void {
    const size = JSON.stringify(value).length
    this.#size += size - (this.#entries.get(id)?.size ?? 0)
    this.#entries.set(id, { value, size })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#size <= this.#maxCharacters) return
      this.delete(oldest)
    }
  }

  delete(id: string): boolean {
    this.#size -= this.#entries.get(id)?.size ?? 0
    return this.#entries.delete(id)
  }
}
