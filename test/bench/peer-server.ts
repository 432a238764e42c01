/** A peer's MLLP server in a process of its own: it acknowledges and stores nothing. Prints its port. */
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { loadPeer } from './peers.ts'

interface MedplumHl7 {
  readonly Hl7Server: new (handler: (connection: { readonly addEventListener: (type: 'message', listener: (event: { readonly connection: { readonly send: (message: unknown) => void }, readonly message: { readonly buildAck: () => unknown } }) => void) => void }) => void) => { readonly start: (port: number) => unknown }
}
interface SimpleHl7 {
  readonly default: { readonly tcp: () => { readonly use: (handler: (request: unknown, response: { readonly end: () => void }) => void) => void, readonly start: (port: number) => void } }
}

/** These servers do not tell which port they picked, so a free one is looked for first. */
async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const [name] = process.argv.slice(2)
const port = await freePort()
if (name === '@medplum/hl7') {
  const peer = await loadPeer<MedplumHl7>('@medplum/hl7')
  const server = peer === null ? null : new peer.Hl7Server((connection) => {
    connection.addEventListener('message', ({ connection: from, message }) => { from.send(message.buildAck()) })
  })
  server?.start(port)
} else {
  const peer = await loadPeer<SimpleHl7>('simple-hl7')
  const app = peer?.default.tcp()
  app?.use((_request, response) => { response.end() })
  app?.start(port)
}
process.stdout.write(`${port}\n`)
