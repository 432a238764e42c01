import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Stores, Store } from '../../../adapters/store/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { insuranceSettleKind, outstandingOf, settleInsurance, takePayment, type Bill, type BillTools, type InsuranceGateway, type Settlement } from '../../../core/pay-after-care/index.ts'
import { trialBalance } from '../../../core/ledger/index.ts'
import { anInsurer, anna, traveller, type AnInsurer } from '../../adapters/insurance/an-insurer.ts'
import { aContract, seedSettings } from '../../fixtures/pay-after-care.ts'
import { freshStore } from '../../fixtures/store.ts'
import { aLine, anOrder, aPart, at, aVisit, balances, calendar, charge, credited, on, seeVisit, tools as plain, waiting } from './a-ledger.ts'

const residentIdSystem = 'urn:oid:2.16.156.10011.1.3'

interface Scene extends AnInsurer {
  readonly store: Store
  readonly tools: BillTools
  /** Carries out what waits, as the outbox does; answers how it ended. */
  readonly settle: (insurance?: InsuranceGateway) => Promise<readonly string[]>
  readonly bill: () => Promise<Bill>
  readonly settlements: () => Promise<ReadonlyArray<Pick<Settlement, 'attempt' | 'state' | 'code'>>>
}

/** Anna, insured, with a closed visit of 148.30 yuan: 103.81 by the fund, 44.49 by herself. */
async function aScene (t: Test, person = anna): Promise<Scene> {
  const store = await freshStore(t)
  const insurer = anInsurer()
  const tools: BillTools = { ...plain, hasInsurance: true, settings: seedSettings }
  await store.inTransaction(async (stores) => {
    await stores.patients.save({ id: 'A', hospitalId: 'east', personId: 'A', name: person.name, birthDate: null, gender: null, active: true, identifiers: [{ system: residentIdSystem, value: person.residentId, type: null }] })
    await stores.contracts.save(aContract('C'))
    await seeVisit(stores, aVisit(), at, tools)
    await charge(stores, aLine('c1', 10_000), at, tools)
    await charge(stores, aLine('c2', 4_830), at, tools)
    t.strictSame(await waiting(stores, insuranceSettleKind), [], 'nothing is settled while the visit goes on')
    await seeVisit(stores, aVisit({ state: 'closed' }), at, tools)
  })
  const bill = async (): Promise<Bill> => await store.inReading(async ({ bills }) => (await bills.ofVisit('V'))[0] as Bill)
  const settle = async (insurance = insurer.gateway): Promise<readonly string[]> => {
    const carryOut = settleInsurance<Stores>({ ...tools, inTransaction: store.inTransaction, insurance, clock: { now: () => insurer.time.now }, calendar, onCall: [] })
    const outcomes: string[] = []
    for (const message of await store.inReading(({ outbox }) => outbox.due(new Date('2030-01-01T00:00:00Z'), 50, insuranceSettleKind))) {
      const outcome = await carryOut(message).then(() => 'done', (error: { code: string }) => error.code)
      if (outcome === 'done') await store.inTransaction(({ outbox }) => outbox.markDone(message.id, at))
      outcomes.push(outcome)
    }
    return outcomes
  }
  return { ...insurer, store, tools, settle, bill, settlements: async () => (await store.inReading(async ({ bills }) => await bills.settlements((await bill()).id))).map(({ attempt, state, code }) => ({ attempt, state, code })) }
}

const books = ({ store }: Scene): Promise<Readonly<Record<string, number>>> => store.inReading((stores) => balances(stores))
const ended = async (scene: Scene): Promise<readonly string[]> => (await scene.settlements()).map(({ state, code }) => code === null ? state : `${state} ${code}`)

