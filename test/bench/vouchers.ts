import { randomUUID } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { openStore, type Store } from '../../adapters/store/index.ts'
import type { CalendarDate } from '../../core/clock.ts'
import { carryVoucherWork, makeBatch, proveStatistics, redeemUse, sendBatch, statisticsOf, voucherWorkKind } from '../../core/vouchers/index.ts'
import { expireVouchers } from '../../jobs/expire-vouchers.ts'
import { lookAfter, noon, voucherOffice, voucherTools } from '../fixtures/voucher-office.ts'
import { milliseconds, percentile, usageOf, type BenchRow, type Measured } from './row.ts'

const vouchers = 1_000_000
const redeemed = 800
const redeemers = 40
const everything = { campaignId: null, batch: null, communityId: null, hospitalId: null, group: null, fromMonth: null, toMonth: null }

/** 服务券: a million of them made, sent, counted and expired; redemptions meanwhile. On PostgreSQL, in a schema of its own, where BENCH_DATABASE_URL names one. */
export const vouchersRow: BenchRow = {
  name: 'vouchers',
  run: async ({ folder, progress }) => {
    const databaseUrl = process.env['BENCH_DATABASE_URL']
    const schema = `bench_${randomUUID().replaceAll('-', '')}`
    const store = await openStore(databaseUrl === undefined ? { dataDir: folder } : { databaseUrl, schema, poolSize: 20 })
    await store.migrate()
    try {
      return await measured(store, progress)
    } finally {
      if (databaseUrl !== undefined) await store.runByHand(`drop schema ${schema} cascade`)
      await store.close()
    }
  }
}

async function measured (store: Store, progress: (text: string) => void): Promise<readonly Measured[]> {
  const office = await voucherOffice(store, { count: redeemed, sent: redeemed, perPerson: redeemed })
  const { campaignId } = office.batch
  const made = { id: '' }
  const generated = await usageOf(async () => {
    made.id = (await store.inTransaction((stores) => makeBatch(stores, voucherTools, {
      campaignId, group: 'elderly', examination: { name: 'CT', codes: ['CT01'] }, hospitalIds: ['east'], department: 'd', firstDay: '2027-05-01' as CalendarDate, lastDay: '2027-05-31' as CalendarDate, uses: 1, count: vouchers, by: 'bench'
    }, noon))).id
    await workDone(store)
  })
  progress(`${vouchers.toLocaleString('en')} generated`)
  const sent = await usageOf(async () => {
    await store.inTransaction((stores) => sendBatch(stores, voucherTools, { batchId: made.id, communityId: 'sunny', count: vouchers, by: 'bench' }, noon))
    await workDone(store)
  })
  progress('sent')
  const times = await redeemAll(store, office)
  progress(`${redeemed.toLocaleString('en')} redeemed`)
  const counted = await usageOf(async () => { await store.inReading((stores) => statisticsOf(stores, everything, 'community')) })
  const proven = await usageOf(async () => {
    const { wrongCounts, wrongStates } = await store.inReading(proveStatistics)
    if (wrongCounts + wrongStates > 0) throw new Error('the counts are wrong')
  })
  const dueAt = new Date('2027-06-01T00:05:00+08:00')
  const expired = await usageOf(async () => {
    const { expired } = await expireVouchers(lookAfter(store)).run(dueAt)
    if (expired !== vouchers) throw new Error(`${expired ?? 0} expired`)
  })
  const again = await usageOf(async () => { await expireVouchers(lookAfter(store)).run(dueAt) })
  const line = (what: string, { wallMs, cpuMs }: { readonly wallMs: number, readonly cpuMs: number }, goalMs: number): Measured =>
    ({ what: `${what} (${store.dialect})`, value: `${milliseconds(wallMs)}, ${milliseconds(cpuMs)} CPU`, against: `goal ${goalMs.toLocaleString('en')} ms`, isMet: wallMs <= goalMs })
  return [
    line(`${vouchers.toLocaleString('en')} generated`, generated, 60_000), line('sent to a community', sent, 60_000), line('statistics by community', counted, 1_000), line('counts proven against events and vouchers', proven, 10_000),
    line('expiry job', expired, 60_000), line('expiry job again', again, 1_000),
    { what: `redemption, ${redeemers} at a time (${store.dialect}), p99`, value: milliseconds(percentile(times, 0.99)), against: 'goal 300 ms', isMet: percentile(times, 0.99) <= 300 }
  ]
}

/** What waits in the outbox for batches. */
async function workDone (store: Store): Promise<void> {
  const carry = carryVoucherWork({ inTransaction: store.inTransaction, breathe, tools: voucherTools })
  for (const message of await store.inReading(({ outbox }) => outbox.due(noon, 10, voucherWorkKind))) {
    await carry(message)
    await store.inTransaction(({ outbox }) => outbox.markDone(message.id, noon))
  }
}

async function redeemAll (store: Store, office: Awaited<ReturnType<typeof voucherOffice>>): Promise<readonly number[]> {
  const uses: string[] = []
  for (let index = 0; index < redeemed; index += 1) uses.push((await office.examinedUse('anna', 'east')).id)
  const times: number[] = []
  const redeemer = async (): Promise<void> => {
    for (let useId = uses.pop(); useId !== undefined; useId = uses.pop()) {
      const id = useId
      const from = performance.now()
      await store.inTransaction((stores) => redeemUse(stores, voucherTools, { useId: id, by: 'bench' }, noon))
      times.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: redeemers }, redeemer))
  return times
}
