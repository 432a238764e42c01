import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Exchange, WireAnswer, WireRequest } from '../../payments/index.ts'

/** A simulated channel without sockets: a request in, an answer out; null where the connection is lost instead. */
export type WireHandler = (request: WireRequest) => Promise<WireAnswer | null>

export interface WireServer {
  readonly url: string
  readonly close: () => Promise<void>
}

const maxBodyBytes = 1_048_576

/** The handler behind real HTTP. Port 0 picks a free one. */
export async function startWireServer (handle: WireHandler, { host, port }: { readonly host: string, readonly port: number }): Promise<WireServer> {
  const server = createServer((request, response) => { void serve(handle, request, response) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, host, resolve) })
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => {
      server.close(() => { resolve() })
      server.closeAllConnections()
    })
  }
}

/** For whoever calls the handler in process, e.g. a simulated year. */
export function inProcess (handle: WireHandler): Exchange {
  return async (request) => {
    const answer = await handle(request)
    if (answer === null) throw new Error('the connection was lost')
    return answer
  }
}

async function serve (handle: WireHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request)
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value ?? '']))
    const answer = await handle({ method: request.method === 'GET' ? 'GET' : 'POST', url: `http://${request.headers.host ?? 'simulator'}${request.url ?? '/'}`, headers, body: body === '' ? null : body })
    if (answer === null) request.destroy()
    else response.writeHead(answer.status, answer.headers).end(answer.body)
  } catch {
    // The caller went away in the middle of its request; there is nobody left to answer.
    request.destroy()
  }
}

async function readBody (request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw new Error('too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

