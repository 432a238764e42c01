import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { bullOutbox, leaseHolder } from '../../adapters/queue/index.ts'
import { add, aNode, anEffect, counts, outboxEngineContract, type Cluster } from '../contracts/outbox-engine.ts'
import { freshStore } from '../fixtures/store.ts'

const redisUrl = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'
const inOrder = { maxRunning: 1, inOrder: true }

interface BullCluster extends Cluster {
  readonly redis: Redis
  readonly keyPrefix: string
}

/** Keys of a prefix of the test's own, gone when it is over. */
async function aCluster (t: Test, { url = redisUrl, lockMs = 2_000 } = {}): Promise<BullCluster> {
  const store = await freshStore(t)
  const keyPrefix = `${process.env['TEST_SCHEMA_PREFIX'] ?? 'test'}_${randomUUID().slice(0, 8)}`
  const redis = new Redis(redisUrl)
  t.teardown(async () => {
    await forget(redis, keyPrefix)
    await redis.quit()
  })
  return {
    store,
    redis,
    keyPrefix,
    start: (work, node) => bullOutbox({
      ...work, redisUrl: url, keyPrefix, lockMs,
      leaseOf: (kind) => leaseHolder({ inTransaction: store.inTransaction, name: `outbox:${kind}`, holder: node, wallClock: work.wallClock, leaseMs: 86_400_000_000 })
    })
  }
}

async function forget (redis: Redis, keyPrefix: string): Promise<void> {
  const keys = await redis.keys(`${keyPrefix}:*`)
  if (keys.length > 0) await redis.del(...keys)
}

t.test('the engine on Redis:', async (t) => { outboxEngineContract(t, aCluster) })

t.test('Redis that forgets its jobs → loses no effect', async (t) => {
  const cluster = await aCluster(t)
  const paused = { isPaused: true }
  const seen: string[] = []
  let reached = (): void => undefined
  let open = (): void => undefined
  const atWork = new Promise<void>((resolve) => { reached = resolve })
  const gate = new Promise<void>((resolve) => { open = resolve })
  const node = aNode(t, cluster, { sms: async ({ id }) => {
    reached()
    await gate
    seen.push(id)
  } }, { maxRunning: 1, isPaused: () => paused.isPaused })
  await add(cluster.store, ...['1', '2', '3'].map((id) => anEffect(id)))
  paused.isPaused = false
  node.notify()
  await atWork
  await forget(cluster.redis, cluster.keyPrefix)
  open()
  await node.drain()
  t.strictSame([...new Set(seen)].sort(), ['1', '2', '3'])
  t.strictSame(await counts(cluster.store), { waiting: 0, dead: 0, oldestAt: null })
})

t.test('a node that dies at work → its effect is taken over by another, with the same key', async (t) => {
  const cluster = await aCluster(t, { lockMs: 300 })
  // What a killed node leaves behind: a job that is at work, under a lock that nobody renews.
  let stuck = (): void => undefined
  const taken = new Promise<void>((resolve) => { stuck = resolve })
  const { Worker } = await import('bullmq')
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const dying = new Worker('sms', async () => {
    stuck()
    await new Promise(() => undefined)
  }, { connection, prefix: cluster.keyPrefix, lockDuration: 300, skipLockRenewal: true, skipStalledCheck: true })
  dying.on('error', () => undefined)
  const paused = { isPaused: false }
  const keys: string[] = []
  const node = aNode(t, cluster, { sms: async ({ key }) => { keys.push(key) } }, { isPaused: () => paused.isPaused })
  t.teardown(async () => {
    await dying.close(true)
    connection.disconnect()
  })
  await dying.waitUntilReady()
  await add(cluster.store, ...Array.from({ length: 8 }, (_, place) => anEffect(`m${place}`)))
  node.notify()
  await taken
  await node.drain()
  t.strictSame([...new Set(keys)].length, 8)
  t.strictSame(await counts(cluster.store), { waiting: 0, dead: 0, oldestAt: null })
})

/** A way to Redis that can be cut. */
async function aLine (t: Test): Promise<{ readonly url: string, readonly cut: () => Promise<void>, readonly mend: () => Promise<void> }> {
  const { hostname, port: redisPort } = new URL(redisUrl)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const to = connect({ host: hostname, port: Number(redisPort === '' ? 6379 : redisPort) })
    for (const one of [socket, to]) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => { socket.destroy(); to.destroy(); sockets.delete(one) })
    }
    socket.pipe(to).pipe(socket)
  })
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const cut = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  }
  const port = await listen(0)
  t.teardown(cut)
  return { url: `redis://127.0.0.1:${port}`, cut, mend: async () => { await listen(port) } }
}

t.test('Redis that goes away → is told once, and when it is back all that waited is carried out', async (t) => {
  const line = await aLine(t)
  const cluster = await aCluster(t, { url: line.url })
  const seen: string[] = []
  const node = aNode(t, cluster, { sms: async ({ id }) => { seen.push(id) }, 'destination:east': async ({ id }) => { seen.push(id) } }, { rules: { 'destination:east': inOrder } })
  await add(cluster.store, anEffect('1'))
  await node.drain()
  await line.cut()
  await add(cluster.store, ...['2', '3'].map((id) => anEffect(id, { kind: 'destination:east' })), anEffect('4'))
  const drained = node.drain()
  await new Promise((resolve) => { setTimeout(resolve, 300) })
  t.strictSame(node.faults, ['OUTSIDE_UNAVAILABLE'])
  await line.mend()
  await drained
  t.strictSame([[...seen].sort(), seen.indexOf('2') < seen.indexOf('3')], [['1', '2', '3', '4'], true])
})

t.test('a process that starts while Redis is away → starts, and stops', async (t) => {
  const line = await aLine(t)
  await line.cut()
  const cluster = await aCluster(t, { url: line.url })
  const node = aNode(t, cluster, { sms: async () => undefined })
  await add(cluster.store, anEffect('1'))
  await node.stop()
  t.match(await counts(cluster.store), { waiting: 1 })
})
