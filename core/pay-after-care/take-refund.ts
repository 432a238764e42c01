import { channelClearing, creditBalance, patientReceivable, post, refundPayable, reverse, type LedgerStore, type Posting } from '../ledger/index.ts'
import { negateFen, sumFen, type Fen } from '../money.ts'
import { splitFen, type PaymentOrder, type PaymentPart, type Refund } from '../payments/index.ts'
import type { Bill } from './bill.ts'
import { allocated, anEntry, keepBill, surplusReason, type BillTools, type KeepStores } from './keep-bill.ts'
import { hospitalsOf, overpaidReason, personOf } from './take-payment.ts'

export interface RefundStores extends KeepStores {
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil' | 'byId'>
}

const reservedKey = (refundId: string, hospitalId: string): string => `refund:${refundId}:${hospitalId}`

/** Money that was not owed any more lies on the patient's balance; any other refund makes its bills owe again. */
const isOfBalance = ({ reason }: Refund): boolean => reason === surplusReason || reason === overpaidReason

/** 退款受理: reserved at once, so that it cannot be spent twice. Safe to repeat. */
export async function reserveRefund (stores: RefundStores, tools: BillTools, { refund, order }: { readonly refund: Refund, readonly order: PaymentOrder }, at: Date): Promise<void> {
  await stores.bills.lockContract(order.subjectId)
  for (const [hospitalId, parts] of hospitalsOf(refund)) {
    const sourceKey = reservedKey(refund.id, hospitalId)
    // Of a half that was paid without the other nothing was ever booked (I-51).
    const isBooked = await stores.ledger.bySourceKey(`payment:${order.id}:${hospitalId}`) !== null
    if (!isBooked || await stores.ledger.bySourceKey(sourceKey) !== null) continue
    const accountOf = isOfBalance(refund) ? creditBalance : patientReceivable
    const postings: Posting[] = parts.map(({ patientId, amountFen }) => ({ account: accountOf(personOf(patientId)), amountFen }))
    await post(stores, anEntry(tools.ids.next(), {
      hospitalId, kind: 'refund', sourceKey, effectiveOn: tools.calendar(at), postedAt: at, postings: [...postings, { account: refundPayable, amountFen: negateFen(sumOf(parts)) }]
    }))
    if (!isOfBalance(refund)) await owedAgain(stores, tools, { parts, sourceId: `${order.id}:refund:${refund.id}`, sign: -1, refundId: refund.id }, at)
  }
}

/** Done: the channel has paid it out. Failed: everything as before. */
export async function endRefund (stores: RefundStores, tools: BillTools, { refund, order }: { readonly refund: Refund, readonly order: PaymentOrder }, at: Date): Promise<void> {
  if (refund.state !== 'success' && refund.state !== 'failed') return
  await stores.bills.lockContract(order.subjectId)
  const hospitals = hospitalsOf(refund)
  const clearing = clearingOf(refund, order, hospitals.map(([, parts]) => sumOf(parts)))
  for (const [place, [hospitalId, parts]] of hospitals.entries()) {
    const reserved = await stores.ledger.bySourceKey(reservedKey(refund.id, hospitalId))
    if (reserved === null) continue
    const moment = { effectiveOn: tools.calendar(at), postedAt: at }
    if (refund.state === 'failed') {
      await reverse(stores, { ...moment, entryId: reserved.id, id: tools.ids.next(), sourceKey: `refund-failed:${refund.id}:${hospitalId}`, memo: null })
      if (!isOfBalance(refund)) await owedAgain(stores, tools, { parts, sourceId: `${order.id}:refund-failed:${refund.id}`, sign: 1, refundId: refund.id }, at)
    } else if (await stores.ledger.bySourceKey(`refund-done:${refund.id}:${hospitalId}`) === null) {
      await post(stores, anEntry(tools.ids.next(), {
        ...moment, effectiveOn: refund.doneOn ?? moment.effectiveOn, hospitalId, kind: 'refund', sourceKey: `refund-done:${refund.id}:${hospitalId}`,
        postings: [{ account: refundPayable, amountFen: sumOf(parts) }, ...(clearing[place] ?? [])]
      }))
    }
  }
}

const sumOf = (parts: readonly PaymentPart[]): Fen => sumFen(parts.map(({ amountFen }) => amountFen))

function clearingOf ({ half }: Refund, { channel, cashFen, insuranceFen }: PaymentOrder, amounts: readonly Fen[]): ReadonlyArray<readonly Posting[]> {
  const from = (name: string, amountFen: Fen): Posting => ({ account: channelClearing(name), amountFen: negateFen(amountFen) })
  if (channel !== 'mixed') return amounts.map((amountFen) => [from(channel, amountFen)])
  if (half !== undefined) return amounts.map((amountFen) => [from(half === 'cash' ? 'wechat' : 'insurance', amountFen)])
  return amounts.map((amountFen) => {
    const [cash, insurance] = splitFen(amountFen, [cashFen, insuranceFen]) as [Fen, Fen]
    return [from('wechat', cash), from('insurance', insurance)]
  })
}

interface OwedAgain {
  readonly parts: readonly PaymentPart[]
  readonly sourceId: string
  readonly sign: 1 | -1
  readonly refundId: string
}

async function owedAgain (stores: RefundStores, tools: BillTools, { parts, sourceId, sign, refundId }: OwedAgain, at: Date): Promise<void> {
  for (const { referenceId, amountFen } of parts) {
    const bill: Bill | null = await stores.bills.find(referenceId)
    if (bill === null) continue
    const after = await allocated(stores.bills, bill, { kind: 'payment', sourceId, amountFen: sign === 1 ? amountFen : negateFen(amountFen), at })
    if (after !== bill) await keepBill(stores, tools, { before: bill, after, cause: { kind: 'refund', id: `${refundId}:${sign}` }, at })
  }
}
