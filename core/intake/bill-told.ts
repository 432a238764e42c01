import type { BookedCharge } from '../ledger/index.ts'
import { takeCharge, takeVisit, type Bill, type BillTools, type ToldVisit } from '../pay-after-care/index.ts'
import type { TakeInDeps, Told } from './told.ts'

/** Bills by visit, as this message has seen or made them: its charges need not look again for a visit that has none. */
type BillsOf = ReadonlyMap<string, readonly Bill[]>

export async function billVisits (deps: TakeInDeps, told: readonly Told[], at: Date): Promise<BillsOf> {
  const billsOf = new Map<string, readonly Bill[]>()
  for (const { fact, from } of told) {
    if (fact.kind === 'visit') billsOf.set(fact.visit.id, await takeVisit(deps, toolsOf(deps), { visit: fact.visit, before: visitBefore(deps, from) }, at))
  }
  return billsOf
}

export async function billCharges (deps: TakeInDeps, booked: BookedCharge, billsOf: BillsOf, at: Date): Promise<void> {
  const { visitId } = booked.charge
  await takeCharge(deps, toolsOf(deps), { ...booked, known: visitId === null ? undefined : billsOf.get(visitId) }, at)
}

const toolsOf = ({ ids, calendar, billing }: TakeInDeps): BillTools => ({ ids, calendar, ...billing })

function visitBefore ({ factsOf, calendar }: TakeInDeps, { before, record }: Told['from']): ToldVisit['before'] {
  if (before === null) return null
  const [fact] = factsOf(before.resource, { hospitalId: before.hospitalId ?? record.hospitalId ?? '', calendar })
  return fact?.kind === 'visit' ? fact.visit : { state: 'unconfirmed', payMode: null }
}
