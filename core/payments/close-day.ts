import type { CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'
import { DomainError } from '../errors.ts'
import type { ReconcileStores } from './reconcile-ports.ts'
import { daysToReconcile, reconcileDays } from './reconcile-day.ts'
import type { DiscrepancyKind } from './reconcile-kinds.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { reconciliationId, type ClosedDay } from './reconciliation.ts'
import type { StatementSource } from './ports.ts'

/** What must be reconciled before a day of a hospital is closed. */
export interface ClosingRules {
  readonly required: (hospitalId: string) => ReadonlyArray<{ readonly source: StatementSource, readonly hospitalId: string | null }>
  readonly blocking: readonly DiscrepancyKind[]
}

type CloseStores = Pick<ReconcileStores, 'reconciliations' | 'days'>

/** 日结. Why a day cannot be closed; empty: it can. */
async function hindrances ({ reconciliations }: Pick<CloseStores, 'reconciliations'>, { required, blocking }: ClosingRules, day: CalendarDate, hospitalId: string): Promise<readonly string[]> {
  const wanted = required(hospitalId).map(({ source, hospitalId: own }) => reconciliationId(source, own, day))
  const done = await reconciliations.reconciledOf(wanted)
  const found = wanted.filter((id) => !done.has(id)).map((id) => `${id} is not reconciled`)
  const open = wanted.length === 0 ? 0 : await reconciliations.countBlocking({ reconciliationIds: wanted, hospitalId, kinds: blocking })
  return open === 0 ? found : [...found, `${open} discrepancies are open`]
}

/** Closes one day by somebody's order. Closed already: no news. */
export async function closeDay (stores: CloseStores, rules: ClosingRules, { day, hospitalId, by, reason, today }: { readonly day: CalendarDate, readonly hospitalId: string, readonly by: string, readonly reason: string | null, readonly today: CalendarDate }, at: Date): Promise<ClosedDay> {
  const stands = await stores.days.find(day, hospitalId)
  if (stands?.state === 'closed') return stands
  const hindered = day >= today ? ['it is not over'] : await hindrances(stores, rules, day, hospitalId)
  if (hindered.length > 0) throw new DomainError('DAY_NOT_CLOSABLE', `The day cannot be closed: ${hindered.join('; ')}.`)
  const closed: ClosedDay = { day, hospitalId, state: 'closed', by, reason, at }
  await stores.days.save(closed)
  return closed
}

/** Opens a closed day again: entries may take effect on it until finance closes it. */
export async function reopenDay ({ days }: Pick<CloseStores, 'days'>, { day, hospitalId, by, reason }: { readonly day: CalendarDate, readonly hospitalId: string, readonly by: string, readonly reason: string }, at: Date): Promise<ClosedDay> {
  const stands = await days.find(day, hospitalId)
  if (stands === null) throw new DomainError('DAY_NOT_CLOSABLE', 'The day is not closed.')
  if (stands.state === 'reopened') return stands
  const reopened: ClosedDay = { day, hospitalId, state: 'reopened', by, reason, at }
  await days.save(reopened)
  return reopened
}

/** Every hospital's days, and the books of money that is nobody's yet. */
export async function closeHospitals<Stores extends CloseStores> (inTransaction: InTransaction<Stores>, rules: ClosingRules, { hospitals, ...days }: { readonly since: CalendarDate, readonly today: CalendarDate, readonly hospitals: readonly string[], readonly at: Date }): Promise<{ readonly closed: number, readonly held: number }> {
  const sums = { closed: 0, held: 0 }
  for (const hospitalId of hospitals) {
    const { closed, held } = await inTransaction((stores) => closeUpTo(stores, rules, { ...days, hospitalId }))
    sums.closed += closed
    sums.held += held
  }
  return sums
}

/** Closes what can be closed, in order: the first day that cannot holds up those after it. A reopened day is finance's. */
async function closeUpTo (stores: CloseStores, rules: ClosingRules, { since, today, hospitalId, at }: { readonly since: CalendarDate, readonly today: CalendarDate, readonly hospitalId: string, readonly at: Date }): Promise<{ readonly closed: number, readonly held: number }> {
  const before = await stores.days.closedOnce(hospitalId, addDays(today, 0 - reconcileDays))
  let closed = 0
  for (const day of daysToReconcile(since, today)) {
    if (before.has(day)) continue
    if ((await hindrances(stores, rules, day, hospitalId)).length > 0) return { closed, held: 1 }
    await closeDay(stores, rules, { day, hospitalId, by: 'close-day', reason: null, today }, at)
    closed += 1
  }
  return { closed, held: 0 }
}
