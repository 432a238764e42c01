import type { CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { closed } from './change-bill.ts'
import { keepBill, type BillTools, type KeepStores } from './keep-bill.ts'
import type { Moment } from './settings.ts'

export interface DayEndDeps<Stores extends KeepStores> extends BillTools {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly breathe: () => Promise<unknown>
}

const perPage = 200
const pagesMost = 500

/**
 * 日终. What must be true when a business day has begun: visits that the hospital never closed are over on
 * the day of their last charge, and what is not settled is owing, then overdue. The state of a bill follows from its facts
 * and the day, so the second half is looked at, not written.
 */
export async function endDay <Stores extends KeepStores> (deps: DayEndDeps<Stores>, moment: Moment): Promise<{ readonly left: number, readonly owing: number, readonly overdue: number }> {
  const left = await closeLeft(deps, moment)
  return { left, ...await deps.inReading(({ bills }) => bills.owingCounts(moment.today)) }
}

async function closeLeft <Stores extends KeepStores> (deps: DayEndDeps<Stores>, { now, today }: Moment): Promise<number> {
  const before = addDays(today, -deps.settings.leftAfterDays)
  let left = 0
  for (let page = 0; page < pagesMost; page += 1) {
    const found = await deps.inReading(({ bills }) => bills.left(before, perPage))
    for (const { id } of found) if (await deps.inTransaction((stores) => closeOne(stores, deps, { id, before }, now))) left += 1
    await deps.breathe()
    if (found.length < perPage) break
  }
  return left
}

async function closeOne (stores: KeepStores, tools: BillTools, { id, before }: { readonly id: string, readonly before: CalendarDate }, at: Date): Promise<boolean> {
  const known = await stores.bills.find(id)
  if (known === null) return false
  await stores.bills.lockContract(known.contractId)
  const bill = await stores.bills.find(id) ?? known
  if (bill.closedOn !== null || bill.lastChargedOn === null || bill.lastChargedOn >= before) return false
  await keepBill(stores, tools, { before: bill, after: closed(bill, bill.lastChargedOn, tools.settings), cause: { kind: 'visit', id: `left:${bill.lastChargedOn}` }, at })
  return true
}
