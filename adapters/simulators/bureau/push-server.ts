import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pushHeaders } from '../../credit-bureau/index.ts'
import type { ReceivedFile, FileVerdict } from './check-file.ts'

export interface PushServer {
  /** To be configured as creditFeed.creditors[].push.url. */
  readonly url: string
  readonly close: () => Promise<void>
}

const largestFileBytes = 512 * 1024 * 1024

/** Where a bureau that does not fetch has its files brought: POST /feeds/{seq}, idempotent by number. */
export async function startPushServer ({ token, receive }: { readonly token: string, readonly receive: (file: ReceivedFile) => Promise<FileVerdict> }): Promise<PushServer> {
  const server = createServer((request, response) => {
    answerTo(request, token, receive).then(({ status, body }) => { response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)) }, () => { request.destroy() })
  })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(0, '127.0.0.1', resolve) })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => closed(server) }
}

async function answerTo (request: IncomingMessage, token: string, receive: (file: ReceivedFile) => Promise<FileVerdict>): Promise<{ readonly status: number, readonly body: unknown }> {
  const seq = /^\/feeds\/(\d+)$/.exec(request.url ?? '')?.[1]
  if (request.method !== 'POST' || seq === undefined) return { status: 404, body: {} }
  if (request.headers.authorization !== `Bearer ${token}`) return { status: 401, body: {} }
  const header = (name: keyof typeof pushHeaders): string => String(request.headers[pushHeaders[name]] ?? '')
  const content = await bodyOf(request)
  if (content === null) return { status: 413, body: {} }
  const verdict = await receive({
    creditor: header('creditor'), seq: Number(seq), content, manifest: Buffer.from(header('manifest'), 'base64url'), signature: Buffer.from(header('signature'), 'base64url'), keyId: header('keyId')
  })
  return { status: statusOf(verdict), body: verdict }
}

/** A gap passes by itself when the file before has come; what is damaged may come whole; other bytes never will. */
function statusOf (verdict: FileVerdict): number {
  if (verdict.kind !== 'rejected') return 202
  if (verdict.code === 'OTHER_BYTES') return 409
  return verdict.code === 'GAP' ? 503 : 422
}

async function bodyOf (request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestFileBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function closed (server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => { resolve() })
    server.closeAllConnections()
  })
}
