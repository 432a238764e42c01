/** Puts one client through one case of test/contracts/mllp-client.ts: `client-case.ts CLIENT CASE`. A client may freeze its process, so each case has its own. */
import { mllpClient } from '../../adapters/mllp/index.ts'
import { runClientCase, type OpenClient } from '../contracts/mllp-client.ts'
import { loadPeer } from './peers.ts'

interface Connection {
  readonly sendMessage: (message: unknown) => Promise<void>
  readonly close: () => Promise<void>
  readonly on: (event: string, listener: (error: unknown) => void) => void
}
interface Answer { readonly getMessage: () => { readonly get: (path: string) => { readonly toString: () => string } } }
interface NodeHl7Client {
  readonly Client: new (options: { readonly host: string, readonly version: string }) => { readonly createConnection: (options: { readonly port: number, readonly waitAck: boolean }, handler: (answer: Answer) => void) => Connection }
  readonly Message: new (options: { readonly text: string }) => unknown
}

const ours: OpenClient = (at) => mllpClient({ ...at, tls: null, clock: { now: () => new Date() } })

/** As its documentation shows it. What it does not do by itself, such as giving up, is not done for it. */
async function nodeHl7Client (waitAck: boolean): Promise<OpenClient> {
  const peer = await loadPeer<NodeHl7Client & { readonly default: NodeHl7Client['Client'] }>('node-hl7-client')
  if (peer === null) throw new Error('node-hl7-client is not installed: npm ci --prefix test/bench')
  const Client = peer.Client ?? peer.default
  return ({ host, port }) => {
    const waiting = new Map<string, { readonly resolve: (answer: { readonly code: string }) => void, readonly reject: (error: unknown) => void }>()
    const connection = new Client({ host, version: '2.5.1' }).createConnection({ port, waitAck }, (answer) => {
      const message = answer.getMessage()
      waiting.get(message.get('MSA.2').toString())?.resolve({ code: message.get('MSA.1').toString() })
    })
    const fail = (error: unknown): void => { for (const { reject } of waiting.values()) reject(error) }
    for (const event of ['error', 'client.error', 'timeout']) connection.on(event, fail)
    return {
      send: ({ controlId, content }) => new Promise((resolve, reject) => {
        waiting.set(controlId, { resolve, reject })
        connection.sendMessage(new peer.Message({ text: Buffer.from(content).toString('utf8') })).catch(reject)
      }),
      close: async () => { await connection.close().catch(() => undefined) }
    }
  }
}

const clients: Readonly<Record<string, () => Promise<OpenClient>>> = {
  ours: async () => ours,
  'node-hl7-client': () => nodeHl7Client(true),
  'node-hl7-client, waitAck off': () => nodeHl7Client(false)
}

const [client = '', name = ''] = process.argv.slice(2)
try {
  const open = await clients[client]?.()
  if (open === undefined) throw new Error(`no client ${client}`)
  await runClientCase(name, open)
  process.stdout.write('passed\n')
  process.exit(0)
} catch (error) {
  process.stdout.write(`failed: ${error instanceof Error ? error.message.split('\n')[0] ?? '' : 'not an error'}\n`)
  process.exit(1)
}
