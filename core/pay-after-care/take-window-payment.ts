import type { CalendarDate } from '../clock.ts'
import type { BookedCharge, Charge } from '../ledger/index.ts'
import { fen, negateFen, type Fen } from '../money.ts'
import { allocate, type Share } from './allocate.ts'
import { isPastDeadline, outstandingOf, recoverableOf, type Bill } from './bill.ts'
import { allocated, keepBill, type BillTools, type Cause, type KeepStores } from './keep-bill.ts'
import { recoverOn } from './recover.ts'

/** 窗口付款. Reduces the visit's bill, else the oldest of the person at that hospital; taken back, it is owed again. */
export async function takeWindowPayment (stores: KeepStores, tools: BillTools, { charge, isPosted, isCredited, amountFen }: BookedCharge & { readonly amountFen: Fen }, at: Date): Promise<void> {
  if (isPosted) {
    const bills = await payingFor(stores, charge, { amountFen, today: tools.calendar(at) })
    if (bills.length > 0) await payAtWindow(stores, tools, { charge, amountFen, bills }, at)
  }
  if (!isCredited) return
  for (const { billId, amountFen: paidFen } of await stores.bills.allocationsFrom('window', charge.id)) {
    const bill = await locked(stores, billId)
    if (bill !== null) await payOn(stores, tools, { bill, amountFen: negateFen(paidFen), sourceId: `credit:${charge.id}`, cause: { kind: 'window', id: `credit-${charge.id}` } }, at)
  }
}

async function payingFor ({ bills }: Pick<KeepStores, 'bills'>, { visitId, hospitalId, patientId }: Charge, { amountFen, today }: { readonly amountFen: Fen, readonly today: CalendarDate }): Promise<readonly Bill[]> {
  const ofVisit = visitId === null ? [] : await bills.ofVisit(visitId)
  if (ofVisit.length > 0) return ofVisit
  if (amountFen > 0) return await bills.openAt(hospitalId, patientId, today)
  return await bills.list({ patientIds: [patientId], contractId: null, hospitalId, isOutstanding: null }, { limit: 1, offset: 0 })
}

interface AtWindow {
  readonly charge: Charge
  readonly amountFen: Fen
  readonly bills: readonly Bill[]
}

async function payAtWindow (stores: KeepStores, tools: BillTools, { charge, amountFen, bills }: AtWindow, at: Date): Promise<void> {
  for (const contractId of [...new Set(bills.map((bill) => bill.contractId))].sort()) await stores.bills.lockContract(contractId)
  const fresh = (await Promise.all(bills.map(({ id }) => stores.bills.find(id)))).filter((bill) => bill !== null)
  const shares = amountFen > 0 ? await paidShares(stores, tools, { charge, amountFen, bills: fresh }, at) : givenBack(fresh, amountFen)
  for (const { bill, amountFen: share } of shares) await payOn(stores, tools, { bill, amountFen: share, sourceId: charge.id, cause: { kind: 'window', id: charge.id } }, at)
}

/** What the window gave back was paid there before: a surplus first. */
function givenBack (bills: readonly Bill[], amountFen: Fen): readonly Share[] {
  const bill = bills.find((one) => outstandingOf(one) < 0) ?? bills.at(-1)
  return bill === undefined ? [] : [{ bill, amountFen }]
}

async function paidShares (stores: KeepStores, tools: BillTools, { charge, amountFen, bills }: AtWindow, at: Date): Promise<readonly Share[]> {
  const { shares, leftFen } = allocate(bills, amountFen)
  const recovered = allocate(bills, leftFen, recoverableOf)
  for (const { bill, amountFen: share } of recovered.shares) await recoverOn(stores, tools, { bill, amountFen: share, sourceId: charge.id }, at)
  if (recovered.leftFen === 0) return shares
  // Paid before it was charged, or too much: it stays with the visit.
  const rest = bills.findLast((bill) => bill.visitId === charge.visitId || !isPastDeadline(bill, tools.calendar(at)))
  if (rest === undefined) return shares
  const restFen = fen(recovered.leftFen + (shares.find(({ bill }) => bill.id === rest.id)?.amountFen ?? 0))
  return [...shares.filter(({ bill }) => bill.id !== rest.id), { bill: rest, amountFen: restFen }]
}

interface Paying {
  readonly bill: Bill
  readonly amountFen: Fen
  readonly sourceId: string
  readonly cause: Cause
}

async function payOn (stores: KeepStores, tools: BillTools, { bill, amountFen, sourceId, cause }: Paying, at: Date): Promise<void> {
  const before = await stores.bills.find(bill.id) ?? bill
  const after = await allocated(stores.bills, before, { kind: 'window', sourceId, amountFen, at })
  if (after !== before) await keepBill(stores, tools, { before, after, cause, at })
}

async function locked ({ bills }: Pick<KeepStores, 'bills'>, billId: string): Promise<Bill | null> {
  const bill = await bills.find(billId)
  if (bill === null) return null
  await bills.lockContract(bill.contractId)
  return await bills.find(billId)
}
