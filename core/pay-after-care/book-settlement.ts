import { insuranceReceivable, patientReceivable, post, reverse, settledRevenue, unsettledRevenue, type LedgerStore } from '../ledger/index.ts'
import { negateFen, sumFen } from '../money.ts'
import { closeAlert, openAlert, type AlertStore, type OnCall } from '../operations/index.ts'
import type { Bill } from './bill.ts'
import { allocated, anEntry, keepBill, type BillTools, type KeepStores } from './keep-bill.ts'
import type { InsuranceSplit } from './ports.ts'
import { isSplitRight, type Settlement } from './settlement.ts'

export interface BookStores extends KeepStores {
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil' | 'byId'>
  readonly alerts: AlertStore
}

interface Tools extends BillTools {
  readonly onCall: OnCall
}

interface Booked {
  readonly settlement: Settlement
  readonly bill: Bill
}

const alertKey = ({ hospitalId }: Bill): string => `insurance-settlement:${hospitalId}`

/**
 * What the fund and the person's insurance account take over is owed by the fund, the rest by the person (I-11). A split
 * that does not add up is not put right here: it is taken back, and somebody is told.
 */
export async function bookSettlement (stores: BookStores, tools: Tools, { settlement, bill, split, settlementId }: Booked & { readonly split: InsuranceSplit, readonly settlementId: string }, at: Date): Promise<void> {
  const { fund, totalFen, fundFen, personalFen, accountFen, cashFen } = split
  const kept: Settlement = { ...settlement, state: 'settled', settlementId, split: { fund, totalFen, fundFen, personalFen, accountFen, cashFen }, settledAt: at }
  if (!isSplitRight(split, settlement.chargedFen)) {
    await stores.bills.saveSettlement({ ...kept, code: 'split_mismatch' })
    await alert(stores, tools, { bill, code: 'split_mismatch' }, at)
    return
  }
  await stores.bills.saveSettlement(kept)
  const insuredFen = sumFen([fundFen, accountFen])
  const taken = insuredFen === 0 ? [] : [{ account: insuranceReceivable(fund), amountFen: insuredFen }, { account: patientReceivable(bill.patientId), amountFen: negateFen(insuredFen) }]
  await post(stores, anEntry(tools.ids.next(), {
    hospitalId: bill.hospitalId, kind: 'settlement', sourceKey: settlementKey(settlement), effectiveOn: tools.calendar(at), postedAt: at,
    postings: [...taken, { account: unsettledRevenue, amountFen: totalFen }, { account: settledRevenue, amountFen: negateFen(totalFen) }]
  }))
  const after = await allocated(stores.bills, bill, { kind: 'insurance', sourceId: settlement.id, amountFen: insuredFen, at })
  if (after !== bill) await keepBill(stores, tools, { before: bill, after, cause: { kind: 'insurance', id: settlement.id }, at })
  for (const open of await stores.alerts.open()) if (open.key === alertKey(bill)) await closeAlert({ ...stores, ...tools }, open, at)
}

const settlementKey = ({ id }: Settlement): string => `settlement:${id}`

export async function bookReversal (stores: BookStores, tools: Tools, { settlement, bill }: Booked, at: Date): Promise<void> {
  await stores.bills.saveSettlement({ ...settlement, state: 'reversed', endedAt: at })
  const entry = await stores.ledger.bySourceKey(settlementKey(settlement))
  // Nothing was booked of a split that did not add up.
  if (entry === null || settlement.split === null) return
  await reverse(stores, { entryId: entry.id, id: tools.ids.next(), sourceKey: `settlement-reversal:${settlement.id}`, effectiveOn: tools.calendar(at), postedAt: at, memo: null })
  const insuredFen = sumFen([settlement.split.fundFen, settlement.split.accountFen])
  const after = await allocated(stores.bills, bill, { kind: 'insurance', sourceId: `reversal:${settlement.id}`, amountFen: negateFen(insuredFen), at })
  if (after !== bill) await keepBill(stores, tools, { before: bill, after, cause: { kind: 'insurance', id: `reversal-${settlement.id}` }, at })
}

/** The person owes the whole. Not being insured is no trouble; anything else is told to whoever is on call. */
export async function noteRejection (stores: BookStores, tools: Tools, { settlement, bill, code }: Booked & { readonly code: string }, at: Date): Promise<void> {
  await stores.bills.saveSettlement({ ...settlement, state: 'rejected', code, endedAt: at })
  if (code !== 'not_insured') await alert(stores, tools, { bill, code }, at)
}

async function alert (stores: BookStores, { ids, onCall }: Tools, { bill, code }: { readonly bill: Bill, readonly code: string }, at: Date): Promise<void> {
  await openAlert({ alerts: stores.alerts, outbox: stores.outbox, ids, onCall }, { key: alertKey(bill), detail: `bill ${bill.id}: ${code}` }, at)
}
