import t from 'tap'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import { calendarIn } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import {
  answerDispute, carryCardLock, carryCardUnlock, cureArrears, dunOwing, followOverdue, openDispute, sweepLocks, type Bill, type InsuranceGateway, type Outcome, type PayAfterCareSettings
} from '../../../core/pay-after-care/index.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'
import { aDueBill, aFullContract, day as on } from '../../fixtures/pay-after-care.ts'

const calendar = calendarIn('Asia/Shanghai')
const morning = (day: string): Date => new Date(`${day}T11:05:00+08:00`)
const moment = (day: string): { readonly now: Date, readonly today: ReturnType<typeof on> } => ({ now: morning(day), today: on(day) })
const breathe = async (): Promise<void> => undefined
const settings = { legalBasis: 'an act', locksCards: true, minimumOverdueFen: fen(0) } as PayAfterCareSettings

interface Setting {
  readonly store: Store
  readonly ids: { readonly next: () => string }
  readonly deps: { readonly inTransaction: Store['inTransaction'], readonly inReading: Store['inReading'], readonly breathe: typeof breathe, readonly ids: { readonly next: () => string }, readonly settings: PayAfterCareSettings }
  readonly noticesOf: () => Promise<readonly string[]>
  readonly waiting: (kind: string) => Promise<readonly string[]>
}

/** A person with a contract and one overdue bill at the east hospital, which has closed the day of the deadline unless told. */
async function aDebtor (t: Teardown, { bill = {}, closesDay = true, change = {} }: { readonly bill?: Parameters<typeof aDueBill>[0], readonly closesDay?: boolean, readonly change?: Partial<PayAfterCareSettings> } = {}): Promise<Setting> {
  const store = await freshStore(t)
  let last = 0
  const ids = { next: () => `id-${last += 1}` }
  await store.inTransaction(async ({ contracts, bills, patients, days }) => {
    await patients.save({ id: 'p1', hospitalId: 'east', personId: 'p1', name: '许样例', birthDate: on('1990-03-15'), gender: 'male', active: true, identifiers: [{ system: 'urn:oid:2.16.156.10011.1.3', value: residentId, type: 'NI' }] })
    await contracts.save(aFullContract())
    await bills.save(aDueBill(bill))
    if (closesDay) await closeDay({ days }, '2027-03-08')
  })
  const outbox = async (kind: string): Promise<readonly { readonly key: string }[]> => store.inReading(({ outbox }) => outbox.due(new Date('2100-01-01T00:00:00Z'), 1_000, kind))
  return {
    store,
    ids,
    deps: { ...store, breathe, ids, settings: { ...settings, ...change } },
    noticesOf: async () => (await store.inReading(({ outbox }) => outbox.due(new Date('2100-01-01T00:00:00Z'), 1_000, 'notice'))).map(({ payload }) => String(payload['template'])),
    waiting: async (kind) => (await outbox(kind)).map(({ key }) => key)
  }
}

/** Made of the region 000000, which is nowhere; the check character is right. */
const residentId = residentIdOf('11010519900315481')

function residentIdOf (seventeen: string): string {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  return seventeen + '10X98765432'.charAt(weights.reduce((sum, weight, place) => sum + weight * Number(seventeen.charAt(place)), 0) % 11)
}

async function closeDay ({ days }: Pick<Stores, 'days'>, day: string): Promise<void> {
  await days.save({ day: on(day), hospitalId: 'east', state: 'closed', by: 'job', reason: null, at: morning('2027-03-09') })
}

const pay = (store: Store, bill: Partial<Bill> = { paidFen: fen(14830) }): Promise<void> => store.inTransaction(async ({ bills }) => { await bills.save({ ...aDueBill(), ...bill }) })
const contractOf = ({ store }: Setting) => store.inReading(({ contracts }) => contracts.find('c1'))
const locksOf = ({ store }: Setting) => store.inReading(({ defaults }) => defaults.locksOf('c1'))
const lockId = async (setting: Setting): Promise<string> => (await locksOf(setting))[0]?.id ?? ''

