import type { CalendarDate } from '../clock.ts'
import type { BookedCharge } from '../ledger/index.ts'
import { fen, negateFen, type Fen } from '../money.ts'
import { allocate } from './allocate.ts'
import { outstandingOf, type Bill, type BillLine } from './bill.ts'
import { isFinished, newBill, withLine } from './change-bill.ts'
import { allocated, keepBill, type BillTools, type KeepStores } from './keep-bill.ts'
import { takeWindowPayment } from './take-window-payment.ts'

/**
 * 记账 on the bill. A charge, adjustment or credit of a visit under contract stands on a bill of that visit; any
 * other touches none, for one look by index at most. `known`: the visit's bills, where the caller has just read them.
 */
export async function takeCharge (stores: KeepStores, tools: BillTools, booked: BookedCharge & { readonly known?: readonly Bill[] | undefined }, at: Date): Promise<void> {
  const { charge: { kind, amountFen, visitId }, known } = booked
  if (amountFen === null || amountFen === 0 || !(booked.isPosted || booked.isCredited)) return
  if (kind === 'payment') await takeWindowPayment(stores, tools, { ...booked, amountFen }, at)
  else if (visitId !== null) await takeLine(stores, tools, { ...booked, amountFen, bills: known ?? await stores.bills.ofVisit(visitId) }, at)
}

interface OnVisit extends BookedCharge {
  readonly amountFen: Fen
  readonly bills: readonly Bill[]
}

async function takeLine (stores: KeepStores, tools: BillTools, line: OnVisit, at: Date): Promise<void> {
  const [any] = line.bills
  if (any === undefined) return
  await stores.bills.lockContract(any.contractId)
  const bills = await stores.bills.ofVisit(any.visitId)
  const standing = await stores.bills.lineOf(line.charge.id)
  // A credit that came before its charge leaves nothing, so it opens nothing.
  const before = standing === null ? billFor(bills, { amountFen: line.isCredited ? fen(0) : line.amountFen, today: tools.calendar(at) }) : bills.find(({ id }) => id === standing.billId)
  if (line.isPosted) await postHold(stores, any.visitId, line.charge, at)
  if (before === undefined) return
  const bill = before === 'next' ? next(bills, tools, at) : before
  const after = await withLines(stores, tools, { bill, line }, at)
  if (after === bill) return
  await keepBill(stores, tools, { before: before === 'next' ? null : before, after, cause: { kind: 'charge', id: line.isCredited ? `credit-${line.charge.id}` : line.charge.id }, at })
  if (before === 'next') await setOff(stores, tools, bill.visitId, at)
}

async function withLines ({ bills }: Pick<KeepStores, 'bills'>, { settings, calendar }: BillTools, { bill, line: { charge, isPosted, isCredited, amountFen } }: { readonly bill: Bill, readonly line: OnVisit }, at: Date): Promise<Bill> {
  const line: BillLine = { billId: bill.id, chargeId: charge.id, kind: 'charge', amountFen, occurredOn: charge.occurredOn ?? calendar(at), at }
  const reversal: BillLine = { ...line, kind: 'reversal', amountFen: negateFen(amountFen), occurredOn: charge.creditedBy?.occurredOn ?? line.occurredOn }
  let after = bill
  for (const one of [...isPosted ? [line] : [], ...isCredited ? [reversal] : []]) {
    if (await bills.addLine(one)) after = withLine(after, one, { terms: settings, calendar })
  }
  return after
}

/** D-3. What takes something off never opens a bill. */
function billFor (bills: readonly Bill[], { amountFen, today }: { readonly amountFen: Fen, readonly today: CalendarDate }): Bill | 'next' | undefined {
  const latest = bills.at(-1)
  return latest !== undefined && amountFen > 0 && isFinished(latest, today) ? 'next' : latest
}

/** The visit's next bill: over already where the visit is. */
function next (bills: readonly Bill[], { ids, calendar }: BillTools, at: Date): Bill {
  const { visitId, hospitalId, patientId, isEmergency, contractId, ordinal, closedOn } = bills.at(-1) as Bill
  const opened = newBill({ visitId, hospitalId, patientId, isEmergency }, { id: ids.next(), contractId, ordinal: ordinal + 1, at })
  return { ...opened, closedOn: closedOn === null ? null : calendar(at) }
}

/** What the window took too much for a visit is set against what the visit is billed later. */
async function setOff (stores: KeepStores, tools: BillTools, visitId: string, at: Date): Promise<void> {
  for (;;) {
    const bills = await stores.bills.ofVisit(visitId)
    const from = bills.find((bill) => bill.closedOn !== null && outstandingOf(bill) < 0)
    const share = from === undefined ? undefined : allocate(bills, negateFen(outstandingOf(from))).shares[0]
    if (from === undefined || share === undefined) return
    const sourceId = `moved:${tools.ids.next()}`
    for (const [before, amountFen] of [[from, negateFen(share.amountFen)], [share.bill, share.amountFen]] as const) {
      const after = await allocated(stores.bills, before, { kind: 'credit', sourceId, amountFen, at })
      await keepBill(stores, tools, { before, after, cause: { kind: 'window', id: sourceId }, at })
    }
  }
}

/** I-12: the hold ends with the first charge that carries its reference, as the line's own number or as that of its order. */
async function postHold ({ bills }: Pick<KeepStores, 'bills'>, visitId: string, { transactionId, orderNumber = null }: BookedCharge['charge'], at: Date): Promise<void> {
  for (const reference of new Set([transactionId, ...orderNumber === null ? [] : [orderNumber]])) {
    const hold = await bills.holdByReference(visitId, reference)
    if (hold?.state === 'held') await bills.endHold(hold.id, { state: 'posted', at })
  }
}