t.test('a closed visit of an insured person', async (t) => {
  t.test('→ is settled once: the fund owes its part, the person the cash part (D-10) [I-11]', async (t) => {
    const scene = await aScene(t)
    t.strictSame([await scene.settle(), await scene.settle()], [['done'], []])
    t.match(await scene.bill(), { chargedFen: 14_830, insuredFen: 10_381 })
    t.strictSame(await books(scene), { 'AR:insurance:310': 10_381, 'AR:patient:A': 4_449, 'REV:settled': -14_830 })
    t.strictSame((await scene.store.inReading((stores) => waiting(stores, 'notice'))).map(({ template, params }) => [template, (params as { amount: string }).amount]), [['bill_due', '148.30'], ['bill_changed', '44.49']])
  })

  t.test('charged or credited afterwards → is reversed and settled anew; what was paid too much goes back', async (t) => {
    const scene = await aScene(t)
    await scene.settle()
    await scene.store.inTransaction(async (stores) => { await takePayment(stores, scene.tools, anOrder('o1', [aPart(await scene.bill(), 4_449)]), at) })
    await scene.store.inTransaction((stores) => charge(stores, credited(aLine('c1', 10_000)), on('2027-03-02'), scene.tools))
    t.strictSame(await scene.settle(), ['done'])
    t.strictSame(await ended(scene), ['reversed', 'settled'])
    t.match([await scene.bill(), outstandingOf(await scene.bill())], [{ chargedFen: 4_830, insuredFen: 3_381, paidFen: 1_449 }, 0])
    t.match(await books(scene), { 'AR:insurance:310': 3_381, 'CREDIT_BAL:patient:A': -3_000, 'CLEAR:wechat': 4_449, 'REV:settled': -4_830 })
    t.equal((await scene.store.inReading((stores) => waiting(stores, 'refund-to-source'))).reduce((sum, { amountFen }) => sum + Number(amountFen), 0), 3_000)
    t.ok((await scene.store.inReading((stores) => trialBalance(stores, null as CalendarDate | null))).isProven)
  })

  t.test('whose settlement was answered by nobody → is undone and settled under the next number, once for all', async (t) => {
    const scene = await aScene(t)
    let times = 0
    const losing: InsuranceGateway = { ...scene.gateway, settle: async (asked) => { const answer = await scene.gateway.settle(asked); times += 1; return times === 1 ? { kind: 'unknown' } : answer } }
    t.strictSame(await scene.settle(losing), ['done'])
    t.strictSame([await ended(scene), (await books(scene))['AR:insurance:310']], [['undone', 'settled'], 10_381])
  })

  t.test('whose undoing is uncertain too → is tried again later, and nothing is asked for under another number before', async (t) => {
    const scene = await aScene(t)
    const silent: InsuranceGateway = { ...scene.gateway, settle: async () => ({ kind: 'unknown' }), undoUnknown: async () => ({ kind: 'unknown' }) }
    t.strictSame([await scene.settle(silent), await scene.settle(silent), await ended(scene)], [['OUTSIDE_UNAVAILABLE'], ['OUTSIDE_UNAVAILABLE'], ['asked']])
    t.strictSame([await scene.settle(), await ended(scene)], [['done'], ['undone', 'settled']])
  })

  t.test('whose reversal got no answer → is asked for again under its own number', async (t) => {
    const scene = await aScene(t)
    await scene.settle()
    await scene.store.inTransaction((stores) => charge(stores, aLine('c3', 700), on('2027-03-02'), scene.tools))
    const losing: InsuranceGateway = { ...scene.gateway, reverse: async (asked) => { await scene.gateway.reverse(asked); return { kind: 'unknown' } } }
    t.strictSame([await scene.settle(losing), await ended(scene)], [['OUTSIDE_UNAVAILABLE'], ['reversing']])
    t.strictSame([await scene.settle(), await ended(scene)], [['done'], ['reversed', 'settled']])
    t.match(await books(scene), { 'AR:insurance:310': 10_871, 'AR:patient:A': 4_659 })
  })

  t.test('of which two runs know nothing of each other → is settled once in the end, whichever takes the other for broken off (simulation, seed 60)', async (t) => {
    for (const turns of [0, 1, 2, 3, 5, 8]) {
      const scene = await aScene(t)
      const slowly = async <Answer>(count: number, ask: () => Promise<Answer>): Promise<Answer> => {
        for (let turn = 0; turn < count; turn += 1) await setImmediate()
        const answer = await ask()
        for (let turn = 0; turn < count; turn += 1) await setImmediate()
        return answer
      }
      const { gateway } = scene
      const slow: InsuranceGateway = { ...gateway, settle: (asked) => slowly(turns, () => gateway.settle(asked)), undoUnknown: (asked) => slowly(turns, () => gateway.undoUnknown(asked)), preSettle: (asked) => slowly(turns, () => gateway.preSettle(asked)) }
      const runs = [1, 2, 3].map(() => scene.settle(slow))
      await Promise.all(runs)
      // As the outbox does: what gave no certain answer is asked for again.
      for (let again = 0; again < 5; again += 1) if ((await scene.settle()).join() === 'done') break
      const standing = (await scene.settlements()).filter(({ state }) => state === 'settled')
      t.match([standing.length, (await scene.bill()).insuredFen, (await books(scene))['AR:insurance:310']], [1, 10_381, 10_381], `with answers after ${turns} turns`)
      t.ok((await scene.settlements()).every(({ state }) => ['settled', 'undone', 'reversed'].includes(state)))
    }
  })

  t.test('whose split does not add up → is not put right: taken back, told to whoever is on call, and the person owes the whole [I-11]', async (t) => {
    const scene = await aScene(t)
    const wrong: InsuranceGateway = {
      ...scene.gateway,
      settle: async (asked) => { const answer = await scene.gateway.settle(asked); return answer.kind === 'ok' ? { ...answer, value: { ...answer.value, cashFen: answer.value.fundFen } } : answer }
    }
    t.strictSame([await scene.settle(wrong), await ended(scene)], [['done'], ['reversed split_mismatch']])
    t.match(await books(scene), { 'AR:patient:A': 14_830, 'REV:unsettled': -14_830 })
    t.match(await scene.store.inReading(({ alerts }) => alerts.open()), [{ key: 'insurance-settlement:east' }])
    await scene.store.inTransaction((stores) => charge(stores, aLine('c3', 100), on('2027-03-02'), scene.tools))
    await scene.settle()
    t.strictSame(await scene.store.inReading(({ alerts }) => alerts.open()), [], 'over when one is settled')
  })

  t.test('who turns out to be insured elsewhere, or is refused → owes the whole; a refusal is told', async (t) => {
    const scene = await aScene(t, traveller)
    t.strictSame([await scene.settle(), await ended(scene), outstandingOf(await scene.bill())], [['done'], ['rejected not_insured'], 14_830])
    const refused = await aScene(t)
    t.strictSame([await refused.settle({ ...refused.gateway, preSettle: async () => ({ kind: 'rejected', code: 'NO_SUCH_ITEM' }) }), await ended(refused)], [['done'], ['rejected NO_SUCH_ITEM']])
    t.match(await refused.store.inReading(({ alerts }) => alerts.open()), [{ key: 'insurance-settlement:east' }])
  })
})
