import assert from 'node:assert'
import { channelClearing, creditBalance, patientReceivable, post, type Posting } from '../ledger/index.ts'
import { fen, negateFen, sumFen, yuanText, type Fen } from '../money.ts'
import { noticeMessage } from '../notice.ts'
import { clearingShares, refundToSourceMessage, splitFen, type PaymentOrder, type PaymentPart } from '../payments/index.ts'
import { allocate, type Share } from './allocate.ts'
import { payableOf, recoverableOf, type Bill } from './bill.ts'
import { allocated, anEntry, keepBill, type BillTools, type KeepStores } from './keep-bill.ts'
import { recoverOn } from './recover.ts'

export const overpaidReason = 'overpaid'

/** What an order's money goes to at one hospital: bills first, what was given up next, the patient's balance last (I-10). */
interface Spread {
  readonly shares: readonly Share[]
  readonly recovered: readonly Share[]
  readonly leftFen: Fen
}

/**
 * 入账 of a payment order, once for each hospital whatever how often it is told (I-50). It is set against the bills that
 * its parts name; what they do not take, because somebody paid meanwhile, goes to the others there, the oldest first, and
 * what nobody owes goes back.
 */
export async function takePayment (stores: KeepStores, tools: BillTools, order: PaymentOrder, at: Date): Promise<void> {
  await stores.bills.lockContract(order.subjectId)
  const hospitals = hospitalsOf(order)
  const clearing = clearingOf(order, hospitals.map(([, parts]) => sumOf(parts)))
  let isNews = false
  for (const [place, [hospitalId, parts]] of hospitals.entries()) {
    isNews = await takeAt(stores, tools, { order, hospitalId, parts, clearing: clearing[place] ?? [] }, at) || isNews
  }
  if (isNews) await tellPaid(stores, tools, order, at)
}

/** Bills are paid by persons only (bill-purpose.ts). */
export function personOf (patientId: string | null): string {
  assert(patientId !== null, 'a bill is paid by a person')
  return patientId
}

const sumOf = (parts: readonly PaymentPart[]): Fen => sumFen(parts.map(({ amountFen }) => amountFen))

export function hospitalsOf ({ parts }: Pick<PaymentOrder, 'parts'>): ReadonlyArray<readonly [hospitalId: string, parts: readonly PaymentPart[]]> {
  return [...new Set(parts.map(({ hospitalId }) => hospitalId))].map((id) => [id, parts.filter(({ hospitalId }) => hospitalId === id)])
}

/** Which channels have each hospital's money; of a mixed order in proportion, to the fen (I-13). */
function clearingOf (order: PaymentOrder, amounts: readonly Fen[]): ReadonlyArray<readonly Posting[]> {
  const shares = clearingShares(order)
  const [first] = shares
  if (first === undefined || shares.length === 1) return amounts.map((amountFen) => [{ account: channelClearing(first?.channel ?? order.channel), amountFen }])
  const firsts = splitFen(first.amountFen, amounts)
  return amounts.map((amountFen, place) => {
    const ofFirst = firsts[place] ?? fen(0)
    return [{ account: channelClearing(first.channel), amountFen: ofFirst }, { account: channelClearing(shares[1]?.channel ?? first.channel), amountFen: fen(amountFen - ofFirst) }]
  })
}

interface AtHospital {
  readonly order: PaymentOrder
  readonly hospitalId: string
  readonly parts: readonly PaymentPart[]
  readonly clearing: readonly Posting[]
}

async function takeAt (stores: KeepStores, tools: BillTools, { order, hospitalId, parts, clearing }: AtHospital, at: Date): Promise<boolean> {
  const sourceKey = `payment:${order.id}:${hospitalId}`
  if (await stores.ledger.bySourceKey(sourceKey) !== null) return false
  const named = (await Promise.all(parts.map(({ referenceId }) => stores.bills.find(referenceId)))).filter((bill) => bill !== null)
  const others = (await stores.bills.outstanding(order.subjectId)).filter((bill) => bill.hospitalId === hospitalId && !named.some(({ id }) => id === bill.id))
  const { shares, recovered, leftFen } = spread(parts, named, others)
  const payer = personOf(parts[0]?.patientId ?? order.payerPatientId)
  const receivable = [...shares, ...recovered].map(({ bill, amountFen }) => ({ account: patientReceivable(bill.patientId), amountFen: negateFen(amountFen) }))
  const paidAt = order.paidAt ?? at
  await post(stores, anEntry(tools.ids.next(), {
    hospitalId, kind: 'payment', sourceKey, effectiveOn: order.paidOn ?? tools.calendar(paidAt), postedAt: at,
    postings: [...clearing, ...receivable, { account: creditBalance(payer), amountFen: negateFen(leftFen) }]
  }))
  for (const { bill, amountFen } of shares) {
    const after = await allocated(stores.bills, bill, { kind: 'payment', sourceId: order.id, amountFen, at: paidAt })
    await keepBill(stores, tools, { before: bill, after, cause: { kind: 'payment', id: order.id }, at, paidAt })
  }
  for (const { bill, amountFen } of recovered) await recoverOn(stores, tools, { bill: await stores.bills.find(bill.id) ?? bill, amountFen, sourceId: order.id }, at)
  if (leftFen > 0) {
    const back = [{ hospitalId, referenceId: parts[0]?.referenceId ?? order.subjectId, patientId: payer, amountFen: leftFen }]
    await stores.outbox.add(refundToSourceMessage({ orderId: order.id, amountFen: leftFen, parts: back, reason: overpaidReason }, { id: tools.ids.next(), key: `overpaid:${order.id}:${hospitalId}`, at }))
  }
  return true
}

/** The bills that the parts name take what their part says, as far as they can; the rest goes oldest first. */
function spread (parts: readonly PaymentPart[], named: readonly Bill[], others: readonly Bill[]): Spread {
  const taken = new Map<Bill, number>()
  const recovered: Share[] = []
  let left: number = sumOf(parts)
  const take = (bill: Bill, amountFen: number): void => {
    if (amountFen <= 0) return
    taken.set(bill, (taken.get(bill) ?? 0) + amountFen)
    left -= amountFen
  }
  for (const part of parts) {
    const bill = named.find(({ id }) => id === part.referenceId)
    if (bill !== undefined) take(bill, Math.min(part.amountFen, payableOf(bill) - (taken.get(bill) ?? 0)))
  }
  const open = [...named, ...others]
  for (const { bill, amountFen } of allocate(open, fen(left), (one) => fen(payableOf(one) - (taken.get(one) ?? 0))).shares) take(bill, amountFen)
  for (const { bill, amountFen } of allocate(named, fen(left), recoverableOf).shares) {
    recovered.push({ bill, amountFen })
    left -= amountFen
  }
  return { shares: [...taken].map(([bill, amountFen]) => ({ bill, amountFen: fen(amountFen) })), recovered, leftFen: fen(left) }
}

async function tellPaid (stores: KeepStores, { ids }: BillTools, order: PaymentOrder, at: Date): Promise<void> {
  const owedFen = sumFen((await stores.bills.outstanding(order.subjectId)).filter(({ closedOn }) => closedOn !== null).map(payableOf))
  const params = { amount: yuanText(order.amountFen), left: yuanText(owedFen) }
  await stores.outbox.add(noticeMessage({ template: 'bill_paid', patientId: personOf(order.payerPatientId), phone: null, params }, { id: ids.next(), key: `bill_paid:${order.id}`, at }))
}
