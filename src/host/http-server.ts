// A plain HTTP server around a fetch function: node:http in, Request and Response between. Knows no route; adds CORS.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'

export type Fetch = (input: Request) => Promise<Response>

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, x-requested-with',
  'access-control-expose-headers': 'x-request-id, openai-processing-ms, x-infetch-ignored, retry-after',
  'access-control-max-age': '86400',
}

export interface RunningServer {
  readonly port: number
  /** Stops listening, ends open connections. */
  close(): Promise<void>
}

/** @throws the listen error, such as EADDRINUSE. */
export async function serveHttp(fetch: Fetch, port: number, hostname = '127.0.0.1'): Promise<RunningServer> {
  const server = createServer((request, response) => {
    answer(fetch, request, response).catch((error) => response.destroy(error as Error))
  })
  await listen(server, port, hostname)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number, hostname: string): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed)
    server.listen(port, hostname, () => {
      server.off('error', failed)
      done()
    })
  })
}

async function answer(fetch: Fetch, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(CORS)) outgoing.setHeader(name, value)
  if (incoming.method === 'OPTIONS') {
    outgoing.writeHead(204, { allow: CORS['access-control-allow-methods'] }).end()
    return
  }
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort(new Error('Cannot answer: the client closed the connection')))
  let response: Response
  try {
    response = await fetch(toRequest(incoming, gone.signal))
  } catch (error) {
    if (gone.signal.aborted) return
    throw error
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (!response.body) {
    outgoing.end()
    return
  }
  await pump(response.body, outgoing)
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    for (const one of [value ?? []].flat()) headers.append(name, one)
  const { method = 'GET', url = '/' } = incoming
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const body = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : undefined
  return new Request(new URL(url, 'http://localhost'), { method, headers, body, signal, duplex: 'half' } as RequestInit)
}

/** Writes a body as it comes, waiting for the socket; a closed socket cancels the body. */
async function pump(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader()
  const closed = () => void reader.cancel().catch(() => {})
  outgoing.once('close', closed)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || outgoing.destroyed) break
      if (!outgoing.write(value)) await new Promise((go) => outgoing.once('drain', go).once('close', go))
    }
  } finally {
    outgoing.off('close', closed)
    outgoing.end()
  }
}
