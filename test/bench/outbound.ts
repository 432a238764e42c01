import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { frame, makeFramer, mllpClient } from '../../adapters/mllp/index.ts'
import { leaseHolder, type OutboxWork } from '../../adapters/queue/index.ts'
import { openStore, type Store } from '../../adapters/store/index.ts'
import { composeOutbox } from '../../app/compose/outbox.ts'
import { addOutbound, outboxKindOf, sendOutbound, type Destination } from '../../core/outbound/index.ts'
import { fdatasyncRate } from './disk.ts'
import { admission } from './messages.ts'
import { perSecond, type BenchRow, type Measured } from './row.ts'

const clock = { now: () => new Date() }
const destination: Destination = { name: 'bench', hospitalId: 'east', kind: 'mllp', sends: [{ resource: 'Patient', message: 'ADT^A31' }] }
const kind = outboxKindOf(destination.name)
const messages = 1_500

/** A peer that answers at once. */
async function fastPeer (): Promise<{ readonly server: Server, readonly port: number, readonly close: () => void }> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    const framer = makeFramer({ maxMessageBytes: 1_000_000 })
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      for (const event of framer.push(chunk)) {
        if (event.kind === 'frame') socket.write(frame(Buffer.from(`MSH|^~\\&|||||||ACK|1|P|2.5.1\rMSA|AA|${event.bytes.toString('latin1', 0, 200).split('|')[9] ?? ''}\r`)))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, close: () => { for (const socket of sockets) socket.destroy(); server.close() } }
}

/** Composing is left out: its time is the tables' and stands in the row `conversion`. */
async function waiting (store: Store): Promise<void> {
  await store.inTransaction(async (stores) => {
    const outgoing = Array.from({ length: messages }, (_, place) => ({ destination, message: 'ADT^A31', record: { type: 'Patient', id: `p${place}`, version: 1 }, patientId: null }))
    await stores.records.save(outgoing.map(({ record: { id } }) => ({
      type: 'Patient', id, version: 1, lastUpdated: clock.now(), resource: { resourceType: 'Patient', id }, elementTimes: {}, hospitalId: 'east', patientId: id, source: 'bench', mappingVersion: null, searchValues: []
    })))
    await addOutbound({ ...stores, ids: { next: () => randomUUID() } }, outgoing, clock.now())
  })
}

async function rateOf (store: Store, port: number, redisUrl: string | null): Promise<number> {
  await waiting(store)
  const client = mllpClient({ host: '127.0.0.1', port, tls: null, ackTimeoutMs: 10_000, clock })
  const work: OutboxWork = {
    inTransaction: store.inTransaction, inReading: store.inReading, clock, wallClock: clock, random: Math.random,
    carryOut: { [kind]: sendOutbound({ inTransaction: store.inTransaction, inReading: store.inReading, clock, write: ({ controlId }) => ({ content: Buffer.from(admission(controlId)), charset: 'utf8', notes: [] }) }, destination, client) },
    rules: { [kind]: { maxRunning: 1, inOrder: true } }
  }
  const from = performance.now()
  const engine = composeOutbox(work, { redisUrl, stableId: (...parts) => ['bench', ...parts].join('-'), leaseOf: (name) => leaseHolder({ inTransaction: store.inTransaction, name, holder: randomUUID(), wallClock: clock }) })
  await engine.drain()
  const seconds = (performance.now() - from) / 1000
  await engine.stop()
  await client.close()
  return messages / seconds
}

async function forget (redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl)
  const keys = await redis.keys(`yiqiao:${kind.replace(':', '.')}:*`)
  if (keys.length > 0) await redis.del(...keys)
  await redis.quit()
}

/** Messages to one destination, one in flight: composed, kept, sent, answered, recorded. */
export const outboundRow: BenchRow = {
  name: 'outbound',
  run: async ({ folder, progress }) => {
    const peer = await fastPeer()
    const measured: Measured[] = []
    const redisUrl = process.env['REDIS_URL'] ?? null
    try {
      for (const [engine, url] of [['in process', null], ...redisUrl === null ? [] : [['Bull on Redis', redisUrl]]] as ReadonlyArray<readonly [string, string | null]>) {
        progress(engine)
        const store = await openStore({ dataDir: `${folder}/${url === null ? 'process' : 'bull'}` })
        await store.migrate()
        const bound = fdatasyncRate(folder, 700)
        const rate = await rateOf(store, peer.port, url)
        measured.push({ what: `to one destination, engine ${engine}`, value: perSecond(rate), against: `three durable writes each; the disk's fdatasync rate is ${perSecond(bound)}`, isMet: null })
        await store.close()
        if (url !== null) await forget(url)
      }
    } finally {
      peer.close()
    }
    return measured
  }
}
