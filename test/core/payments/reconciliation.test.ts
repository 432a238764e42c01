import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Stores } from '../../../adapters/store/index.ts'
import { readStatement } from '../../../adapters/statements/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { addDays, startOfDayIn } from '../../../core/days.ts'
import { fen } from '../../../core/money.ts'
import { ourInsurance, outstandingOf, takeBackPayment, takePayment, type Bill, type Settlement } from '../../../core/pay-after-care/index.ts'
import { closeDay, reconcileDay, reopenDay, resolveDiscrepancy, usuallyBlocking, type ClosingRules, type Discrepancy, type Party, type Resolution, type StatementItem } from '../../../core/payments/index.ts'
import { aContract } from '../../fixtures/pay-after-care.ts'
import { anItem, insuranceFile } from '../../fixtures/statement-files.ts'
import { freshStore } from '../../fixtures/store.ts'
import { aLine, anOrder as payingOrder, aPart, at, aVisit, balances, calendar, charge, on, seeVisit, tools } from '../pay-after-care/a-ledger.ts'
import { depsOf, expectedIn, foundIn, ids, injectedKinds, reconciled, settleIn, statementOf, wechatParty, type Fate, type Injected, type Scene } from './injected-differences.ts'

/** By hand: RECONCILIATION_SEEDS=1000 node --import tsx test/core/payments/reconciliation.test.ts */
const seeds = Number(process.env['RECONCILIATION_SEEDS'] ?? 100)
t.setTimeout(Math.max(180_000, seeds * 2_000))
const firstDay = '2026-03-02' as CalendarDate
const fates = fc.array(fc.tuple(fc.constantFrom(...injectedKinds), fc.integer({ min: 3, max: 5_000_000 })), { minLength: 1, maxLength: 25 })
  .map((drawn): readonly Fate[] => drawn.map(([injected, amountFen], place) => ({ injected, amountFen, place })))
const sorted = (found: ReadonlyMap<string, readonly string[]>): unknown => [...found].map(([key, kinds]) => [key, [...kinds].sort()]).sort()

t.test('statements with injected differences of every kind → are classified without one mistake [acc:C-15]', { timeout: Math.max(120_000, seeds * 2_000) }, async (t) => {
  const store = await freshStore(t)
  let scenes = 0
  const nextScene = (drawn: readonly Fate[]): Scene => {
    scenes += 1
    return { day: addDays(firstDay, scenes * 10), prefix: `S${scenes}x`, fates: drawn }
  }
  await fc.assert(fc.asyncProperty(fates, async (drawn) => {
    const scene = nextScene(drawn)
    await settleIn(store, scene, ({ injected }) => injected !== 'comes_later')
    const found = await reconciled(store, scene, 1)
    t.strictSame(sorted(found), sorted(expectedIn(scene)))
    if (!t.passing()) throw new Error('differs')
  }), { numRuns: seeds, endOnFailure: true })
  t.comment(`${scenes} scenes`)
})

