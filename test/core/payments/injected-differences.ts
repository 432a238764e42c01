import { createHash } from 'node:crypto'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import { readStatement } from '../../../adapters/statements/index.ts'
import { calendarIn, type CalendarDate } from '../../../core/clock.ts'
import { addDays } from '../../../core/days.ts'
import { post } from '../../../core/ledger/index.ts'
import { fen, negateFen } from '../../../core/money.ts'
import { learnLine, ourChannel, reconcileDay, type DiscrepancyKind, type ItemKind, type Party, type PaymentOrder, type ReconcileDeps, type Refund, type StatementItem } from '../../../core/payments/index.ts'
import { wechatFile } from '../../fixtures/statement-files.ts'

export const calendar = calendarIn('Asia/Shanghai')
export const feePpm = 6_000
const merchant = '1900000109'
let lastId = 0
export const ids = { next: (): string => `id${lastId += 1}` }

/** What is wrong with one order, and what must come of it; agreed: nothing. */
export const injectedKinds = ['agreed', 'agreed_refund', 'only_us', 'only_channel', 'amount_diff', 'shift_listed_early', 'shift_listed_late', 'day_diff', 'duplicate', 'refund_only_us', 'refund_only_channel',
  'refund_amount_diff', 'fee_diff', 'state_diff', 'refund_state_diff', 'wrong_merchant', 'kind_diff', 'two_hospitals', 'comes_later'] as const
export type Injected = typeof injectedKinds[number]

export interface Fate {
  readonly injected: Injected
  readonly amountFen: number
  readonly place: number
}

/** A day's worth of orders with their fates, in a store of ours and two statements: of the day and of the next one. */
export interface Scene {
  readonly day: CalendarDate
  readonly prefix: string
  readonly fates: readonly Fate[]
}

const noon = (day: CalendarDate): Date => new Date(`${day}T12:00:00+08:00`)
const feeOf = (amountFen: number): number => Math.sign(amountFen) * Math.floor((Math.abs(amountFen) * feePpm + 500_000) / 1e6)
const keyOf = ({ prefix }: Scene, { place }: Fate): string => `${prefix}${String(place).padStart(4, '0')}`
const isRefund = (injected: Injected): boolean => injected.includes('refund')

interface Ours {
  readonly day: CalendarDate | null
  readonly amountFen: number
}

/** Where an order stands with us; null: nowhere. */
function oursOf ({ day }: Scene, { injected, amountFen }: Fate): Ours | null {
  if (['only_channel', 'refund_only_channel', 'comes_later'].includes(injected)) return null
  if (['state_diff', 'refund_state_diff'].includes(injected)) return { day: null, amountFen }
  if (injected === 'shift_listed_early') return { day: addDays(day, 1), amountFen }
  return { day: injected === 'day_diff' ? addDays(day, -3) : day, amountFen }
}

type Listed = Partial<StatementItem> & { readonly on: 0 | 1, readonly times?: number }

/** How the channel lists it; null: nowhere. */
function listedOf ({ injected, amountFen }: Fate): Listed | null {
  const listed: Partial<Record<Injected, Listed | null>> = {
    only_us: null,
    refund_only_us: null,
    amount_diff: { on: 0, amountFen: fen(amountFen + 1) },
    refund_amount_diff: { on: 0, amountFen: fen(-amountFen - 1) },
    shift_listed_late: { on: 1 },
    duplicate: { on: 0, times: 2 },
    fee_diff: { on: 0, feeFen: fen(feeOf(amountFen) + 1) },
    wrong_merchant: { on: 0, merchant: '1900000999' },
    kind_diff: { on: 0, kind: 'refund', amountFen: fen(-amountFen) }
  }
  return listed[injected] === undefined ? { on: 0 } : listed[injected]
}

/** What must be found on the day, over both statements. */
export const expectedOf = ({ injected }: Fate): readonly string[] => ({
  agreed: [], agreed_refund: [], two_hospitals: [],
  shift_listed_early: ['date_shift closed_itself'], shift_listed_late: ['only_us closed_itself', 'date_shift closed_itself'],
  state_diff: ['state_diff closed_itself'], refund_state_diff: ['refund_state_diff closed_itself'], comes_later: ['only_channel closed_itself']
} as Partial<Record<Injected, readonly string[]>>)[injected] ?? [`${injected} open`]

