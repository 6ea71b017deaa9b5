// One listener a signal, however many requests it ends: Node warns of more than ten as of a leak.

export class AbortListeners {
  readonly #signals = new Map<AbortSignal, { readonly all: Set<() => void>; readonly listener: () => void }>()

  /** Calls `listener` when the signal is aborted, until the returned function is called. */
  add(signal: AbortSignal | undefined, listener: () => void): () => void {
    if (!signal) return () => {}
    const entry = this.#signals.get(signal) ?? this.#open(signal)
    entry.all.add(listener)
    return () => {
      entry.all.delete(listener)
      if (entry.all.size > 0) return
      this.#signals.delete(signal)
      signal.removeEventListener('abort', entry.listener)
    }
  }

  #open(signal: AbortSignal) {
    const all = new Set<() => void>()
    const entry = { all, listener: () => all.forEach((listener) => void listener()) }
    this.#signals.set(signal, entry)
    signal.addEventListener('abort', entry.listener)
    return entry
  }
}
