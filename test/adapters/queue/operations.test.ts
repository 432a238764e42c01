import t from 'tap'
import { cronMatches, jobLoop, leaseHolder, monitor, standingClock, type JobLoop, type Monitor } from '../../../adapters/queue/index.ts'
import type { Store } from '../../../adapters/store/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { Job, MovableClock } from '../../../core/operations/index.ts'
import type { OutboxMessage } from '../../../core/outbox.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'
import { aMessage, wallClock } from './fixtures.ts'

const beijing = 'Asia/Shanghai'
const monday = new Date('2026-03-02T07:30:00.000+08:00')

function someIds (): { readonly next: () => string } {
  let last = 0
  return { next: () => `id${last += 1}` }
}

t.test('the standing clock', async (t) => {
  const store = await freshStore(t)
  const clock = await standingClock({ inTransaction: store.inTransaction, start: monday })

  await t.test('stands still until it is moved, forward only', async (t) => {
    t.strictSame(clock.now(), monday)
    await clock.set(new Date('2026-03-03T07:30:00.000+08:00'))
    t.strictSame(clock.now(), new Date('2026-03-03T07:30:00.000+08:00'))
    await t.rejects(clock.set(monday), { code: 'CLOCK_NOT_FORWARD' })
  })
  await t.test('outlives a restart', async (t) => {
    const again = await standingClock({ inTransaction: store.inTransaction, start: monday })
    t.strictSame(again.now(), new Date('2026-03-03T07:30:00.000+08:00'))
  })
})

t.test('the job loop', async (t) => {
  const loopOf = async (t: Teardown, store: Store, clock: MovableClock, { holder = 'this node', jobs = [] }: { holder?: string, jobs?: readonly Job[] }): Promise<JobLoop & { readonly ran: string[] }> => {
    const ran: string[] = []
    const loop = jobLoop({
      inTransaction: store.inTransaction, inReading: store.inReading, jobs, timers: [], clock, wallClock, matchesOf: (job) => cronMatches(job.schedule, beijing),
      lease: leaseHolder({ inTransaction: store.inTransaction, name: 'jobs', holder, wallClock }),
      on: { ran: ({ job, dueAt }) => { ran.push(`${job} ${dueAt.toISOString()}`) } }
    })
    t.teardown(loop.stop)
    await loop.wake()
    return { ...loop, ran }
  }
  const hourly: Job = { name: 'hourly', schedule: '0 * * * *', requirements: [], run: async () => ({}) }

  t.test('runs on one node only, and on the other when that one stops', async (t) => {
    const store = await freshStore(t)
    const clock = await standingClock({ inTransaction: store.inTransaction, start: monday })
    const one = await loopOf(t, store, clock, { holder: 'one', jobs: [hourly] })
    const other = await loopOf(t, store, clock, { holder: 'other', jobs: [hourly] })
    await clock.set(new Date('2026-03-02T08:00:00.000+08:00'))
    await Promise.all([other.wake(), one.wake()])
    await one.stop()
    await clock.set(new Date('2026-03-02T09:00:00.000+08:00'))
    await other.wake()
    t.strictSame([one.ran, other.ran], [['hourly 2026-03-02T00:00:00.000Z'], ['hourly 2026-03-02T01:00:00.000Z']])
  })

  t.test('a move of the demo clock and an operator take turns with it', async (t) => {
    const store = await freshStore(t)
    const clock = await standingClock({ inTransaction: store.inTransaction, start: monday })
    let running = 0
    let most = 0
    const slow: Job = {
      ...hourly,
      run: async () => {
        most = Math.max(most, running += 1)
        await store.ping()
        running -= 1
        return {}
      }
    }
    const loop = await loopOf(t, store, clock, { jobs: [slow] })
    const target = new Date('2026-03-02T10:30:00.000+08:00')
    const [ran, byHand] = await Promise.all([loop.advance({ clock, drain: async () => undefined }, target), loop.run('hourly', monday), loop.wake()])
    t.strictSame(ran.map(({ dueAt, status }) => `${dueAt.toISOString()} ${status}`), ['2026-03-02T00:00:00.000Z done', '2026-03-02T01:00:00.000Z done', '2026-03-02T02:00:00.000Z done'])
    t.strictSame({ byHand: byHand.status, most, now: clock.now() }, { byHand: 'done', most: 1, now: target })
  })
})

