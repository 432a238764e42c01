import type { Calendar, CalendarDate } from '../clock.ts'
import type { Ids } from '../ids.ts'
import { creditBalance, funderReceivable, patientReceivable, post, type Entry, type LedgerStore, type Posting } from '../ledger/index.ts'
import { fen, negateFen, yuanText, type Fen } from '../money.ts'
import { noticeMessage, type NoticeTemplate } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import { refundToSourceMessage } from '../payments/index.ts'
import { isPastDeadline, outstandingOf, payableOf, type Allocation, type Bill } from './bill.ts'
import { settledOr, withAllocation } from './change-bill.ts'
import { cureArrears, type CureStores } from './cure-arrears.ts'
import type { BillStore } from './ports.ts'
import type { PayAfterCareSettings } from './settings.ts'

export interface KeepStores extends CureStores {
  readonly bills: BillStore
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

export interface BillTools {
  readonly ids: Ids
  readonly calendar: Calendar
  readonly settings: PayAfterCareSettings
  /** Whether an insurer can be asked at all. */
  readonly hasInsurance: boolean
}

/** What a bill changed by. `kind` says what the person hears of it, `id` names the occasion. */
export interface Cause {
  readonly kind: 'charge' | 'visit' | 'insurance' | 'window' | 'payment' | 'refund' | 'decision'
  readonly id: string
}

export interface Change {
  readonly before: Bill | null
  readonly after: Bill
  readonly cause: Cause
  readonly at: Date
  /** When the money came, where it did: the channel's own time (D-7). */
  readonly paidAt?: Date
}

export const insuranceSettleKind = 'insurance-settle'
/** Why money goes back that was paid for what is not owed any more (D-4). */
export const surplusReason = 'not_owed_any_more'

/**
 * The one place where a changed bill is saved, with all that follows from the change: a debt that somebody took over moves
 * on their account, what is paid too much goes back, insurance is asked anew, the person is told, arrears are cured.
 */
export async function keepBill (stores: KeepStores, tools: BillTools, { before, after: changed, cause, at, paidAt }: Change): Promise<Bill> {
  const moment = { now: at, today: tools.calendar(at) }
  if (before !== null) await followFunder(stores, tools, { before, after: changed, cause, at })
  // While its settlement is being made anew, nobody knows yet what of it is too much.
  const isUnsettled = tools.hasInsurance && changed.insuredFen > 0 && before?.chargedFen !== changed.chargedFen
  const after = settledOr(before, isUnsettled ? changed : await withoutSurplus(stores, tools, changed, at), paidAt ?? at)
  await stores.bills.save(after)
  if (asksInsurance(tools, before, after)) {
    await stores.outbox.add({ id: tools.ids.next(), kind: insuranceSettleKind, key: `${after.id}:${cause.id}:${after.chargedFen}`, payload: { billId: after.id }, createdAt: at })
  }
  if (!isUnsettled) await tell(stores, tools, { before, after, cause, at })
  const isLess = before !== null && outstandingOf(after) < outstandingOf(before)
  if (isLess && isPastDeadline(after, moment.today)) await cureArrears(stores, tools.ids, after.contractId, moment)
  return after
}

/** At each close, and whenever what was charged changes after it: then the settlement is made anew. */
function asksInsurance ({ hasInsurance }: BillTools, before: Bill | null, after: Bill): boolean {
  if (!hasInsurance || after.closedOn === null) return false
  const isNewlyClosed = before === null || before.closedOn === null
  return before?.chargedFen !== after.chargedFen || (isNewlyClosed && after.chargedFen > 0)
}

/** What is credited on a debt that was assigned is owed less to who took it over, not to the patient. */
async function followFunder ({ ledger }: Pick<KeepStores, 'ledger'>, { ids, calendar }: BillTools, { before, after, cause, at }: Change & { readonly before: Bill }): Promise<void> {
  if (before.funder === null || before.funder !== after.funder) return
  const changeFen = Math.max(0, outstandingOf(after)) - Math.max(0, outstandingOf(before))
  if (changeFen === 0) return
  await post({ ledger }, anEntry(ids.next(), {
    hospitalId: after.hospitalId, kind: 'assignment', sourceKey: `assignment:${after.id}:${cause.id}`, effectiveOn: calendar(at), postedAt: at,
    postings: [{ account: funderReceivable(before.funder), amountFen: fen(changeFen) }, { account: patientReceivable(after.patientId), amountFen: fen(-changeFen) }]
  }))
}

export function anEntry (id: string, entry: Pick<Entry, 'hospitalId' | 'kind' | 'sourceKey' | 'effectiveOn' | 'postedAt'> & { readonly postings: readonly Posting[] }): Entry {
  return { ...entry, id, reverses: null, memo: null, postings: entry.postings.filter(({ amountFen }) => amountFen !== 0) }
}

/** Adds an allocation and its sum; the same bill again where this source stands on it already. */
export async function allocated (bills: Pick<BillStore, 'addAllocation'>, bill: Bill, allocation: Omit<Allocation, 'billId'>): Promise<Bill> {
  if (allocation.amountFen === 0) return bill
  const isNew = await bills.addAllocation({ ...allocation, billId: bill.id })
  return isNew ? withAllocation(bill, allocation) : bill
}

/** The order an allocation belongs to: `{order}`, `{order}:refund:{refund}`, `{order}:surplus:{entry}`. */
const orderOf = ({ sourceId }: Allocation): string => sourceId.split(':', 1)[0] ?? sourceId

/** What of a bill was paid by which order and has not been sent back, the oldest order first. */
function paidByOrder (allocations: readonly Allocation[]): ReadonlyMap<string, number> {
  const paid = new Map<string, number>()
  for (const allocation of allocations) {
    const isOfOrder = allocation.kind === 'payment' || (allocation.kind === 'credit' && allocation.sourceId.includes(':surplus:'))
    if (isOfOrder) paid.set(orderOf(allocation), (paid.get(orderOf(allocation)) ?? 0) + allocation.amountFen)
  }
  return paid
}

/**
 * What was paid through our channels and is not owed any more, on a visit that is over, goes to the patient's balance and
 * back to where it came from, the newest order first (D-4). Money of the hospital's own window stays on the bill: the
 * window gives it back, and the HIS says so.
 */
async function withoutSurplus (stores: KeepStores, { ids, calendar }: BillTools, bill: Bill, at: Date): Promise<Bill> {
  let left: number = negateFen(outstandingOf(bill))
  if (bill.closedOn === null || left <= 0) return bill
  let kept = bill
  const inOrders = paidByOrder(await stores.bills.allocations(bill.id))
  for (const [orderId, paidFen] of [...inOrders].reverse()) {
    const amountFen = fen(Math.min(left, paidFen))
    if (amountFen <= 0) continue
    left -= amountFen
    const id = ids.next()
    kept = await allocated(stores.bills, kept, { kind: 'credit', sourceId: `${orderId}:surplus:${id}`, amountFen: negateFen(amountFen), at })
    await post(stores, anEntry(id, {
      hospitalId: bill.hospitalId, kind: 'credit', sourceKey: `surplus:${bill.id}:${id}`, effectiveOn: calendar(at), postedAt: at,
      postings: [{ account: patientReceivable(bill.patientId), amountFen }, { account: creditBalance(bill.patientId), amountFen: negateFen(amountFen) }]
    }))
    const parts = [{ hospitalId: bill.hospitalId, referenceId: bill.id, patientId: bill.patientId, amountFen }]
    await stores.outbox.add(refundToSourceMessage({ orderId, amountFen, parts, reason: surplusReason }, { id: ids.next(), key: `surplus:${bill.id}:${id}`, at }))
  }
  return kept
}

/** What the person hears, with the amount due now. A payment is told once by its order, not bill by bill. */
const templates: Readonly<Record<Cause['kind'], NoticeTemplate | null>> = {
  charge: 'bill_changed', visit: 'bill_changed', insurance: 'bill_changed', window: 'bill_paid', refund: 'bill_changed', payment: null, decision: null
}

async function tell ({ outbox }: Pick<KeepStores, 'outbox'>, { ids }: BillTools, { before, after, cause, at }: Change): Promise<void> {
  if (after.closedOn === null || after.dueOn === null) return
  const dueFen = payableOf(after)
  const params = billParams(after, { dueFen, dueOn: after.dueOn })
  const notice = { patientId: after.patientId, phone: null, params }
  if (before?.closedOn === null || before === null) {
    if (dueFen > 0) await outbox.add(noticeMessage({ ...notice, template: 'bill_due' }, { id: ids.next(), key: `bill_due:${after.id}:${after.closedOn}:${dueFen}`, at }))
    return
  }
  const template = templates[cause.kind]
  if (template === null || (payableOf(before) === dueFen && before.dueOn === after.dueOn)) return
  await outbox.add(noticeMessage({ ...notice, template }, { id: ids.next(), key: `${template}:${after.id}:${cause.id}`, at }))
}

/** Amounts, days and our own numbers only. */
function billParams (bill: Pick<Bill, 'id' | 'hospitalId'>, { dueFen, dueOn }: { readonly dueFen: Fen, readonly dueOn: CalendarDate }): Readonly<Record<string, string>> {
  return { amount: yuanText(dueFen), dueOn, hospital: bill.hospitalId, bill: bill.id }
}