export function statementOf (scene: Scene, on: 0 | 1): Buffer {
  const items = scene.fates.flatMap((fate): readonly StatementItem[] => {
    const listed = listedOf(fate)
    if (listed === null || listed.on !== on) return []
    const kind: ItemKind = listed.kind ?? (isRefund(fate.injected) ? 'refund' : 'payment')
    const amountFen = listed.amountFen ?? fen(isRefund(fate.injected) ? -fate.amountFen : fate.amountFen)
    const one: StatementItem = {
      line: 0, kind, key: keyOf(scene, fate), isDone: true, amountFen, feeFen: listed.feeFen ?? fen(feeOf(amountFen)), split: null, merchant: listed.merchant ?? merchant, hospitalId: null,
      channelNumber: `C${keyOf(scene, fate)}`, at: noon(addDays(scene.day, on))
    }
    return Array.from({ length: listed.times ?? 1 }, () => one)
  })
  return wechatFile(items)
}

export function anOrder (id: string, given: { readonly day: CalendarDate | null, readonly amountFen: number, readonly hospitals?: readonly string[], readonly state?: PaymentOrder['state'] }): PaymentOrder {
  const { day, amountFen, hospitals = ['east'], state = 'success' } = given
  const first = Math.floor(amountFen / 3)
  const amounts = hospitals.length === 1 ? [amountFen] : [first, amountFen - first]
  return {
    id, orderNumber: id, purpose: 'bills', subjectId: id, payerPatientId: 'p1', channel: 'wechat', mode: 'app', amountFen: fen(amountFen),
    parts: hospitals.map((hospitalId, place) => ({ hospitalId, referenceId: `b${place}`, patientId: 'p1', amountFen: fen(amounts[place] ?? 0) })),
    state: day === null ? 'pending' : state, cashFen: fen(amountFen), insuranceFen: fen(0), cashState: null, insuranceState: null, channelNumber: null, prepay: null, walletKey: null,
    createdAt: noon(day ?? '2026-03-01' as CalendarDate), expiresAt: noon(day ?? '2026-03-01' as CalendarDate), paidAt: day === null ? null : noon(day), paidOn: day, refundedFen: fen(0), queries: 0, nextQueryAt: null
  }
}

/** Puts our side into the store with the entries that payments and refunds make. */
export async function settleIn ({ inTransaction }: Pick<Store, 'inTransaction'>, scene: Scene, wanted: (fate: Fate) => boolean): Promise<void> {
  await inTransaction(async (stores) => {
    for (const fate of scene.fates.filter(wanted)) {
      const ours = fate.injected === 'comes_later' ? { day: addDays(scene.day, 1), amountFen: fate.amountFen } : oursOf(scene, fate)
      if (ours !== null) await keep(stores, keyOf(scene, fate), { ...ours, injected: fate.injected })
    }
  })
}

async function keep (stores: Stores, key: string, { day, amountFen, injected }: Ours & { readonly injected: Injected }): Promise<void> {
  const { payments } = stores
  if (!isRefund(injected)) {
    const order = anOrder(key, { day, amountFen, hospitals: injected === 'two_hospitals' ? ['east', 'west'] : ['east'] })
    await payments.save(order)
    if (day !== null) await bookPaid(stores, order, day)
    return
  }
  const order = anOrder(`O${key}`, { day: addDays(day ?? '2026-03-01' as CalendarDate, -10), amountFen: amountFen + 1, state: 'success' })
  await payments.save({ ...order, paidOn: '2020-01-01' as CalendarDate })
  const refund: Refund = {
    id: `R${key}`, orderId: order.id, refundNumber: key, sourceKey: `refund ${key}`, amountFen: fen(amountFen), parts: order.parts.map((part) => ({ ...part, amountFen: fen(amountFen) })), reason: 'overpaid',
    state: day === null ? 'submitted' : 'success', requestedBy: 'f1', requestedAt: order.createdAt, approvedBy: null, channelNumber: null, doneAt: day === null ? null : noon(day), doneOn: day, queries: 0, nextQueryAt: null
  }
  await payments.saveRefund(refund)
  if (day !== null) await bookRefunded(stores, refund, day)
}

