import t from 'tap'
import type { Store } from '../../adapters/store/index.ts'
import type { CalendarDate } from '../../core/clock.ts'
import type { AccountBalance, Charge, LedgerStore } from '../../core/ledger/index.ts'
import type { Job } from '../../core/operations/index.ts'
import { fen } from '../../core/money.ts'
import { proveLedger } from '../../jobs/prove-ledger.ts'
import { pruneInbox } from '../../jobs/prune-inbox.ts'
import { pruneOutbound } from '../../jobs/prune-outbound.ts'
import { pruneOutbox } from '../../jobs/prune-outbox.ts'
import { pruneRequestKeys } from '../../jobs/prune-request-keys.ts'
import { unmatchedCredits } from '../../jobs/unmatched-credits.ts'
import { aMessage } from '../adapters/queue/fixtures.ts'
import { freshStore } from '../fixtures/store.ts'

const dueAt = new Date('2026-03-10T03:10:00.000+08:00')

/** What a job says and what it leaves behind, five times for the same due instant. */
async function fiveTimes (job: Job, look: () => Promise<unknown>): Promise<{ readonly results: unknown[], readonly left: unknown }> {
  const results = []
  const left = []
  for (let time = 0; time < 5; time += 1) {
    results.push(await job.run(dueAt))
    left.push(JSON.stringify(await look()))
  }
  t.equal(new Set(left).size, 1, `${job.name} changes nothing after its first run`)
  return { results, left: await look() }
}

function alerting (store: Store): { readonly inTransaction: Store['inTransaction'], readonly inReading: Store['inReading'], readonly ids: { readonly next: () => string }, readonly onCall: readonly string[] } {
  let last = 0
  return { inTransaction: store.inTransaction, inReading: store.inReading, ids: { next: () => `id${last += 1}` }, onCall: ['on call'] }
}

const alertsOf = (store: Store): Promise<unknown> => store.inReading(async ({ alerts, outbox }) => ({
  alerts: (await alerts.list({ limit: 10, offset: 0 })).map(({ key, detail, closedAt }) => [key, detail, closedAt]),
  notices: (await outbox.due(dueAt, 10, 'sms')).map(({ payload }) => payload['templateId'])
}))

t.test('the retention of messages', async (t) => {
  const store = await freshStore(t)
  await store.inTransaction(async ({ inbox }) => {
    await inbox.receive([
      aMessage({ id: 'old', receivedAt: new Date('2026-03-02T00:00:00.000Z') }), aMessage({ id: 'queued', receivedAt: new Date('2026-03-02T00:00:00.000Z') }),
      aMessage({ id: 'young', receivedAt: new Date('2026-03-04T00:00:00.000Z') })
    ])
    for (const id of ['old', 'young']) await inbox.markApplied(id, { at: dueAt, mappingVersion: 'v', produced: [], notes: [] })
  })
  const { results, left } = await fiveTimes(pruneInbox({ inTransaction: store.inTransaction, retainDays: 7 }), () => store.inReading(async ({ inbox }) => ({
    ids: (await inbox.list({}, { limit: 10, before: null })).map(({ id }) => id).sort(),
    days: (await inbox.statistics()).prunedByDay
  })))
  t.strictSame(results, [{ pruned: 1 }, { pruned: 0 }, { pruned: 0 }, { pruned: 0 }, { pruned: 0 }])
  t.strictSame(left, { ids: ['queued', 'young'], days: [{ day: '2026-03-02', source: 'east', type: 'ADT', status: 'applied', count: 1 }] })
})

t.test('effects that were carried out → go after the retention; where the key is all that keeps one from happening twice, the key stays', async (t) => {
  const store = await freshStore(t)
  const effect = (id: string, kind: string) => ({ id, kind, key: `key-${id}`, payload: { of: id }, createdAt: new Date('2026-01-01T00:00:00Z') })
  await store.inTransaction(async ({ outbox }) => {
    for (const [id, kind, settled] of [['old', 'notice', '2026-02-01'], ['young', 'notice', '2026-02-20'], ['waits', 'notice', null], ['dies', 'notice', 'dead'], ['once', 'unknown-kind', '2026-02-01'], ['theirs', 'destination:east', '2026-02-01']] as const) {
      await outbox.add(effect(id, kind))
      if (settled === 'dead') await outbox.markDead(id, { attempts: 9, reason: 'OUTSIDE_REFUSED', at: new Date('2026-02-01T00:00:00Z') })
      else if (settled !== null) await outbox.markDone(id, new Date(`${settled}T00:00:00Z`))
    }
    for (let place = 0; place < 1_200; place += 1) {
      await outbox.add(effect(`many-${place}`, 'notice'))
      await outbox.markDone(`many-${place}`, new Date('2026-02-01T00:00:00Z'))
    }
  })
  const { results, left } = await fiveTimes(pruneOutbox({ inTransaction: store.inTransaction, retainDays: 30, forgettable: ['notice'], leavesAlone: (kind) => kind.startsWith('destination:') }),
    () => store.runByHand('select id, payload from outbox_messages order by id'))
  t.strictSame(results, [{ forgotten: 1_201, emptied: 1 }, ...Array.from({ length: 4 }, () => ({ forgotten: 0, emptied: 0 }))])
  t.strictSame((left as ReadonlyArray<{ readonly id: string, readonly payload: string }>).map(({ id, payload }) => `${id} ${payload}`),
    ['dies {"of":"dies"}', 'once null', 'theirs {"of":"theirs"}', 'waits {"of":"waits"}', 'young {"of":"young"}'])
})