function platform (answers: Partial<Record<'lock' | 'unlock', Outcome<{ readonly receiptId: string }>>> = {}): { readonly asked: string[], readonly insurance: Pick<InsuranceGateway, 'lock' | 'unlock'> } {
  const asked: string[] = []
  const answer = (kind: 'lock' | 'unlock') => async ({ key }: { readonly key: string }): Promise<Outcome<{ readonly receiptId: string }>> => {
    asked.push(key)
    return answers[kind] ?? { kind: 'ok', value: { receiptId: `receipt of ${kind}` } }
  }
  return { asked, insurance: { lock: answer('lock'), unlock: answer('unlock') } }
}

const carrying = ({ store, ids }: Setting, insurance: Pick<InsuranceGateway, 'lock' | 'unlock'> | null, day = '2027-03-09') => ({ inTransaction: store.inTransaction, insurance, ids, clock: { now: () => morning(day) }, calendar })
const message = (id: string) => ({ id: 'o1', kind: 'card-lock', key: 'k', payload: { lockId: id }, createdAt: morning('2027-03-09') })

t.test('somebody who owes', async (t) => {
  t.test('is reminded once a day, however often the job runs [I-24 I-27]', async (t) => {
    const setting = await aDebtor(t)
    const dunning = { ...setting.deps, isDeceased: async () => false }
    t.strictSame(await dunOwing(dunning, moment('2027-03-02')), { contracts: 1, reminded: 1, suppressed: 0 })
    t.strictSame(await dunOwing(dunning, moment('2027-03-02')), { contracts: 1, reminded: 0, suppressed: 0 })
    t.strictSame(await dunOwing(dunning, moment('2027-03-03')), { contracts: 1, reminded: 1, suppressed: 0 })
    t.strictSame(await setting.waiting('notice'), ['dunning:c1:2027-03-02', 'dunning:c1:2027-03-03'])
    await pay(setting.store)
    t.strictSame(await dunOwing(dunning, moment('2027-03-04')), { contracts: 0, reminded: 0, suppressed: 0 }, 'not any more once it is paid')
  })

  t.test('on an ended contract and on the one signed since → is reminded once, of both sums [I-24]', async (t) => {
    const setting = await aDebtor(t)
    await setting.store.inTransaction(async ({ contracts, bills }) => {
      await contracts.save({ ...aFullContract(), state: 'terminated', endedAt: morning('2027-03-02'), endedBecause: 'terminated' })
      await contracts.save({ ...aFullContract(), id: 'c2', signedAt: morning('2027-03-03') })
      await bills.save({ ...aDueBill(), id: 'b2', visitId: 'v2', contractId: 'c2' })
    })
    const dunning = { ...setting.deps, isDeceased: async () => false }
    t.strictSame(await dunOwing(dunning, moment('2027-03-05')), { contracts: 2, reminded: 1, suppressed: 0 })
    t.strictSame(await dunOwing(dunning, moment('2027-03-05')), { contracts: 2, reminded: 0, suppressed: 0 })
    const [reminder] = await setting.store.inReading(({ outbox }) => outbox.due(new Date('2100-01-01T00:00:00Z'), 10, 'notice'))
    t.match(reminder?.payload['params'], { amount: '296.60', bills: '2' })
  })

  t.test('keeps contract and card up to the end of the last day, and loses both on the next one [acc:C-13]', async (t) => {
    const setting = await aDebtor(t)
    t.strictSame(await followOverdue(setting.deps, moment('2027-03-08')), { contracts: 0, suspended: 0, locks: 0, waitingForDay: 0 })
    t.strictSame(await followOverdue(setting.deps, moment('2027-03-09')), { contracts: 1, suspended: 1, locks: 1, waitingForDay: 0 })
    t.match(await contractOf(setting), { state: 'suspended', suspendedBecause: 'overdue' })
    t.match(await locksOf(setting), [{ state: 'lock_requested', episode: '2027-03-08', legalBasis: 'an act', overdueFen: 14830 }])
    t.strictSame(await followOverdue(setting.deps, moment('2027-03-09')), { contracts: 1, suspended: 0, locks: 0, waitingForDay: 0 }, 'again: nothing new')
    t.strictSame(await setting.noticesOf(), ['contract_suspended'])
  })

  t.test('has nothing to fear while the day of the deadline is not reconciled [I-25]', async (t) => {
    const setting = await aDebtor(t, { closesDay: false })
    t.strictSame(await followOverdue(setting.deps, moment('2027-03-12')), { contracts: 1, suspended: 0, locks: 0, waitingForDay: 1 })
    await setting.store.inTransaction((stores) => closeDay(stores, '2027-03-08'))
    t.match(await followOverdue(setting.deps, moment('2027-03-12')), { suspended: 1, locks: 1 })
  })

  t.test('by a refund that came after a missed run → is followed by the first run after it, not by the one made up for [I-25]', async (t) => {
    const setting = await aDebtor(t)
    await setting.store.inTransaction(({ bills }) => bills.addAllocation({ billId: aDueBill().id, kind: 'payment', sourceId: 'refund', amountFen: fen(-477), at: morning('2027-03-11') }))
    t.match(await followOverdue(setting.deps, moment('2027-03-10')), { contracts: 1, suspended: 0, locks: 0 })
    t.match(await followOverdue(setting.deps, moment('2027-03-11')), { contracts: 1, suspended: 1, locks: 1 })
    t.match(await locksOf(setting), [{ requestedAt: morning('2027-03-11') }])
  })

  t.test('without a legal basis → only loses the privilege', async (t) => {
    const setting = await aDebtor(t, { change: { legalBasis: null } })
    t.match(await followOverdue(setting.deps, moment('2027-03-09')), { suspended: 1, locks: 0 })
    t.strictSame(await locksOf(setting), [])
  })
})

