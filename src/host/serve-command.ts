// `infetch serve`: the fetch function behind a port. Listens at once and answers 503 while the model loads.

import type { StartingEngine } from '../create-engine.ts'
import { serveHttp } from './http-server.ts'

export interface ServeOptions {
  readonly port: number
  readonly hostname: string
}

/** Runs until SIGINT or SIGTERM. @throws when the port is taken or the model cannot be loaded. */
export async function serve(starting: StartingEngine, { port, hostname }: ServeOptions): Promise<void> {
  const server = await serveHttp(starting.fetch, port, hostname)
  const address = `http://${hostname}:${server.port}/v1`
  console.log(`infetch listens at ${address} and loads the model`)
  const stopped = new Promise<void>((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop())
  })
  try {
    const engine = await Promise.race([starting.ready, stopped])
    if (!engine) return
    const { adapter } = engine.info
    console.log(`ready: ${engine.models.map((model) => model.id).join(', ')}`)
    console.log(`on ${adapter.description || adapter.architecture}${adapter.software ? ' (a software adapter)' : ''}`)
    await stopped
    await engine.close()
  } finally {
    await server.close()
  }
}
