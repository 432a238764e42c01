import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Store } from '../../adapters/store/index.ts'
import type { OutboxWork } from '../../adapters/queue/index.ts'
import { DomainError, type ErrorCode } from '../../core/errors.ts'
import type { CarryOut, OutboxEngine, OutboxMessage } from '../../core/outbox.ts'

/** Starts an engine; those of one cluster share a Redis or a lease. */
export type StartEngine = (work: OutboxWork, node: string) => OutboxEngine

export interface Cluster {
  readonly store: Store
  readonly start: StartEngine
}

const start = Date.parse('2026-03-02T01:00:00.000Z')
const clock = { now: () => new Date(start) }

export function anEffect (id: string, given: Partial<OutboxMessage> = {}): OutboxMessage {
  return { id, kind: 'sms', key: `key ${id}`, payload: {}, createdAt: clock.now(), ...given }
}

export interface Node extends OutboxEngine {
  /** Moves this node's real time, so that back-offs need no waiting. */
  readonly later: (ms: number) => void
  readonly settled: readonly string[]
  readonly faults: readonly string[]
}

/** A node whose time the test moves. It stops with the test. */
export function aNode (t: Test, { store, start: startEngine }: Cluster, carryOut: Readonly<Record<string, CarryOut>>, { node = 'one', ...given }: Partial<OutboxWork> & { readonly node?: string } = {}): Node {
  let now = start
  const settled: string[] = []
  const faults: string[] = []
  const engine = startEngine({
    inTransaction: store.inTransaction,
    inReading: store.inReading,
    carryOut,
    clock,
    wallClock: { now: () => new Date(now) },
    random: () => 0,
    pollMs: 10,
    on: { settled: ({ kind, as }) => { settled.push(`${kind} ${as}`) }, fault: (code) => { faults.push(code) } },
    ...given
  }, node)
  t.teardown(engine.stop)
  return { ...engine, settled, faults, later: (ms) => { now += ms } }
}

export const add = (store: Store, ...messages: readonly OutboxMessage[]): Promise<void> => store.inTransaction(async ({ outbox }) => {
  for (const message of messages) await outbox.add(message)
})
export const counts = (store: Store): Promise<unknown> => store.inReading(({ outbox }) => outbox.counts())
const nothingLeft = { waiting: 0, dead: 0, oldestAt: null }
const refuse = (code: ErrorCode) => (): Promise<void> => Promise.reject(new DomainError(code, 'A refusal of the test.'))
const inOrder = { maxRunning: 1, inOrder: true }

/** A door that work waits at until the test opens it. */
function aDoor (): { readonly open: () => void, readonly opened: Promise<void>, readonly reached: Promise<void>, readonly pass: () => Promise<void> } {
  let open = (): void => undefined
  let reach = (): void => undefined
  const opened = new Promise<void>((resolve) => { open = resolve })
  const reached = new Promise<void>((resolve) => { reach = resolve })
  return { open: () => { open() }, opened, reached, pass: async () => { reach(); await opened } }
}

