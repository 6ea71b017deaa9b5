// Puts an engine in front of the platform's own fetch, for code whose fetch cannot be given. Knows URLs; knows no route.

export interface InstallFetchOptions {
  /**
   * Which requests the engine answers: those below an address (a relative one is below the page's), those whose whole
   * address an expression finds, or those a function takes. Left out: those for https://api.openai.com and http://infetch.
   */
  readonly match?: string | RegExp | ((url: URL) => boolean)
}

const DEFAULT_ORIGINS: readonly string[] = ['https://api.openai.com', 'http://infetch']

/** What our functions know of themselves, so that undoing one finds the next that still holds. */
const beneath = Symbol('infetch: the fetch beneath one that was undone')
type Fetch = typeof fetch & { [beneath]?: typeof fetch }

/**
 * Requests that match are answered by the engine, all others by the fetch that was there before, with the very arguments
 * they came with. Several may lie on each other, the last one asked first, and be undone in any order.
 * @returns what undoes it; a second call does nothing
 */
export function installFetch(
  engine: { readonly fetch: typeof fetch },
  { match }: InstallFetchOptions = {},
): () => void {
  const matches = matcher(match)
  const before = globalThis.fetch
  let installed = true
  const ours: Fetch = (...args) => {
    const url = installed ? addressOf(args[0]) : undefined
    return url && matches(url) ? engine.fetch(...args) : Reflect.apply(before, globalThis, args)
  }
  globalThis.fetch = ours
  return () => {
    installed = false
    ours[beneath] = before
    // One that lies on another cannot be taken out: it lets everything through until those above it are gone.
    for (let top: Fetch = globalThis.fetch; top[beneath]; top = top[beneath]) globalThis.fetch = top[beneath]
  }
}

function matcher(match: InstallFetchOptions['match']): (url: URL) => boolean {
  if (match === undefined) return ({ origin }) => DEFAULT_ORIGINS.includes(origin)
  if (typeof match === 'function') return match
  if (typeof match !== 'string') return ({ href }) => href.search(match) >= 0
  const below = parse(match)
  if (!below) throw new TypeError(`Cannot install fetch: match is no address, received ${match}`)
  const folder = below.pathname.replace(/\/$/, '')
  return ({ origin, pathname }) => origin === below.origin && (pathname === folder || pathname.startsWith(`${folder}/`))
}

/** undefined for what is no address: whoever is asked next says so. */
function addressOf(input: RequestInfo | URL): URL | undefined {
  return parse(typeof input === 'object' && 'url' in input ? input.url : String(input))
}

function parse(address: string): URL | undefined {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href
  return URL.canParse(address, base) ? new URL(address, base) : undefined
}
