import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openInsurer, type Insurer } from './insurer.ts'
import type { InsurerOptions } from './insurer-state.ts'

export interface InsurerServer extends Insurer {
  readonly url: string
  readonly close: () => Promise<void>
}

const maxBodyBytes = 8 * 1024 * 1024
const callbackTimeoutMs = 5_000

/** The insurer over real HTTP. `callbackUrl` is asked each time, since the server may listen later. */
export async function startInsurer ({ host, port, callbackUrl, ...options }: Omit<InsurerOptions, 'callBack'> & { readonly host: string, readonly port: number, readonly callbackUrl: () => string | null }): Promise<InsurerServer> {
  const timers = new Set<NodeJS.Timeout>()
  const insurer = openInsurer({ ...options, callBack: (body) => callBack(callbackUrl(), body) })
  const server = createServer((request, response) => { void serve(insurer, request, { response, timers }) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, host, resolve) })
  const { port: listening } = server.address() as AddressInfo
  return {
    ...insurer,
    url: `http://${host}:${listening}/fsi/api`,
    close: () => new Promise((resolve) => {
      for (const timer of timers) clearTimeout(timer)
      server.close(() => { resolve() })
      server.closeAllConnections()
    })
  }
}

/** Answers the status; 0 where nobody is there. */
async function callBack (url: string | null, body: string): Promise<number> {
  if (url === null) return 0
  try {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(callbackTimeoutMs) })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return 0
  }
}

async function serve (insurer: Insurer, request: IncomingMessage, { response, timers }: { readonly response: ServerResponse, readonly timers: Set<NodeJS.Timeout> }): Promise<void> {
  try {
    const body = await readBody(request)
    const reply = body === null || request.method !== 'POST' ? { status: 413, body: '', delayMs: 0 } : insurer.answer(body)
    if (reply === null) {
      request.destroy()
      return
    }
    const end = (): void => { response.writeHead(reply.status, { 'content-type': 'application/json; charset=utf-8' }).end(reply.body) }
    if (reply.delayMs === 0) end()
    else {
      const timer = setTimeout(() => {
        timers.delete(timer)
        end()
      }, reply.delayMs)
      timers.add(timer)
    }
  } catch {
    // The caller went away in the middle of its request; there is nobody left to answer.
    request.destroy()
  }
}

async function readBody (request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
