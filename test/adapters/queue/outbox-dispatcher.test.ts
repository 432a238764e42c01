import t from 'tap'
import { leaseHolder, outboxDispatcher } from '../../../adapters/queue/index.ts'
import type { Store } from '../../../adapters/store/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { sendSms, type SmsMessage } from '../../../core/notifications/index.ts'
import type { CarryOut, OutboxEngine, OutboxMessage } from '../../../core/outbox.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

const clock = { now: () => new Date('2026-03-02T01:00:00.000Z') }

function aNotice (id: string, given: Partial<OutboxMessage> = {}): OutboxMessage {
  return { id, kind: 'sms', key: `key ${id}`, payload: { to: '13x', templateId: 'ALERT_OPENED', params: { alert: 'queue-age' } }, createdAt: clock.now(), ...given }
}

/** Real time that the test moves, so that back-offs need no waiting. */
function aDispatcher (t: Teardown, store: Store, carryOut: Readonly<Record<string, CarryOut>>, { holder = 'this node', maxRunning = 4 } = {}): OutboxEngine & { readonly later: (ms: number) => void, readonly settled: string[] } {
  let now = Date.parse('2026-03-02T01:00:00.000Z')
  const wallClock = { now: () => new Date(now) }
  const settled: string[] = []
  const engine = outboxDispatcher({
    inTransaction: store.inTransaction, inReading: store.inReading, carryOut, clock, wallClock, random: () => 0, maxRunning, pollMs: 10,
    lease: leaseHolder({ inTransaction: store.inTransaction, name: 'outbox', holder, wallClock, leaseMs: 86_400_000 }),
    on: { settled: ({ kind, as }) => { settled.push(`${kind} ${as}`) } }
  })
  t.teardown(engine.stop)
  return { ...engine, settled, later: (ms) => { now += ms } }
}

const add = (store: Store, ...messages: readonly OutboxMessage[]): Promise<void> => store.inTransaction(async ({ outbox }) => {
  for (const message of messages) await outbox.add(message)
})
const counts = (store: Store): Promise<unknown> => store.inReading(({ outbox }) => outbox.counts())

t.test('a text message is carried out once, with the key of its effect', async (t) => {
  const store = await freshStore(t)
  const sent: SmsMessage[] = []
  const dispatcher = aDispatcher(t, store, { sms: sendSms({ send: async (message) => { sent.push(message) } }) })
  await add(store, aNotice('1'), aNotice('2', { key: 'key 1' }))
  await dispatcher.drain()
  await dispatcher.drain()
  t.strictSame(sent, [{ to: '13x', templateId: 'ALERT_OPENED', params: { alert: 'queue-age' }, key: 'key 1' }])
  t.strictSame(await counts(store), { waiting: 0, dead: 0, oldestAt: null })
})

t.test('a carrier that does not answer is asked again after 1 s, 5 s, 30 s, 5 min and 1 h, then the message is dead', async (t) => {
  const store = await freshStore(t)
  let asked = 0
  const dispatcher = aDispatcher(t, store, { sms: async () => {
    asked += 1
    throw new DomainError('OUTSIDE_UNAVAILABLE', 'The carrier does not answer.')
  } })
  await add(store, aNotice('1'))
  await dispatcher.drain()
  for (const waitMs of [1_000, 5_000, 30_000, 300_000, 3_600_000]) {
    dispatcher.later(waitMs - 1)
    await dispatcher.drain()
    const before = asked
    dispatcher.later(1)
    await dispatcher.drain()
    t.equal(asked, before + 1, `after ${waitMs} ms, not before`)
  }
  t.strictSame(await counts(store), { waiting: 0, dead: 1, oldestAt: null })
  t.strictSame(dispatcher.settled, [...Array<string>(5).fill('sms retry'), 'sms dead'])
})

t.test('a refusal is final at once', async (t) => {
  const store = await freshStore(t)
  const dispatcher = aDispatcher(t, store, { sms: sendSms({ send: async () => { throw new DomainError('OUTSIDE_REFUSED', 'The carrier says no.') } }) })
  await add(store, aNotice('1'), aNotice('2', { payload: { to: '13x' } }))
  await dispatcher.drain()
  t.strictSame(await counts(store), { waiting: 0, dead: 2, oldestAt: null }, 'also of a payload that is no text message')
})

t.test('a slow kind keeps to its number and does not hold up another', async (t) => {
  const store = await freshStore(t)
  let now = 0
  let most = 0
  let pass = (): void => undefined
  const gate = new Promise<void>((resolve) => { pass = resolve })
  const cards: string[] = []
  const dispatcher = aDispatcher(t, store, {
    sms: async () => {
      now += 1
      most = Math.max(most, now)
      await gate
      now -= 1
    },
    card: async ({ id }) => {
      cards.push(id)
      if (cards.length === 3) pass()
    }
  }, { maxRunning: 2 })
  await add(store, ...Array.from({ length: 20 }, (_, place) => aNotice(`s${place}`)), ...['c1', 'c2', 'c3'].map((id) => aNotice(id, { kind: 'card' })))
  await dispatcher.drain()
  t.strictSame({ most, cards: cards.sort(), counts: await counts(store) }, { most: 2, cards: ['c1', 'c2', 'c3'], counts: { waiting: 0, dead: 0, oldestAt: null } })
})

t.test('a kind that nothing carries out waits for a version that knows it', async (t) => {
  const store = await freshStore(t)
  const dispatcher = aDispatcher(t, store, {})
  await add(store, aNotice('1'))
  await dispatcher.drain()
  t.strictSame(await counts(store), { waiting: 1, dead: 0, oldestAt: clock.now() })
})

t.test('of two nodes one carries out; the other takes over when it stops', async (t) => {
  const store = await freshStore(t)
  const sent: string[] = []
  const by = (name: string): Readonly<Record<string, CarryOut>> => ({ sms: async ({ id }) => { sent.push(`${name} ${id}`) } })
  const one = aDispatcher(t, store, by('one'), { holder: 'one' })
  await one.drain()
  const other = aDispatcher(t, store, by('other'), { holder: 'other' })
  await add(store, aNotice('1'))
  await other.drain()
  await one.stop()
  await add(store, aNotice('2'))
  await other.drain()
  t.strictSame(sent, ['one 1', 'other 2'])
})
