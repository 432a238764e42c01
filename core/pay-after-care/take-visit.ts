import { type ChargeStore } from '../ledger/index.ts'
import type { Visit, VisitState } from '../visits/index.ts'
import type { Bill } from './bill.ts'
import { closed, isFinished, newBill, reopened } from './change-bill.ts'
import { keepBill, type BillTools, type KeepStores } from './keep-bill.ts'
import { isPostPay, usageOfContracts } from './post-pay.ts'
import type { ContractStore } from './ports.ts'
import { takeCharge } from './take-charge.ts'

export interface VisitStores extends KeepStores {
  readonly contracts: KeepStores['contracts'] & Pick<ContractStore, 'ofPatient'>
  readonly charges: Pick<ChargeStore, 'list'>
}

export interface ToldVisit {
  readonly visit: Visit
  /** What its record said before; null: it is new, so it has no bill yet. */
  readonly before: Pick<Visit, 'state' | 'payMode'> | null
}

const begunStates: readonly VisitState[] = ['unconfirmed', 'registered', 'in_progress', 'closed']
const endStates: readonly VisitState[] = ['closed', 'cancelled']
/** Lines of one visit that came before its bill. */
const earlierMost = 1_000

/**
 * What a visit does to its bills: the first one is opened when it is seen begun, and its end starts the clock. Answers
 * its bills, so that its charges in the same message need not be looked up. Costs a visit of nobody under contract one
 * look at the contracts when it is new, and one at the bills when it changes.
 */
export async function takeVisit (stores: VisitStores, tools: BillTools, { visit, before }: ToldVisit, at: Date): Promise<readonly Bill[]> {
  const known = before === null ? [] : await stores.bills.ofVisit(visit.id)
  if (known.length === 0) return await openFirst(stores, tools, { visit, before }, at)
  await stores.bills.lockContract((known[0] as Bill).contractId)
  const bills: Bill[] = []
  for (const bill of await stores.bills.ofVisit(visit.id)) bills.push(await follow(stores, tools, { bill, visit, before, at }))
  return bills
}

interface Follow extends ToldVisit {
  readonly bill: Bill
  readonly at: Date
}

async function follow (stores: VisitStores, tools: BillTools, { bill, visit, before, at }: Follow): Promise<Bill> {
  const after = afterVisit(bill, { visit, before }, { tools, at })
  if (after === bill) return bill
  return await keepBill(stores, tools, { before: bill, after, cause: { kind: 'visit', id: `${visit.state}:${after.closedOn ?? ''}` }, at })
}

interface Seen {
  readonly tools: BillTools
  readonly at: Date
}

/** A finished bill stays as it is, also when its visit goes on: what comes then is billed anew. */
function afterVisit (bill: Bill, told: ToldVisit, seen: Seen): Bill {
  const isEmergency = bill.isEmergency || told.visit.class === 'emergency'
  const classed = isEmergency === bill.isEmergency ? bill : { ...bill, isEmergency }
  return endStates.includes(told.visit.state) ? afterEnd(classed, told.visit, seen) : afterGoingOn(classed, told, seen)
}

function afterEnd (bill: Bill, { endedAt }: Visit, { tools: { calendar, settings }, at }: Seen): Bill {
  const closedOn = calendar(endedAt !== null && endedAt < at ? endedAt : at)
  if (bill.closedOn === null) return closed(bill, closedOn, settings)
  // The day is told, or told anew, after the visit was closed.
  const isToldAnew = endedAt !== null && bill.ordinal === 1 && bill.closedOn !== closedOn && !isFinished(bill, calendar(at))
  return isToldAnew ? closed(bill, closedOn, settings) : bill
}

/** A bill whose visit the hospital left open, and which was closed here, is not reopened by every message about the visit. */
function afterGoingOn (bill: Bill, { before }: ToldVisit, { tools: { calendar }, at }: Seen): Bill {
  const wasEnded = before !== null && endStates.includes(before.state)
  return wasEnded && bill.closedOn !== null && !isFinished(bill, calendar(at)) ? reopened(bill) : bill
}

async function openFirst (stores: VisitStores, tools: BillTools, { visit, before }: ToldVisit, at: Date): Promise<readonly Bill[]> {
  // How it is paid may be told after it has begun, by the record that registered it here.
  const wasBegun = before !== null && before.state !== 'planned' && before.state !== 'unconfirmed' && before.payMode === visit.payMode
  if (!begunStates.includes(visit.state) || wasBegun || visit.continuedAs !== null) return []
  const contracts = await stores.contracts.ofPatient(visit.patientId)
  if (contracts.length === 0) return []
  const { calendar, settings } = tools
  const usage = await usageOfContracts(stores, contracts)
  if (usage.contract === null || !isPostPay(visit, usage, { now: at, today: calendar(at), calendar, minimumOverdueFen: settings.minimumOverdueFen })) return []
  await stores.bills.lockContract(usage.contract.id)
  // Another transaction may have seen the visit first.
  if ((await stores.bills.ofVisit(visit.id)).length > 0) return await takeVisit(stores, tools, { visit, before: visit }, at)
  const billed = { visitId: visit.id, hospitalId: visit.hospitalId, patientId: visit.patientId, isEmergency: visit.class === 'emergency' }
  const opened = newBill(billed, { id: tools.ids.next(), contractId: usage.contract.id, ordinal: 1, at })
  const first = await keepBill(stores, tools, { before: null, after: afterVisit(opened, { visit, before: null }, { tools, at }), cause: { kind: 'visit', id: 'opened' }, at })
  return await withEarlierCharges(stores, tools, first, at)
}

/** Lines that named the visit before anybody had registered it. */
async function withEarlierCharges (stores: VisitStores, tools: BillTools, first: Bill, at: Date): Promise<readonly Bill[]> {
  const filter = { patientIds: null, visitId: first.visitId, hospitalId: null, state: null }
  const earlier = await stores.charges.list(filter, { limit: earlierMost, offset: 0 })
  if (earlier.length === 0) return [first]
  for (const charge of earlier) await takeCharge(stores, tools, { charge, isPosted: charge.state !== 'awaiting_charge', isCredited: charge.state === 'reversed' }, at)
  return await stores.bills.ofVisit(first.visitId)
}
