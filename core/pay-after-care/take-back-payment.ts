import { reverse } from '../ledger/index.ts'
import { negateFen } from '../money.ts'
import type { PaymentOrder } from '../payments/index.ts'
import { allocated, keepBill, type BillTools } from './keep-bill.ts'
import { hospitalsOf } from './take-payment.ts'
import type { RefundStores } from './take-refund.ts'

/**
 * The channel never had the money of an order that we had booked: its entries are reversed, and its bills owe again.
 * Decided by two persons of finance. Safe to repeat.
 */
export async function takeBackPayment (stores: RefundStores, tools: BillTools, order: PaymentOrder, at: Date): Promise<void> {
  await stores.bills.lockContract(order.subjectId)
  for (const [hospitalId] of hospitalsOf(order)) {
    const sourceKey = `payment-denied:${order.id}:${hospitalId}`
    const entry = await stores.ledger.bySourceKey(`payment:${order.id}:${hospitalId}`)
    if (entry === null || await stores.ledger.bySourceKey(sourceKey) !== null) continue
    await reverse(stores, { entryId: entry.id, id: tools.ids.next(), sourceKey, effectiveOn: entry.effectiveOn, postedAt: at, memo: null })
  }
  for (const { billId, amountFen } of await stores.bills.allocationsFrom('payment', order.id)) {
    const bill = await stores.bills.find(billId)
    if (bill === null) continue
    const after = await allocated(stores.bills, bill, { kind: 'payment', sourceId: `${order.id}:denied`, amountFen: negateFen(amountFen), at })
    if (after !== bill) await keepBill(stores, tools, { before: bill, after, cause: { kind: 'refund', id: `denied-${order.id}` }, at })
  }
}
