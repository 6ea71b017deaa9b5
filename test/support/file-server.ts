// An HTTP server of files that can misbehave in the ways servers do. Node only.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Misbehaviour {
  /** Answers without looking at Range. */
  readonly ignoreRanges?: boolean
  /** Closes the connection after that many bytes of a body. */
  readonly breakAfter?: number
  /** Sends no more after that many bytes of a body, and leaves the connection open. */
  readonly stallAfter?: number
  /** Sends so many bytes at a time, 20 ms apart. */
  readonly throttle?: number
  /** Answers with that status. */
  readonly status?: number
  /** Answers with that JSON. */
  readonly json?: unknown
  /** Answers every path with this HTML page. */
  readonly page?: string
  /** Leaves out Content-Length. */
  readonly chunked?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** Changes the body of an answer. */
  readonly body?: (bytes: Uint8Array, range: readonly [number, number] | undefined) => Uint8Array
}

export interface FileServer {
  readonly url: string
  /** One entry a request: path and Range header. */
  readonly requests: { readonly path: string; readonly range: string | undefined }[]
  /** Bytes of bodies handed to sockets. */
  sent: number
  /** Asked for every request, with how many came before for that path. */
  misbehave: (path: string, earlier: number) => Misbehaviour
  close(): Promise<void>
}

export async function fileServer(files: ReadonlyMap<string, Uint8Array>): Promise<FileServer> {
  const http = createServer((request, response) => answer(files, server, request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: FileServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests: [],
    sent: 0,
    misbehave: () => ({}),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
  return server
}

function answer(
  files: ReadonlyMap<string, Uint8Array>,
  server: FileServer,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const path = decodeURIComponent(new URL(request.url!, server.url).pathname).slice(1)
  const earlier = server.requests.filter((other) => other.path === path).length
  server.requests.push({ path, range: request.headers.range })
  const misbehaviour = server.misbehave(path, earlier)
  const { ignoreRanges, breakAfter, stallAfter, throttle, status, json, page, chunked, headers, body } = misbehaviour
  if (status) return response.writeHead(status, headers).end('a message')
  if (json !== undefined)
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json))
  if (page) return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  const file = files.get(path.split('/').at(-1)!)
  if (!file) return response.writeHead(404).end('not found')

  const match = ignoreRanges ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = match ? Number(match[1]) : 0
  const end = match?.[2] ? Math.min(Number(match[2]) + 1, file.length) : file.length
  if (match && start >= file.length) return response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
  const slice = file.subarray(start, end)
  const bytes = body ? body(slice, match ? [start, end] : undefined) : slice
  response.writeHead(match ? 206 : 200, {
    'content-type': 'application/octet-stream',
    etag: `"${createHash('sha1').update(file).digest('hex')}"`,
    ...(chunked ? {} : { 'content-length': String(bytes.length) }),
    ...(match ? { 'content-range': `bytes ${start}-${end - 1}/${file.length}` } : {}),
    ...headers,
  })
  const most = Math.min(breakAfter ?? bytes.length, stallAfter ?? bytes.length)
  if (throttle) return drip(server, response, bytes, throttle)
  if (most >= bytes.length) {
    server.sent += bytes.length
    return response.end(bytes)
  }
  server.sent += most
  return response.write(bytes.subarray(0, most), () => {
    if (breakAfter !== undefined) response.destroy()
  })
}

async function drip(server: FileServer, response: ServerResponse, bytes: Uint8Array, throttle: number): Promise<void> {
  for (let at = 0; at < bytes.length && !response.destroyed; at += throttle) {
    const piece = bytes.subarray(at, at + throttle)
    server.sent += piece.length
    response.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  response.end()
}
