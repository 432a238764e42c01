import { DomainError } from '../errors.ts'
import { badDebt, funderReceivable, patientReceivable, post } from '../ledger/index.ts'
import { negateFen, yuanText, type Fen } from '../money.ts'
import { noticeMessage } from '../notice.ts'
import { isPastDeadline, payableOf, type Bill } from './bill.ts'
import { allocated, anEntry, keepBill, type BillTools, type KeepStores } from './keep-bill.ts'
import type { DecisionStore } from './ports.ts'
import type { Decision } from './write-off.ts'

export interface DecisionStores extends KeepStores {
  readonly decisions: DecisionStore
}

export interface RequestDecision extends Pick<Decision, 'kind' | 'billId' | 'funder' | 'reason'> {
  /** Null: all that is owed. */
  readonly amountFen: Fen | null
  readonly by: string
}

export const noBill = (): DomainError => new DomainError('BILL_NOT_FOUND', 'No bill has this id; list the bills of the person.')
export const noDecision = (): DomainError => new DomainError('DECISION_NOT_FOUND', 'No decision has this id; list the decisions.')

/** 核销 or 转让, the first pair of eyes: nothing moves yet. */
export async function requestDecision (stores: DecisionStores, tools: BillTools, wanted: RequestDecision, at: Date): Promise<Decision> {
  const bill = await stores.bills.find(wanted.billId)
  if (bill === null) throw noBill()
  const { kind, billId, funder, reason } = wanted
  const amountFen = wanted.amountFen ?? payableOf(bill)
  refuseUnlessPossible(bill, { kind, amountFen }, tools.calendar(at))
  const decision: Decision = {
    id: tools.ids.next(), kind, billId, hospitalId: bill.hospitalId, amountFen, funder, reason, state: 'requested', requestedBy: wanted.by, requestedAt: at, decidedBy: null, decidedAt: null
  }
  await stores.decisions.saveDecision(decision)
  return decision
}

/** A write-off is of what is overdue (§1.4), up to all of it; a debt is assigned as a whole, once its visit is over. */
function refuseUnlessPossible (bill: Bill, { kind, amountFen }: Pick<Decision, 'kind' | 'amountFen'>, today: ReturnType<BillTools['calendar']>): void {
  const owedFen = payableOf(bill)
  if (kind === 'write_off' && !isPastDeadline(bill, today)) throw new DomainError('BILL_NOT_OVERDUE', 'Only what is past its deadline is written off. Wait for the deadline, or have the HIS credit the charge.')
  if (kind === 'assignment' && bill.closedOn === null) throw new DomainError('BILL_AMOUNT_INVALID', 'The visit goes on, so its amount is not final. Assign the debt when the visit is closed.')
  const isRight = kind === 'write_off' ? amountFen > 0 && amountFen <= owedFen : amountFen > 0 && amountFen === owedFen
  if (!isRight) throw new DomainError('BILL_AMOUNT_INVALID', kind === 'write_off' ? 'Write off more than nothing and at most what is owed. Read the bill again.' : 'A debt is assigned as a whole. Read the bill again.', 'amountFen')
}

export interface DecideDecision {
  readonly id: string
  readonly verdict: 'approved' | 'refused'
  readonly by: string
}

/** The second pair of eyes, never the first one's. What was asked for is checked again: the bill may have changed. */
export async function decideDecision (stores: DecisionStores, tools: BillTools, { id, verdict, by }: DecideDecision, at: Date): Promise<Decision> {
  const asked = await stores.decisions.findDecision(id)
  if (asked === null) throw noDecision()
  if (asked.requestedBy === by) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Whoever asked for it does not decide it. Another person of finance does.')
  const decided: Decision = { ...asked, state: verdict, decidedBy: by, decidedAt: at }
  if (!await stores.decisions.decide(decided)) throw new DomainError('DECISION_MADE', 'This is decided already. Ask for another decision.')
  if (verdict === 'approved') await carryOutDecision(stores, tools, decided, at)
  return decided
}

async function carryOutDecision (stores: DecisionStores, tools: BillTools, decision: Decision, at: Date): Promise<void> {
  const known = await stores.bills.find(decision.billId)
  if (known === null) throw noBill()
  await stores.bills.lockContract(known.contractId)
  const bill = await stores.bills.find(decision.billId) ?? known
  refuseUnlessPossible(bill, decision, tools.calendar(at))
  await (decision.kind === 'write_off' ? writeOff : assign)(stores, tools, { bill, decision }, at)
}

interface Carrying {
  readonly bill: Bill
  readonly decision: Decision
}

/** 核销: BADDEBT + / AR −. It may still be paid: that is a recovery. */
async function writeOff (stores: DecisionStores, tools: BillTools, { bill, decision: { id, amountFen } }: Carrying, at: Date): Promise<void> {
  const after = await allocated(stores.bills, bill, { kind: 'write_off', sourceId: id, amountFen, at })
  await post(stores, anEntry(tools.ids.next(), {
    hospitalId: bill.hospitalId, kind: 'write_off', sourceKey: `write-off:${id}`, effectiveOn: tools.calendar(at), postedAt: at,
    postings: [{ account: badDebt, amountFen }, { account: patientReceivable(bill.patientId), amountFen: negateFen(amountFen) }]
  }))
  await keepBill(stores, tools, { before: bill, after, cause: { kind: 'decision', id }, at })
  const notice = { template: 'bill_written_off', patientId: bill.patientId, phone: null, params: { amount: yuanText(amountFen), bill: bill.id, hospital: bill.hospitalId } } as const
  await stores.outbox.add(noticeMessage(notice, { id: tools.ids.next(), key: `bill_written_off:${id}`, at }))
}

/** 债权转让: AR:funder + / AR −. From now on it is owed to whoever took it over. */
async function assign (stores: DecisionStores, tools: BillTools, { bill, decision: { id, amountFen, funder } }: Carrying, at: Date): Promise<void> {
  if (funder === null) throw new DomainError('REQUEST_INVALID', 'Name who takes the debt over.', 'funder')
  await post(stores, anEntry(tools.ids.next(), {
    hospitalId: bill.hospitalId, kind: 'assignment', sourceKey: `assignment:${id}`, effectiveOn: tools.calendar(at), postedAt: at,
    postings: [{ account: funderReceivable(funder), amountFen }, { account: patientReceivable(bill.patientId), amountFen: negateFen(amountFen) }]
  }))
  await keepBill(stores, tools, { before: bill, after: { ...bill, funder }, cause: { kind: 'decision', id }, at })
}
