import { badDebt, patientReceivable, post } from '../ledger/index.ts'
import { negateFen, type Fen } from '../money.ts'
import type { Bill } from './bill.ts'
import { allocated, anEntry, keepBill, type BillTools, type KeepStores } from './keep-bill.ts'

interface Recovery {
  readonly bill: Bill
  readonly amountFen: Fen
  /** The order or transaction that paid it; its own entry has the money. */
  readonly sourceId: string
}

/** 核销后收回: a new entry the other way, never a reversal of the write-off (I-06). */
export async function recoverOn (stores: KeepStores, tools: BillTools, { bill, amountFen, sourceId }: Recovery, at: Date): Promise<Bill> {
  const after = await allocated(stores.bills, bill, { kind: 'recovery', sourceId, amountFen, at })
  if (after === bill) return bill
  await post(stores, anEntry(tools.ids.next(), {
    hospitalId: bill.hospitalId, kind: 'recovery', sourceKey: `recovery:${bill.id}:${sourceId}`, effectiveOn: tools.calendar(at), postedAt: at,
    postings: [{ account: patientReceivable(bill.patientId), amountFen }, { account: badDebt, amountFen: negateFen(amountFen) }]
  }))
  return await keepBill(stores, tools, { before: bill, after, cause: { kind: 'payment', id: sourceId }, at })
}
