import type { Calendar, CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'
import { DomainError } from '../errors.ts'
import type { SettingStore } from '../operations/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { ReconcileStores } from './reconcile-ports.ts'
import { matchStatement } from './match-statement.ts'
import { runOf, type Party, type ReconcileDeps } from './reconcile-party.ts'
import type { Reconciliation } from './reconciliation.ts'
import { awaiting, takeStatement } from './take-statement.ts'

/** How many past days are brought up to date. */
export const reconcileDays = 30
/** Matches are remembered longer than a channel gives statements for (three months). */
const rememberMs = 100 * 86_400_000
const prunedAtOnce = 5_000

export type Reconciled = 'reconciled' | 'stands' | 'waiting' | 'refused'

/** Brings one party and day up to date: fetches its statement where there is none yet, and matches what is begun. */
export async function reconcileDay<Stores extends ReconcileStores> (deps: ReconcileDeps<Stores>, party: Party<Stores>, day: CalendarDate, at: Date): Promise<Reconciled> {
  const run = runOf(deps, party, day, at)
  const stands = await deps.inTransaction(({ reconciliations }) => reconciliations.find(run.id))
  if (stands?.state === 'reconciled') return 'stands'
  if (stands?.state !== 'matching') {
    if (party.fetch === null) return 'waiting'
    const content = await party.fetch(day)
    if (content === null) {
      await deps.inTransaction(async ({ reconciliations }) => {
        const now = await reconciliations.findForChange(run.id) ?? awaiting(run)
        if (now.state === 'awaiting_statement') await reconciliations.save({ ...now, attempts: now.attempts + 1, updatedAt: at })
      })
      return 'waiting'
    }
    try {
      await takeStatement(run, { content, from: 'party', by: null })
    } catch (error) {
      if (error instanceof DomainError && error.code === 'STATEMENT_INVALID') return 'refused'
      throw error
    }
  }
  await matchStatement(run)
  return 'reconciled'
}

/** A statement that somebody brings. The same bytes again are no news; other ones for a reconciled day are refused. */
export async function bringStatement<Stores extends ReconcileStores> (deps: ReconcileDeps<Stores>, party: Party<Stores>, brought: { readonly day: CalendarDate, readonly content: Uint8Array, readonly by: string }, at: Date): Promise<Reconciliation> {
  const run = runOf(deps, party, brought.day, at)
  const stands = await deps.inTransaction(({ reconciliations }) => reconciliations.find(run.id))
  if (stands !== null) refuseOther(stands, stands.sha256 === deps.hash(brought.content))
  if (stands === null || stands.state === 'awaiting_statement' || stands.state === 'reading') await takeStatement(run, { content: brought.content, from: 'upload', by: brought.by })
  if (stands?.state !== 'reconciled') await matchStatement(run)
  const reconciled = await deps.inTransaction(({ reconciliations }) => reconciliations.find(run.id))
  if (reconciled === null) throw new DomainError('RECONCILIATION_NOT_FOUND', 'The reconciliation is gone; send the statement again.')
  return reconciled
}

function refuseOther ({ state }: Reconciliation, isSame: boolean): void {
  if (isSame || state === 'awaiting_statement' || state === 'reading') return
  throw new DomainError('STATEMENT_INVALID', 'This day is reconciled with another statement; settle its discrepancies instead.')
}

export function daysToReconcile (since: CalendarDate, today: CalendarDate): readonly CalendarDate[] {
  const days: CalendarDate[] = []
  const first = addDays(today, 0 - reconcileDays)
  for (let day = since > first ? since : first; day < today; day = addDays(day, 1)) days.push(day)
  return days
}

/** All days up to yesterday that are not reconciled, in order (level-triggered); a day that fails holds up no other. */
async function reconcileUpTo<Stores extends ReconcileStores> (deps: ReconcileDeps<Stores>, party: Party<Stores>, { since, today, at }: { readonly since: CalendarDate, readonly today: CalendarDate, readonly at: Date }): Promise<Readonly<Record<Reconciled, number>>> {
  const counts = { reconciled: 0, stands: 0, waiting: 0, refused: 0 }
  const days = daysToReconcile(since, today)
  const idOf = (day: CalendarDate): string => runOf(deps, party, day, at).id
  const stands = await deps.inTransaction(({ reconciliations }) => reconciliations.reconciledOf(days.map(idOf)))
  for (const day of days) counts[stands.has(idOf(day)) ? 'stands' : await reconcileDay(deps, party, day, at)] += 1
  await deps.inTransaction(({ reconciliations }) => reconciliations.pruneMatched(new Date(at.getTime() - rememberMs), prunedAtOnce))
  return counts
}

/**
 * Brings every party of one source up to date. `job` has run since the day its setting tells: what was before is not
 * ours. Late: days before yesterday whose statement is still not there.
 */
export async function reconcileParties<Stores extends ReconcileStores & { readonly settings: Pick<SettingStore, 'get'> }> (deps: ReconcileDeps<Stores>, parties: ReadonlyArray<Party<Stores>>, { job, at }: { readonly job: string, readonly at: Date }): Promise<Readonly<Record<Reconciled | 'late', number>>> {
  const today = deps.calendar(at)
  const since = await sinceOf(deps, job, at)
  const sums = { reconciled: 0, stands: 0, waiting: 0, refused: 0, late: 0 }
  for (const party of parties) {
    const found = await reconcileUpTo(deps, party, { since, today, at })
    for (const key of ['reconciled', 'stands', 'waiting', 'refused'] as const) sums[key] += found[key]
    if (party.fetch !== null) sums.late += Math.max(0, found.waiting - 1)
  }
  return sums
}

/** The day a job of the runner began to look, else yesterday. */
export async function sinceOf<Stores extends { readonly settings: Pick<SettingStore, 'get'> }> ({ inTransaction, calendar }: { readonly inTransaction: InTransaction<Stores>, readonly calendar: Calendar }, job: string, at: Date): Promise<CalendarDate> {
  const since = await inTransaction(({ settings }) => settings.get(`jobs.${job}.since`))
  return since === null ? addDays(calendar(at), -1) : calendar(new Date(since))
}