t.test('the books after a day', async (t) => {
  const books = async (store: Awaited<ReturnType<typeof freshStore>>): Promise<unknown> => store.inReading(async ({ ledger }) => (await ledger.trialBalance(null)).filter(({ balanceFen }) => balanceFen !== 0))
  const closing = async (store: Awaited<ReturnType<typeof freshStore>>): Promise<number> => store.inReading(async ({ ledger }) =>
    (await ledger.balances(['CLEAR:wechat', 'SUSPENSE:wechat'])).reduce((sum, { balanceFen }) => sum + balanceFen, 0))

  t.test('reconciled once and five times → are the same to the entry [I-53]', async (t) => {
    const scene = (prefix: string): Scene => ({ day: firstDay, prefix, fates: injectedKinds.map((injected, place) => ({ injected, amountFen: 10_000 + place * 7, place })) })
    const [once, often] = [await freshStore(t), await freshStore(t)]
    for (const [store, times] of [[once, 1], [often, 5]] as const) {
      await settleIn(store, scene('A'), ({ injected }) => injected !== 'comes_later')
      t.strictSame(sorted(await reconciled(store, scene('A'), times)), sorted(expectedIn(scene('A'))))
    }
    t.strictSame(await books(often), await books(once))
    t.strictSame(sorted(await foundIn(often, scene('A'))), sorted(await foundIn(once, scene('A'))))
  })

  t.test('→ leave nothing in clearing and suspense once all that stays open is what the channel does not owe [I-15]', async (t) => {
    const store = await freshStore(t)
    const settling = injectedKinds.filter((kind) => !['only_us', 'refund_only_us', 'amount_diff', 'refund_amount_diff', 'wrong_merchant', 'kind_diff'].includes(kind))
    const scene: Scene = { day: firstDay, prefix: 'B', fates: settling.map((injected, place) => ({ injected, amountFen: 9_999 + place, place })) }
    await settleIn(store, scene, ({ injected }) => injected !== 'comes_later')
    await reconciled(store, scene, 1)
    t.equal(await closing(store), 0)
    t.equal((await store.inReading(({ ledger }) => ledger.trialBalance(firstDay))).reduce((sum, { balanceFen }) => sum + balanceFen, 0), 0)
  })

  t.test('→ stand again where a run broke off at any page', async (t) => {
    const scene: Scene = { day: firstDay, prefix: 'C', fates: injectedKinds.map((injected, place) => ({ injected, amountFen: 500 + place, place })) }
    const whole = await freshStore(t)
    await settleIn(whole, scene, ({ injected }) => injected !== 'comes_later')
    const party = wechatParty(async () => statementOf(scene, 0))
    await reconcileDay(depsOf(whole), party, firstDay, new Date('2026-03-03T02:00:00Z'))
    for (let breakAt = 1; breakAt <= 9; breakAt += 1) {
      const store = await freshStore(t)
      await settleIn(store, scene, ({ injected }) => injected !== 'comes_later')
      let transactions = 0
      const breaking: typeof store.inTransaction = async (work) => {
        transactions += 1
        if (transactions === breakAt) throw new Error('power is gone')
        return await store.inTransaction(work)
      }
      await t.rejects(reconcileDay(depsOf({ inTransaction: breaking }), party, firstDay, new Date('2026-03-03T02:00:00Z')), { message: 'power is gone' })
      await reconcileDay(depsOf(store), party, firstDay, new Date('2026-03-03T02:00:00Z'))
      t.strictSame(await books(store), await books(whole))
      t.strictSame(sorted(await foundIn(store, scene)), sorted(await foundIn(whole, scene)))
    }
  })
})

