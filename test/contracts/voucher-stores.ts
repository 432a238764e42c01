import type { Test } from 'tap'
import { decideVoucher, foldEvents, handOut, proveStatistics, redeemUse, statisticsOf, voucherNumber, type StatisticsFilter, type Voucher } from '../../core/vouchers/index.ts'
import { expireVouchers } from '../../jobs/expire-vouchers.ts'
import { aHolder, carriedOut, lookAfter, noon, voucherOffice, voucherTools, wholeLife } from '../fixtures/voucher-office.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const all: StatisticsFilter = { campaignId: null, batch: null, communityId: null, hospitalId: null, group: null, fromMonth: null, toMonth: null }
const afterTheEnd = new Date('2027-06-01T00:05:00+08:00')

export function voucherStoresContract (t: Test, open: OpenStore): void {
  t.test('a batch → is numbered, generated piece by piece, and given to communities from the front, never more than there is [V-03 V-04]', async (t) => {
    const store = await open(t)
    const office = await voucherOffice(store, { count: 12, sent: 0 })
    const { number } = office.batch
    t.match(await store.inReading(({ voucherBatches }) => voucherBatches.find(office.batch.id)), { number, generated: 12, allocated: 0, uses: 1, hospitalIds: ['east', 'west'] })
    const run = { batch: number, fromSeq: 1, toSeq: 12, month: '2027-05', by: 'again', at: noon }
    t.equal(await store.inTransaction(({ vouchers }) => vouchers.generate(run)), 0, 'what is there already is left alone')
    const taken = await Promise.all([5, 5, 5].map((count) => store.inTransaction(({ voucherBatches }) => voucherBatches.allocate(number, count))))
    t.equal(taken.filter((places) => places === null).length, 1)
    t.same(taken.filter((places) => places !== null).sort((one, other) => one.fromSeq - other.fromSeq), [{ fromSeq: 1, toSeq: 5 }, { fromSeq: 6, toSeq: 10 }])
    const ids = new Set((await store.inReading(({ vouchers }) => vouchers.list({ patientIds: null, communityId: null, batch: number, state: 'generated' }, { limit: 50, offset: 0 }))).map(({ id }) => id))
    t.equal(ids.size, 12)
    t.ok([...ids].every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), 'random UUIDs')
  })

  t.test('a step → is taken once from each version, with its event and its count [I-40 I-44]', async (t) => {
    const store = await open(t)
    const office = await voucherOffice(store, { count: 3, sent: 3 })
    const [voucher] = await office.vouchers('sent')
    const step = (from: Voucher) => {
      const { after, ...happened } = decideVoucher(from, { kind: 'void', reason: 'tried' }, noon)
      const event = { batch: from.batch, fromSeq: from.seq, toSeq: from.seq, from: from.state, to: after.state, communityId: from.communityId, month: '2027-05', by: 'test', at: noon, ...happened }
      return store.inTransaction(({ vouchers }) => vouchers.step({ before: from, after, event }))
    }
    t.strictSame((await Promise.all(Array.from({ length: 8 }, () => step(voucher as Voucher)))).filter((won) => won).length, 1)
    const events = await store.inReading(({ vouchers }) => vouchers.events(voucher as Voucher, 50))
    t.strictSame(events.map(({ what, from, to }) => [what, from, to]), [['generated', null, 'generated'], ['sent', 'generated', 'sent'], ['voided', 'sent', 'void']])
    t.match(foldEvents(events), { state: 'void', redeemed: 0, communityId: 'sunny' }, 'the voucher is what its events say')
    const { total } = await store.inReading((stores) => statisticsOf(stores, all, null))
    t.match(total, { generated: 3, sent: 3, voided: 1, voidedOrExpired: 1, unsent: 0, unconverted: 3 })
    t.strictSame(await store.inReading(proveStatistics), { wrongCounts: 0, wrongStates: 0 })
  })

  t.test('what was not counted, or counted twice → is found [V-08 I-44]', async (t) => {
    const store = await open(t)
    const office = await voucherOffice(store, { count: 3, sent: 3 })
    const [voucher] = await office.vouchers('sent')
    await store.inTransaction(async ({ vouchers }) => {
      const after = { ...voucher as Voucher, state: 'converted' as const, version: (voucher as Voucher).version + 1 }
      const event = { batch: after.batch, fromSeq: after.seq, toSeq: after.seq, what: 'sent' as const, from: 'generated' as const, to: 'sent' as const, communityId: 'sunny', hospitalId: null, month: '2027-05', subjectId: null, reason: null, by: 'test', at: noon }
      await vouchers.step({ before: voucher as Voucher, after, event })
    })
    t.strictSame(await store.inReading(proveStatistics), { wrongCounts: 0, wrongStates: 3 }, 'a voucher that moved without its event')
  })

  t.test('the figures → are those of each community, hospital, month, group, batch and campaign, and of all together [V-08]', async (t) => {
    const store = await open(t)
    const office = await voucherOffice(store, { count: 6, sent: 4 })
    await wholeLife(office, { holder: 'anna', hospitalId: 'east' })
    await wholeLife(office, { holder: 'berta', hospitalId: 'west' })
    await store.inReading(async (stores) => {
      const by = async (key: Parameters<typeof statisticsOf>[2]) => (await statisticsOf(stores, all, key)).rows.map(({ key, figures: { generated, sent, redeemed } }) => [key, generated, sent, redeemed])
      t.same(new Set(await by('hospital')), new Set([['east', 0, 0, 1], [null, 6, 4, 0], ['west', 0, 0, 1]]))
      t.same(new Set(await by('community')), new Set([[null, 6, 0, 0], ['sunny', 0, 4, 2]]))
      t.strictSame(await by('group'), [['elderly', 6, 4, 2]])
      t.strictSame(await by('campaign'), [[office.batch.campaignId, 6, 4, 2]])
      t.strictSame(await by('batch'), [[office.batch.id, 6, 4, 2]])
      t.strictSame(await by('month'), [['2027-05', 6, 4, 2]])
      t.match((await statisticsOf(stores, { ...all, hospitalId: 'west' }, null)).total, { used: 1, examined: 1, redeemed: 1, generated: 0 })
      t.match((await statisticsOf(stores, { ...all, fromMonth: '2027-06' }, null)).total, { generated: 0 })
      t.strictSame(await proveStatistics(stores), { wrongCounts: 0, wrongStates: 0 })
    })
  })

  racesContract(t, open)
}