/** What every engine of the outbox does, wherever its work waits. */
export function outboxEngineContract (t: Test, open: (t: Test) => Promise<Cluster>): void {
  t.test('an effect → is carried out once, with its key and payload', async (t) => {
    const cluster = await open(t)
    const seen: OutboxMessage[] = []
    const node = aNode(t, cluster, { sms: async (message) => { seen.push(message) } })
    await add(cluster.store, anEffect('1', { payload: { to: '13x' } }), anEffect('2', { key: 'key 1' }))
    await node.drain()
    await node.drain()
    t.strictSame(seen, [{ ...anEffect('1', { payload: { to: '13x' } }), attempts: 0 }])
    t.strictSame(await counts(cluster.store), nothingLeft)
  })

  t.test('two hundred effects → are carried out once each', async (t) => {
    const cluster = await open(t)
    const seen: string[] = []
    const node = aNode(t, cluster, { sms: async ({ id }) => { seen.push(id) } }, { maxRunning: 8 })
    const ids = Array.from({ length: 200 }, (_, place) => `m${String(place).padStart(3, '0')}`)
    await add(cluster.store, ...ids.map((id) => anEffect(id)))
    await node.drain()
    t.strictSame(seen.sort(), ids)
  })

  t.test('another party that does not answer → is asked again after 1 s, 5 s, 30 s, 5 min and 1 h, then the effect is dead', async (t) => {
    const cluster = await open(t)
    let asked = 0
    const node = aNode(t, cluster, { sms: async () => {
      asked += 1
      await refuse('OUTSIDE_UNAVAILABLE')()
    } })
    await add(cluster.store, anEffect('1'))
    await node.drain()
    for (const waitMs of [1_000, 5_000, 30_000, 300_000, 3_600_000]) {
      node.later(waitMs - 1)
      await node.drain()
      const before = asked
      node.later(1)
      await node.drain()
      t.equal(asked, before + 1, `after ${waitMs} ms, not before`)
    }
    t.strictSame(await counts(cluster.store), { waiting: 0, dead: 1, oldestAt: null })
    t.strictSame(node.settled, [...Array<string>(5).fill('sms retry'), 'sms dead'])
  })

  t.test('another party that cannot be reached → costs no attempt, until the effect is 7 days old', async (t) => {
    const cluster = await open(t)
    let now = start
    const node = aNode(t, cluster, { sms: refuse('OUTSIDE_DOWN') }, { clock: { now: () => new Date(now) } })
    await add(cluster.store, anEffect('1'))
    for (let times = 0; times < 12; times++) {
      await node.drain()
      node.later(72_000)
    }
    t.strictSame(await cluster.store.inReading(({ outbox }) => outbox.due(new Date(start + 86_400_000), 9, 'sms')), [{ ...anEffect('1'), attempts: 0 }])
    t.strictSame(node.settled, Array<string>(12).fill('sms retry'))
    now += 7 * 86_400_000
    await node.drain()
    t.strictSame(await counts(cluster.store), { waiting: 0, dead: 1, oldestAt: null })
  })

  t.test('a refusal → is final at once', async (t) => {
    const cluster = await open(t)
    const node = aNode(t, cluster, { sms: refuse('OUTSIDE_REFUSED') })
    await add(cluster.store, anEffect('1'), anEffect('2'))
    await node.drain()
    t.strictSame([await counts(cluster.store), node.settled], [{ waiting: 0, dead: 2, oldestAt: null }, ['sms dead', 'sms dead']])
  })

  t.test('an effect whose record was lost in a crash → is carried out again with the same key', async (t) => {
    const { store, start } = await open(t)
    const keys: string[] = []
    let isFirst = true
    const failing: Store = { ...store, inTransaction: async (work) => {
      const result = await store.inTransaction(async (stores) => await work({ ...stores, outbox: { ...stores.outbox, markDone: async (id, at) => {
        if (isFirst) {
          isFirst = false
          throw new DomainError('STORE_UNAVAILABLE', 'The disk is gone.')
        }
        await stores.outbox.markDone(id, at)
      } } }))
      return result
    } }
    const node = aNode(t, { store: failing, start }, { sms: async ({ key }) => { keys.push(key) } })
    await add(store, anEffect('1'))
    await node.drain()
    t.strictSame([keys, node.faults, await counts(store)], [['key 1', 'key 1'], ['STORE_UNAVAILABLE'], nothingLeft])
  })

  t.test('a slow kind → keeps to its number and does not hold up another', async (t) => {
    const cluster = await open(t)
    const door = aDoor()
    let now = 0
    let most = 0
    const cards: string[] = []
    const openWhenBusy = (): void => { if (most === 2 && cards.length === 3) door.open() }
    const node = aNode(t, cluster, {
      sms: async () => {
        now += 1
        most = Math.max(most, now)
        openWhenBusy()
        await door.opened
        now -= 1
      },
      card: async ({ id }) => {
        cards.push(id)
        openWhenBusy()
      }
    }, { maxRunning: 2 })
    await add(cluster.store, ...Array.from({ length: 20 }, (_, place) => anEffect(`s${place}`)), ...['c1', 'c2', 'c3'].map((id) => anEffect(id, { kind: 'card' })))
    await node.drain()
    t.strictSame({ most, cards: cards.sort(), counts: await counts(cluster.store) }, { most: 2, cards: ['c1', 'c2', 'c3'], counts: nothingLeft })
  })

  t.test('a kind that nothing carries out → waits for a version that knows it', async (t) => {
    const cluster = await open(t)
    const node = aNode(t, cluster, { card: async () => undefined })
    await add(cluster.store, anEffect('1'))
    await node.drain()
    t.strictSame(await counts(cluster.store), { waiting: 1, dead: 0, oldestAt: clock.now() })
  })

  t.test('a kind that keeps its order → has one at a time, and a retry holds up what is behind it', async (t) => {
    const cluster = await open(t)
    const seen: string[] = []
    let fails = 2
    const node = aNode(t, cluster, { 'destination:east': async ({ id }) => {
      seen.push(id)
      if (id === '2' && fails-- > 0) await refuse('OUTSIDE_UNAVAILABLE')()
    } }, { rules: { 'destination:east': inOrder } })
    await add(cluster.store, ...['1', '2', '3'].map((id) => anEffect(id, { kind: 'destination:east' })))
    await node.drain()
    t.strictSame(seen, ['1', '2'])
    node.later(1_000)
    await node.drain()
    t.strictSame(seen, ['1', '2', '2'])
    node.later(5_000)
    await node.drain()
    t.strictSame(seen, ['1', '2', '2', '2', '3'])
  })

  t.test('a dead effect of a kind that keeps its order → lets the next go', async (t) => {
    const cluster = await open(t)
    const seen: string[] = []
    const node = aNode(t, cluster, { 'destination:east': async ({ id }) => {
      seen.push(id)
      if (id === '1') await refuse('OUTSIDE_REFUSED')()
    } }, { rules: { 'destination:east': inOrder } })
    await add(cluster.store, ...['1', '2'].map((id) => anEffect(id, { kind: 'destination:east' })))
    await node.drain()
    t.strictSame(seen, ['1', '2'])
  })

  t.test('an application that fails on an effect of such a kind → is asked three times again, not for an hour', async (t) => {
    const cluster = await open(t)
    const node = aNode(t, cluster, { 'destination:east': refuse('OUTSIDE_FAILED') }, { rules: { 'destination:east': inOrder } })
    await add(cluster.store, anEffect('1', { kind: 'destination:east' }))
    for (const waitMs of [1_000, 5_000, 30_000, 0]) {
      await node.drain()
      node.later(waitMs)
    }
    t.strictSame(node.settled, [...Array<string>(3).fill('destination:east retry'), 'destination:east dead'])
  })

  t.test('a paused kind → is not begun, holds up neither others nor the draining, and goes on when resumed', async (t) => {
    const cluster = await open(t)
    const paused = new Set(['sms'])
    const seen: string[] = []
    const node = aNode(t, cluster, { sms: async ({ id }) => { seen.push(id) }, card: async ({ id }) => { seen.push(id) } }, { isPaused: (kind) => paused.has(kind) })
    await add(cluster.store, anEffect('1'), anEffect('2', { kind: 'card' }))
    await node.drain()
    t.strictSame(seen, ['2'])
    paused.clear()
    node.notify()
    await node.drain()
    t.strictSame(seen, ['2', '1'])
  })

  t.test('stopped → finishes what runs and begins nothing; what is left goes on with a new process', async (t) => {
    const cluster = await open(t)
    const door = aDoor()
    const seen: string[] = []
    const rules = { 'destination:east': inOrder }
    const one = aNode(t, cluster, { 'destination:east': async ({ id }) => {
      await door.pass()
      seen.push(`one ${id}`)
    } }, { rules })
    await add(cluster.store, ...['1', '2', '3'].map((id) => anEffect(id, { kind: 'destination:east' })))
    one.notify()
    await door.reached
    const stopped = one.stop()
    door.open()
    await stopped
    t.strictSame(seen, ['one 1'])
    const other = aNode(t, cluster, { 'destination:east': async ({ id }) => { seen.push(`other ${id}`) } }, { rules, node: 'other' })
    await other.drain()
    t.strictSame(seen, ['one 1', 'other 2', 'other 3'])
  })

  t.test('of two nodes, a kind that keeps its order → has one at a time over both, each effect once and in order', async (t) => {
    const cluster = await open(t)
    const seen: string[] = []
    let running = 0
    let most = 0
    const carryOut: Readonly<Record<string, CarryOut>> = { 'destination:east': async ({ id }) => {
      most = Math.max(most, running += 1)
      await wait(1)
      seen.push(id)
      running -= 1
    } }
    const rules = { 'destination:east': inOrder }
    const nodes = ['one', 'other'].map((node) => aNode(t, cluster, carryOut, { rules, node }))
    const ids = Array.from({ length: 40 }, (_, place) => `m${String(place).padStart(2, '0')}`)
    await add(cluster.store, ...ids.slice(0, 20).map((id) => anEffect(id, { kind: 'destination:east' })))
    await Promise.all(nodes.map((node) => node.drain()))
    await nodes[0]?.stop()
    await add(cluster.store, ...ids.slice(20).map((id) => anEffect(id, { kind: 'destination:east' })))
    await nodes[1]?.drain()
    t.strictSame([most, seen], [1, ids])
  })
}