t.test('a discrepancy', async (t) => {
  const at = new Date('2026-03-04T02:00:00Z')
  const aDayWith = async (t: Test, injected: readonly Injected[], party: Partial<Party<Stores>> = {}) => {
    const store = await freshStore(t)
    const scene: Scene = { day: firstDay, prefix: 'D', fates: injected.map((kind, place) => ({ injected: kind, amountFen: 10_000 + place, place })) }
    await settleIn(store, scene, () => true)
    const wechat = { ...wechatParty(async () => statementOf(scene, 0)), ...party }
    await reconcileDay(depsOf(store), wechat, firstDay, at)
    const resolve = (number: number, resolution: Resolution, by: string): Promise<Discrepancy> => store.inTransaction((stores) =>
      resolveDiscrepancy(stores, { deps: { ids }, party: wechat, at }, { reconciliationId: `wechat.${firstDay}`, number, resolution, reason: 'looked into', by }))
    const balances = async (...accounts: readonly string[]): Promise<readonly number[]> => {
      const found = await store.inReading(({ ledger }) => ledger.balances(accounts))
      return accounts.map((account) => found.filter((one) => one.account === account).reduce((sum, { balanceFen }) => sum + balanceFen, 0))
    }
    return { store, resolve, balances }
  }

  t.test('that moves money → needs two persons; the second confirmation changes nothing more', async (t) => {
    const { resolve, balances } = await aDayWith(t, ['only_channel'])
    t.strictSame(await balances('CLEAR:wechat', 'SUSPENSE:wechat'), [10_000, -10_000])
    t.equal((await resolve(1, 'return_money', 'anna')).state, 'proposed')
    await t.rejects(resolve(1, 'return_money', 'anna'), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    const resolved = await resolve(1, 'return_money', 'bo')
    t.strictSame([resolved.state, resolved.proposedBy, resolved.decidedBy], ['resolved', 'anna', 'bo'])
    t.strictSame(await balances('CLEAR:wechat', 'SUSPENSE:wechat'), [0, 0])
    t.strictSame(await resolve(1, 'return_money', 'bo'), resolved)
    await t.rejects(resolve(1, 'note', 'bo'), { code: 'DECISION_MADE' })
    t.strictSame(await balances('CLEAR:wechat', 'SUSPENSE:wechat'), [0, 0])
  })

  t.test('of the amount → follows the statement: the difference is an adjustment and clearing is empty', async (t) => {
    const { resolve, balances } = await aDayWith(t, ['amount_diff'])
    await resolve(1, 'follow_statement', 'anna')
    await resolve(1, 'follow_statement', 'bo')
    t.strictSame(await balances('CLEAR:wechat', 'ADJ:rounding', 'BANK:main', 'FEE:wechat'), [0, -1, 9_941, 60])
  })

  t.test('that the channel denies for good → is taken back by whoever booked it', async (t) => {
    const taken: string[] = []
    const { resolve } = await aDayWith(t, ['only_us'], { takeBack: async (_, { key }) => { taken.push(key) } })
    await resolve(1, 'take_back', 'anna')
    await resolve(1, 'take_back', 'bo')
    t.strictSame(taken, ['D0000'])
  })

  t.test('→ takes only what fits it; a note needs one person', async (t) => {
    const { resolve, store } = await aDayWith(t, ['fee_diff', 'duplicate'])
    await t.rejects(resolve(1, 'return_money', 'anna'), { code: 'REQUEST_INVALID' })
    await t.rejects(resolve(9, 'note', 'anna'), { code: 'DISCREPANCY_NOT_FOUND' })
    t.equal((await resolve(1, 'note', 'anna')).state, 'resolved')
    const rules: ClosingRules = { required: () => [{ source: 'wechat', hospitalId: null }], blocking: usuallyBlocking }
    const close = (day: CalendarDate): Promise<unknown> => store.inTransaction((stores) => closeDay(stores, rules, { day, hospitalId: 'east', by: 'anna', reason: null, today: '2026-03-04' as CalendarDate }, at))
    await t.rejects(close(firstDay), { code: 'DAY_NOT_CLOSABLE' })
    await resolve(2, 'note', 'anna')
    await close(firstDay)
    await t.rejects(close('2026-03-03' as CalendarDate), { code: 'DAY_NOT_CLOSABLE' }, 'not reconciled')
    await t.rejects(close('2026-03-04' as CalendarDate), { code: 'DAY_NOT_CLOSABLE' }, 'not over')
    t.strictSame(await store.inReading(async ({ days }) => [await days.isReconciled(firstDay, 'east'), await days.isReconciled(firstDay, 'west'), await days.closedUntil('east')]), [true, false, firstDay])
    await store.inTransaction((stores) => reopenDay(stores, { day: firstDay, hospitalId: 'east', by: 'anna', reason: 'late line' }, at))
    t.strictSame(await store.inReading(async ({ days }) => [await days.isReconciled(firstDay, 'east'), await days.closedUntil('east')]), [false, '2026-03-01'])
  })

  t.test('of a closed day → is settled on the first open day, so that the closed day keeps its totals [I-08]', async (t) => {
    const { store, resolve } = await aDayWith(t, ['agreed', 'only_channel'])
    const totals = (): Promise<unknown> => store.inReading(({ ledger }) => ledger.trialBalance(firstDay))
    const closed = { state: 'closed', day: firstDay, by: 'anna', reason: null, at } as const
    await store.inTransaction(async ({ days }) => { for (const hospitalId of ['east', 'suspense']) await days.save({ ...closed, hospitalId }) })
    const before = await totals()
    await resolve(1, 'return_money', 'anna')
    await resolve(1, 'return_money', 'bo')
    t.strictSame(await totals(), before)
    const back = await store.inReading(({ ledger }) => ledger.bySourceKey('back:suspense:wechat:CD0001'))
    t.strictSame([back?.effectiveOn, back?.memo], ['2026-03-03', 'of 2026-03-02'])
  })
})

t.test('a payment of bills that its channel denies → is taken back: its entries are reversed and the bill owes again', async (t) => {
  const store = await freshStore(t)
  await store.inTransaction(async (stores) => {
    await stores.patients.save({ id: 'A', hospitalId: 'east', personId: 'A', name: null, birthDate: null, gender: null, active: true, identifiers: [] })
    await stores.contracts.save(aContract('C'))
    await seeVisit(stores, aVisit())
    await charge(stores, aLine('c1', 10_000))
    await seeVisit(stores, aVisit({ state: 'closed' }))
    const bill = (await stores.bills.ofVisit('V'))[0] as Bill
    const order = payingOrder('P1', [aPart(bill, 10_000)])
    await takePayment(stores, tools, order, at)
    t.match(await balances(stores), { 'CLEAR:wechat': 10_000 })
    for (let time = 0; time < 2; time += 1) await takeBackPayment(stores, tools, order, at)
    t.strictSame(await balances(stores), { 'AR:patient:A': 10_000, 'REV:unsettled': -10_000 })
    t.equal(outstandingOf((await stores.bills.ofVisit('V'))[0] as Bill), 10_000)
  })
})

t.test('an insurer\'s list', async (t) => {
  const store = await freshStore(t)
  const day = '2027-03-01' as CalendarDate
  const split = { fund: '310', totalFen: fen(10_000), fundFen: fen(7_000), personalFen: fen(3_000), accountFen: fen(1_000), cashFen: fen(2_000) }
  const settled = (id: string, given: Partial<Settlement> = {}): Settlement => ({
    id, billId: '', attempt: Number(id), state: 'settled', chargedFen: fen(10_000), quoteId: 'q', settlementId: `S${id}.sealed`, split, code: null, askedAt: at, settledAt: at, endedAt: null, ...given
  })
  await store.inTransaction(async (stores) => {
    await stores.patients.save({ id: 'A', hospitalId: 'east', personId: 'A', name: null, birthDate: null, gender: null, active: true, identifiers: [] })
    await stores.contracts.save(aContract('C'))
    await seeVisit(stores, aVisit())
    await charge(stores, aLine('c1', 10_000))
    const { id: billId } = (await stores.bills.ofVisit('V'))[0] as Bill
    for (const one of [settled('1'), settled('2', { state: 'reversed', endedAt: at }), settled('3'), settled('4'), settled('5'), settled('6', { state: 'rejected', settlementId: null, settledAt: null })]) await stores.bills.saveSettlement({ ...one, billId })
  })
  const line = (number: number, key: string, given: Partial<StatementItem> = {}): StatementItem => anItem(number, {
    kind: 'settlement', key, amountFen: fen(10_000), split: { fundFen: fen(7_000), accountFen: fen(1_000), cashFen: fen(2_000) }, merchant: null, at, ...given
  })
  const content = insuranceFile([line(2, 'S1'), line(3, 'S2'), line(4, 'S2', { kind: 'settlement_reversal', amountFen: fen(-10_000) }), line(5, 'S3', { split: { fundFen: fen(7_500), accountFen: fen(500), cashFen: fen(2_000) } }),
    line(6, 'S4', { hospitalId: 'west' }), line(7, 'S9')])
  const party: Party<Stores> = {
    source: 'insurance', hospitalId: null, ours: ourInsurance(calendar, startOfDayIn('Asia/Shanghai')), read: readStatement.insurance, fetch: async () => content,
    expects: { merchants: null, feePpm: null, hospitalId: null }, books: { channel: 'insurance', account: 'main' }, learn: null, takeBack: null
  }
  t.equal(await reconcileDay(depsOf(store), party, day, on('2027-03-02')), 'reconciled')
  const found = await store.inReading(({ reconciliations }) => reconciliations.discrepancies({ reconciliationId: 'insurance.2027-03-01', hospitalId: null }, { limit: 20, offset: 0 }))
  t.strictSame(found.map(({ kind, key }) => `${kind} ${key}`).sort(), ['only_channel S9', 'only_us S5', 'split_diff S3', 'wrong_hospital S4'], 'settlements and reversals are agreed on in total and in their parts')
  t.strictSame((await store.inReading(({ ledger }) => ledger.balances(['CLEAR:insurance', 'BANK:main', 'SUSPENSE:insurance']))), [], 'it tells what is owed, so nothing is booked')
})