t.test('a card lock', async (t) => {
  t.test('is carried out, told, and undone when the debt is paid [I-26]', async (t) => {
    const setting = await aDebtor(t)
    await followOverdue(setting.deps, moment('2027-03-09'))
    const { asked, insurance } = platform()
    const id = await lockId(setting)
    await carryCardLock(carrying(setting, insurance))(message(id))
    t.match(await locksOf(setting), [{ state: 'locked', receiptId: 'receipt of lock' }])
    await pay(setting.store)
    t.strictSame(await setting.store.inTransaction((stores) => cureArrears(stores, setting.ids, 'c1', moment('2027-03-10'))), { isCured: true, unlocks: 1 })
    t.strictSame(await setting.waiting('card-unlock'), [`unlock:${id}:1`])
    await carryCardUnlock(carrying(setting, insurance, '2027-03-10'))(message(id))
    t.match(await locksOf(setting), [{ state: 'unlocked' }])
    t.match(await contractOf(setting), { state: 'active', suspendedBecause: null })
    t.strictSame(asked, [`lock:${id}`, `unlock:${id}`])
    t.strictSame(await setting.noticesOf(), ['contract_suspended', 'card_locked', 'contract_cured', 'card_unlocked'])
    t.match(await followOverdue(setting.deps, moment('2027-03-10')), { suspended: 0, locks: 0 })
  })

  t.test('is never asked for when the debt was paid meanwhile', async (t) => {
    const setting = await aDebtor(t)
    await followOverdue(setting.deps, moment('2027-03-09'))
    await pay(setting.store)
    const { asked, insurance } = platform()
    await carryCardLock(carrying(setting, insurance))(message(await lockId(setting)))
    t.strictSame(asked, [])
    t.match(await locksOf(setting), [{ state: 'unlocked', lockedAt: null }])
  })

  t.test('whose debt is paid while its answer is on the way → is undone as soon as the answer is there', async (t) => {
    const setting = await aDebtor(t)
    await followOverdue(setting.deps, moment('2027-03-09'))
    const id = await lockId(setting)
    const { insurance } = platform()
    const paidMeanwhile = { ...insurance, lock: async (command: Parameters<NonNullable<InsuranceGateway['lock']>>[0]) => {
      await pay(setting.store)
      await setting.store.inTransaction((stores) => cureArrears(stores, setting.ids, 'c1', moment('2027-03-09')))
      return insurance.lock === null ? { kind: 'unknown' as const } : insurance.lock(command)
    } }
    await carryCardLock(carrying(setting, paidMeanwhile))(message(id))
    t.match(await locksOf(setting), [{ state: 'unlock_requested' }])
    t.strictSame(await setting.waiting('card-unlock'), [`unlock:${id}:1`])
  })

  t.test('of unknown outcome → is asked for again; refused → stands as refused', async (t) => {
    const setting = await aDebtor(t)
    await followOverdue(setting.deps, moment('2027-03-09'))
    const id = await lockId(setting)
    await t.rejects(carryCardLock(carrying(setting, platform({ lock: { kind: 'unknown' } }).insurance))(message(id)), { code: 'OUTSIDE_UNAVAILABLE' })
    t.match(await locksOf(setting), [{ state: 'lock_requested' }])
    await carryCardLock(carrying(setting, platform({ lock: { kind: 'rejected', code: 'NO' } }).insurance))(message(id))
    t.match(await locksOf(setting), [{ state: 'lock_rejected' }])
  })

  t.test('that could not be undone → is tried again by the sweep, which counts it for an alert [I-26]', async (t) => {
    const setting = await aDebtor(t)
    await followOverdue(setting.deps, moment('2027-03-09'))
    const id = await lockId(setting)
    const refusing = platform({ unlock: { kind: 'rejected', code: 'BUSY' } })
    await carryCardLock(carrying(setting, refusing.insurance))(message(id))
    await pay(setting.store)
    t.strictSame(await sweepLocks(setting.deps, moment('2027-03-10')), { watched: 1, unlocks: 1, cured: 1, failed: 0 }, 'found by itself')
    await carryCardUnlock(carrying(setting, refusing.insurance))(message(id))
    t.match(await locksOf(setting), [{ state: 'unlock_failed' }])
    t.strictSame(await sweepLocks(setting.deps, moment('2027-03-10')), { watched: 1, unlocks: 1, cured: 0, failed: 1 })
    await carryCardUnlock(carrying(setting, platform().insurance))(message(id))
    t.match(await locksOf(setting), [{ state: 'unlocked' }])
    t.strictSame(await sweepLocks(setting.deps, moment('2027-03-11')), { watched: 0, unlocks: 0, cured: 0, failed: 0 })
  })
})