async function bookRefunded (stores: Pick<Stores, 'ledger'>, { refundNumber, amountFen }: Refund, day: CalendarDate): Promise<void> {
  await post(stores, {
    id: ids.next(), hospitalId: 'east', kind: 'refund', sourceKey: `refund-done:${refundNumber}`, effectiveOn: day, postedAt: noon(day), reverses: null, memo: null,
    postings: [{ account: 'REFUND_PAYABLE', amountFen: fen(amountFen) }, { account: 'CLEAR:wechat', amountFen: negateFen(amountFen) }]
  })
}

export async function bookPaid (stores: Pick<Stores, 'ledger'>, { orderNumber, parts, channel }: PaymentOrder, day: CalendarDate): Promise<void> {
  for (const { hospitalId, amountFen } of parts) {
    await post(stores, {
      id: ids.next(), hospitalId, kind: 'payment', sourceKey: `paid:${orderNumber}:${hospitalId}`, effectiveOn: day, postedAt: noon(day), reverses: null, memo: null,
      postings: [{ account: `CLEAR:${channel}`, amountFen }, { account: 'AR:patient:p1', amountFen: negateFen(amountFen) }]
    })
  }
}

export const depsOf = ({ inTransaction }: Pick<Store, 'inTransaction'>): ReconcileDeps<Stores> => ({ inTransaction, ids, calendar, hash: (content) => createHash('sha256').update(content).digest('hex') })

/** WeChat Pay as a party whose word on payments is taken over, as the product does it. */
export function wechatParty (fetch: Party<Stores>['fetch']): Party<Stores> {
  const tools = { ids, calendar, purposes: { bills: { payables: { owed: async () => { throw new Error('nothing is created here') } }, payee: { paid: async (stores: Stores, order: PaymentOrder) => bookPaid(stores, order, order.paidOn ?? '2026-01-01' as CalendarDate), refunding: async () => undefined, refunded: async (stores: Stores, refund: Refund) => bookRefunded(stores, refund, refund.doneOn ?? '2026-01-01' as CalendarDate) } } } }
  return {
    source: 'wechat', hospitalId: null, ours: ourChannel(['wechat', 'mixed'], calendar), read: readStatement.wechat, fetch,
    expects: { merchants: [merchant], feePpm, hospitalId: null }, books: { channel: 'wechat', account: 'main' },
    learn: async (stores, line, at) => { await learnLine(stores, tools, { channel: 'wechat', line, at }) },
    takeBack: null
  }
}

/** Both days, the second one after what was late has come. Answers what was found of the first day's orders, by key. */
export async function reconciled (store: Store, scene: Scene, again: number): Promise<ReadonlyMap<string, readonly string[]>> {
  const party = wechatParty(async (day) => statementOf(scene, day === scene.day ? 0 : 1))
  const at = noon(addDays(scene.day, 2))
  for (let time = 0; time < again; time += 1) await reconcileDay(depsOf(store), party, scene.day, at)
  await settleIn(store, scene, ({ injected }) => injected === 'comes_later')
  for (let time = 0; time < again; time += 1) await reconcileDay(depsOf(store), party, addDays(scene.day, 1), at)
  return await foundIn(store, scene)
}

export async function foundIn (store: Store, scene: Scene): Promise<ReadonlyMap<string, readonly string[]>> {
  return await store.inReading(async ({ reconciliations }) => {
    const found = new Map<string, string[]>()
    for (const day of [scene.day, addDays(scene.day, 1)]) {
      const all = await reconciliations.discrepancies({ reconciliationId: `wechat.${day}`, hospitalId: null }, { limit: 1_000, offset: 0 })
      for (const { key, kind, state } of all) found.set(key, [...found.get(key) ?? [], `${kind satisfies DiscrepancyKind} ${state}`])
    }
    return found
  })
}

export const expectedIn = (scene: Scene): ReadonlyMap<string, readonly string[]> => new Map(scene.fates.flatMap((fate): ReadonlyArray<readonly [string, readonly string[]]> => {
  const expected = expectedOf(fate)
  return expected.length === 0 ? [] : [[keyOf(scene, fate), expected]]
}))