function racesContract (t: Test, open: OpenStore): void {
  t.test('100 vouchers and 40 redeemers of each → exactly 100 redemptions [acc:C-08 I-40]', async (t) => {
    const store = await open(t)
    const office = await voucherOffice(store, { count: 100, sent: 100, perPerson: 1_000 })
    const uses = await Promise.all(Array.from({ length: 100 }, () => office.examinedUse('anna', 'east')))
    const took: number[] = []
    const redeem = async (useId: string): Promise<void> => {
      const from = performance.now()
      await store.inTransaction((stores) => redeemUse(stores, voucherTools, { useId, by: 'redeemer' }, noon)).finally(() => took.push(performance.now() - from))
    }
    const outcomes = []
    for (const { id } of uses) outcomes.push(...await Promise.allSettled(Array.from({ length: 40 }, () => redeem(id))))
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 100)
    t.strictSame([...new Set(refusals(outcomes))], ['VOUCHER_USE_STATE_REFUSED'])
    t.match((await store.inReading((stores) => statisticsOf(stores, all, null))).total, { redeemed: 100, live: 0 })
    t.strictSame(await store.inReading(proveStatistics), { wrongCounts: 0, wrongStates: 0 })
    await carriedOut(store)
    t.strictSame(await store.inReading(({ voucherCopies }) => voucherCopies.differing(10)), [], 'person, back office and community agree [I-45]')
    t.equal((await store.inReading(({ voucherCopies }) => voucherCopies.writeOffs({ batch: office.batch.number, hospitalId: null }, { limit: 200, offset: 0 }))).length, 100)
    t.comment(`4,000 attempts, 40 at a time: p99 ${Math.round(took.sort((one, other) => one - other)[3_960] ?? 0)} ms`)
  })

  t.test('use against expiry at the same moment → has one winner, and never both [I-40]', async (t) => {
    const store = await open(t)
    const office = await voucherOffice(store, { count: 40, sent: 40, perPerson: 1_000 })
    const issued = await Promise.all(Array.from({ length: 40 }, () => office.issued('anna')))
    const lastMoment = new Date('2027-05-31T23:59:59.999+08:00')
    const using = issued.map(({ id }) => office.used(id, 'anna', 'east', lastMoment))
    const [outcomes] = await Promise.all([Promise.allSettled(using), expireVouchers(lookAfter(store)).run(afterTheEnd)])
    const won = outcomes.filter(({ status }) => status === 'fulfilled').length
    t.ok(refusals(outcomes).every((code) => code === 'VOUCHER_STATE_REFUSED'))
    const { total } = await store.inReading((stores) => statisticsOf(stores, all, null))
    t.match(total, { used: won, expired: 40 - won, live: 0 })
    t.strictSame(await store.inReading(proveStatistics), { wrongCounts: 0, wrongStates: 0 })
    t.strictSame(await expireVouchers(lookAfter(store)).run(afterTheEnd), { batches: 0, expired: 0 }, 'a second run changes nothing')
  })

  t.test('two windows of a community at once → never hand one voucher to two persons, nor one person two of a campaign [V-01 V-13]', async (t) => {
    const store = await open(t)
    const office = await voucherOffice(store, { count: 4, sent: 4, perPerson: 1 })
    const hand = (holder: 'anna' | 'berta') => store.inTransaction((stores) => handOut(stores, voucherTools, { communityId: 'sunny', which: { batchId: office.batch.id }, holder: aHolder(holder), contact: null, by: 'window' }, noon))
    const outcomes = await Promise.allSettled([hand('anna'), hand('berta'), hand('anna'), hand('berta'), hand('anna')])
    const handed = outcomes.flatMap((outcome) => outcome.status === 'fulfilled' ? [outcome.value.voucher] : [])
    t.equal(new Set(handed.map(voucherNumber)).size, 2)
    t.strictSame(new Set(handed.map(({ patientId }) => patientId)), new Set(['anna-east', 'berta-east']))
    t.strictSame([...new Set(refusals(outcomes))], ['VOUCHER_LIMIT_REACHED'])
  })
}