t.test('somebody who objects', async (t) => {
  t.test('is neither reminded nor locked for the amount, and set free where that was all', async (t) => {
    const setting = await aDebtor(t)
    await followOverdue(setting.deps, moment('2027-03-09'))
    await carryCardLock(carrying(setting, platform().insurance))(message(await lockId(setting)))
    const tools = { ids: setting.ids, calendar }
    const dispute = await setting.store.inTransaction(async (stores) => openDispute(stores, tools, {
      contract: aFullContract({ state: 'suspended', suspendedBecause: 'overdue' }), billId: 'b1', amountFen: null, text: 'it was not me', statement: null
    }, morning('2027-03-10')))
    t.match(dispute, { state: 'open', disputedFen: 14830, answerBy: '2027-03-30' })
    t.match(await contractOf(setting), { state: 'active' })
    t.match(await locksOf(setting), [{ state: 'unlock_requested' }])
    t.strictSame(await dunOwing({ ...setting.deps, isDeceased: async () => false }, moment('2027-03-11')), { contracts: 1, reminded: 0, suppressed: 1 })
    t.match(await followOverdue(setting.deps, moment('2027-03-11')), { suspended: 0, locks: 0 })
    await setting.store.inTransaction((stores) => answerDispute(stores, tools, { id: dispute.id, state: 'upheld', answer: 'the lines are right', by: 't2' }, morning('2027-03-12')))
    t.match(await followOverdue(setting.deps, moment('2027-03-12')), { suspended: 1, locks: 0 }, 'the privilege is lost again; an episode is locked once')
    await t.rejects(setting.store.inTransaction((stores) => answerDispute(stores, tools, { id: dispute.id, state: 'corrected', answer: 'again', by: 't2' }, morning('2027-03-12'))), { code: 'DISPUTE_ANSWERED' })
  })

  t.test('to more than is open → is refused', async (t) => {
    const setting = await aDebtor(t, { bill: { disputedFen: 14000 } })
    await t.rejects(setting.store.inTransaction(async (stores) => openDispute(stores, { ids: setting.ids, calendar }, { contract: aFullContract(), billId: 'b1', amountFen: fen(831), text: 'no', statement: null }, morning('2027-03-10'))),
      { code: 'BILL_AMOUNT_INVALID' })
  })
})