t.test('answers under a request key → go after 30 days', async (t) => {
  const store = await freshStore(t)
  await store.inTransaction(async ({ idempotency }) => {
    for (const [key, day] of [['old', '2026-02-07'], ['young', '2026-02-09']] as const) await idempotency.begin({ key, scope: 'token', bodyHash: 'h', at: new Date(`${day}T00:00:00Z`) })
  })
  const { results } = await fiveTimes(pruneRequestKeys(store), () => store.inTransaction(({ idempotency }) => idempotency.prune(new Date(0), 1)))
  t.strictSame(results, [{ pruned: 1 }, { pruned: 0 }, { pruned: 0 }, { pruned: 0 }, { pruned: 0 }])
})

t.test('the nightly proof of the ledger', async (t) => {
  const store = await freshStore(t)
  await t.test('says nothing while the books stand', async (t) => {
    const job = proveLedger(alerting(store))
    t.strictSame(await job.run(dueAt), { accounts: 0, unbalancedEntries: 0, wrongBalances: 0 })
    t.strictSame(await alertsOf(store), { alerts: [], notices: [] })
  })
  await t.test('opens one alert when they do not, and closes it when they do again', async (t) => {
    let isOff = true
    const accounts: readonly AccountBalance[] = [{ hospitalId: 'east', account: 'revenue', balanceFen: fen(1) }]
    const deps = alerting(store)
    // Only a change of rows by hand can unbalance the books; the store refuses to.
    const ledger = { trialBalance: async () => isOff ? accounts : [], unbalancedEntries: async () => isOff ? ['e1'] : [], balances: async () => accounts } as unknown as LedgerStore
    const job = proveLedger({ ...deps, inReading: (work) => work({ ledger }) })
    const detail = '1 unbalanced entries, 0 wrong balances'
    t.strictSame((await fiveTimes(job, () => alertsOf(store))).left, { alerts: [['job:prove-ledger', detail, null]], notices: ['ALERT_OPENED'] })
    isOff = false
    await job.run(dueAt)
    t.strictSame(await alertsOf(store), { alerts: [['job:prove-ledger', detail, dueAt]], notices: ['ALERT_OPENED', 'ALERT_CLOSED'] })
  })
})

t.test('a credit without its charge', async (t) => {
  const store = await freshStore(t)
  const credit = (id: string, receivedAt: Date): Charge => ({
    id, hospitalId: 'east', kind: 'charge', transactionId: id, patientId: 'p1', visitId: null, amountFen: null, occurredOn: null, code: null, text: null,
    creditedBy: { transactionId: `${id}-credit`, amountFen: fen(100), occurredOn: '2026-03-08' as CalendarDate }, state: 'awaiting_charge', receivedAt
  })
  await store.inTransaction(async ({ charges }) => {
    await charges.save(credit('c1', new Date('2026-03-09T03:09:00.000+08:00')))
    await charges.save(credit('c2', new Date('2026-03-09T03:11:00.000+08:00')))
  })
  const job = unmatchedCredits(alerting(store))
  const { results, left } = await fiveTimes(job, () => alertsOf(store))
  t.strictSame(results[4], { unmatched: 1 }, 'the younger one may still find it')
  t.strictSame(left, { alerts: [['job:unmatched-credits', '1 credits wait for their charge', null]], notices: ['ALERT_OPENED'] })
})

t.test('what was sent to a destination long ago → goes; what waits stays', async (t) => {
  const store = await freshStore(t)
  await store.inTransaction(async ({ outbox, outbound }) => {
    for (const id of ['o1', 'o2']) {
      const createdAt = new Date('2025-01-01T00:00:00.000Z')
      await outbox.add({ id, kind: 'destination:east', key: id, payload: {}, createdAt })
      await outbound.add({ id, destination: 'east', message: 'ADT^A31', record: { type: 'Patient', id: 'p1', version: 1 }, patientId: 'p1', createdAt })
    }
    await outbox.markDone('o1', dueAt)
  })
  const { results, left } = await fiveTimes(pruneOutbound({ inTransaction: store.inTransaction, retainDays: 180 }), () => store.inReading(async ({ outbound }) => (await outbound.list({}, { limit: 9, before: null })).map(({ id }) => id)))
  t.strictSame([results[0], results[4], left], [{ pruned: 1 }, { pruned: 0 }, ['o2']])
})