t.test('the monitor', async (t) => {
  interface Watching extends Monitor { readonly direct: OutboxMessage[], readonly events: string[], readonly clock: MovableClock, store: { isDown: boolean } }
  const watching = async (t: Teardown, store: Store): Promise<Watching> => {
    const clock = await standingClock({ inTransaction: store.inTransaction, start: monday })
    const direct: OutboxMessage[] = []
    const events: string[] = []
    const state = { isDown: false }
    const watch = monitor({
      inTransaction: store.inTransaction, inReading: store.inReading, ids: someIds(), clock, onCall: ['first', 'second'], minuteOfDay: () => 720, connections: async () => [],
      limits: { queueAgeMs: 600_000, outboxAgeMs: 86_400_000, manyDeadLetters: 50, sources: [{ name: 'east', silentAfterMs: 1_800_000, opening: null }] },
      lease: leaseHolder({ inTransaction: store.inTransaction, name: 'monitor', holder: 'this node', wallClock }),
      everyMs: 3_600_000,
      writeProbe: async () => { if (state.isDown) throw new DomainError('STORE_UNAVAILABLE', 'No room.') },
      tellDirectly: async (notice) => { direct.push(notice) },
      on: { opened: (key) => { events.push(`+${key}`) }, closed: (key) => { events.push(`-${key}`) } }
    })
    t.teardown(watch.stop)
    return { ...watch, direct, events, clock, store: state }
  }
  const notices = (store: Store): Promise<unknown> => store.inReading(async ({ outbox }) =>
    (await outbox.due(new Date('2030-01-01T00:00:00Z'), 100, 'sms')).map(({ payload, key }) => [payload['to'], payload['templateId'], key]))

  t.test('tells an episode once when it opens and once when it is over', async (t) => {
    const store = await freshStore(t)
    const { look, clock, events } = await watching(t, store)
    await look()
    t.strictSame(events, [])
    await store.inTransaction(({ inbox }) => inbox.receive([aMessage({ id: 'm1', receivedAt: monday })]))
    await clock.set(new Date('2026-03-02T07:45:00.000+08:00'))
    await look()
    await look()
    await store.inTransaction(({ inbox }) => inbox.markApplied('m1', { at: monday, mappingVersion: 'v', produced: [], notes: [] }))
    await look()
    await look()
    t.strictSame(events, ['+queue-age', '-queue-age'])
    t.strictSame(await notices(store), [
      ['first', 'ALERT_OPENED', 'alert:id1:ALERT_OPENED:0'], ['second', 'ALERT_OPENED', 'alert:id1:ALERT_OPENED:1'],
      ['first', 'ALERT_CLOSED', 'alert:id1:ALERT_CLOSED:0'], ['second', 'ALERT_CLOSED', 'alert:id1:ALERT_CLOSED:1']
    ])
    t.match(await store.inReading(({ alerts }) => alerts.list({ limit: 10, offset: 0 })),
      [{ key: 'queue-age', openedAt: clock.now(), closedAt: clock.now(), detail: 'oldest waits for 15 min, limit 10 min' }])
  })

  t.test('hears a silent source, and its dead letters', async (t) => {
    const store = await freshStore(t)
    const { look, clock, events } = await watching(t, store)
    await clock.set(new Date('2026-03-02T08:01:00.000+08:00'))
    await look()
    await store.inTransaction(({ inbox }) => inbox.receive([aMessage({ receivedAt: clock.now(), parked: { code: 'MESSAGE_UNDECODABLE', detail: 'Bytes.', place: null } })]))
    await clock.set(new Date('2026-03-02T08:02:00.000+08:00'))
    await look()
    t.strictSame(events, ['+source-silent:east', '+dead-letters:east', '-source-silent:east'])
  })

  t.test('tells past the outbox that the store cannot be written, and writes the episode down afterwards', async (t) => {
    const store = await freshStore(t)
    const { look, clock, direct, events, store: state } = await watching(t, store)
    state.isDown = true
    await look()
    await look()
    await clock.set(new Date('2026-03-02T07:40:00.000+08:00'))
    state.isDown = false
    await look()
    await look()
    t.strictSame(events, ['+store-not-writable', '-store-not-writable'])
    t.strictSame(direct.map(({ kind, payload }) => [kind, payload['to'], payload['templateId']]), [
      ['sms', 'first', 'ALERT_OPENED'], ['sms', 'second', 'ALERT_OPENED'], ['sms', 'first', 'ALERT_CLOSED'], ['sms', 'second', 'ALERT_CLOSED']
    ])
    t.match(await store.inReading(({ alerts }) => alerts.list({ limit: 10, offset: 0 })), [{ key: 'store-not-writable', openedAt: monday, closedAt: clock.now() }])
  })
})
