import type { CalendarDate } from '../clock.ts'
import { daysBetween } from '../days.ts'
import { DomainError } from '../errors.ts'
import { fen } from '../money.ts'
import { matchKey, type StatementItem } from './reconcile-item.ts'
import type { ReconcileStores } from './reconcile-ports.ts'
import { perTransaction, type Run } from './reconcile-party.ts'
import type { Reconciliation } from './reconciliation.ts'

interface Taken {
  readonly content: Uint8Array
  readonly from: 'party' | 'upload'
  readonly by: string | null
}

/**
 * Takes the lines of a statement into the work table, page by page. A statement with a fault leaves nothing behind but
 * its reason. Whoever takes one anew takes over from whoever began before.
 */
export async function takeStatement<Stores extends ReconcileStores> (run: Run<Stores>, { content, from, by }: Taken): Promise<void> {
  const { party, deps: { inTransaction, calendar, hash } } = run
  const sha256 = hash(content)
  const claimed = await inTransaction(async ({ reconciliations }) => {
    const begun: Reconciliation = { ...await reconciliations.findForChange(run.id) ?? awaiting(run), state: 'reading', sha256, takenFrom: from, takenBy: by, updatedAt: run.at }
    await reconciliations.dropLines(run.id, null)
    const claim = { ...begun, attempts: begun.attempts + 1 }
    await reconciliations.save(claim)
    return claim
  })
  try {
    const sums = { lines: 0, theirFen: 0, feeFen: 0 }
    for (const page of pagesOf(party.read(content), perTransaction)) {
      for (const item of page) refuseOtherDay(item, run.day, calendar)
      const done = page.filter(({ isDone, amountFen }) => isDone && amountFen !== 0).map((item) => ({ ...item, key: matchKey(item.kind, item.key) }))
      await inTransaction(async ({ reconciliations }) => {
        await stillOurs(await reconciliations.find(run.id), claimed)
        await reconciliations.addLines(run.id, done)
      })
      sums.lines += done.length
      for (const { amountFen, feeFen } of done) { sums.theirFen += amountFen; sums.feeFen += feeFen }
    }
    await inTransaction(async ({ reconciliations }) => {
      await stillOurs(await reconciliations.findForChange(run.id), claimed)
      await reconciliations.save({ ...claimed, state: 'matching', lines: sums.lines, theirFen: fen(sums.theirFen), feeFen: fen(sums.feeFen), refusedBecause: null })
    })
  } catch (error) {
    if (error instanceof DomainError && error.code === 'STATEMENT_INVALID') await refuse(run, claimed, error.message)
    throw error
  }
}

export function awaiting<Stores extends ReconcileStores> ({ id, party, day, at }: Pick<Run<Stores>, 'id' | 'party' | 'day' | 'at'>): Reconciliation {
  return {
    id, source: party.source, hospitalId: party.hospitalId, day, state: 'awaiting_statement', sha256: null, takenFrom: null, takenBy: null, lines: 0, matched: 0,
    ourFen: fen(0), theirFen: fen(0), feeFen: fen(0), refusedBecause: null, attempts: 0, updatedAt: at, reconciledAt: null
  }
}

/** A statement of another day would be all differences. Midnight may lie on either side. */
function refuseOtherDay ({ line, at }: StatementItem, day: CalendarDate, calendar: Run<ReconcileStores>['deps']['calendar']): void {
  if (at !== null && Math.abs(daysBetween(day, calendar(at))) > 1) throw new DomainError('STATEMENT_INVALID', `Line ${line} is of another day: send the statement of this day.`, `line ${line}`)
}

async function stillOurs (now: Reconciliation | null, claimed: Reconciliation): Promise<void> {
  if (now?.attempts !== claimed.attempts) throw new DomainError('STORE_WRITE_CONFLICT', 'Somebody else took a statement of this day meanwhile. Look at the reconciliation.')
}

async function refuse<Stores extends ReconcileStores> (run: Run<Stores>, claimed: Reconciliation, reason: string): Promise<void> {
  await run.deps.inTransaction(async ({ reconciliations }) => {
    const now = await reconciliations.findForChange(run.id)
    if (now?.attempts !== claimed.attempts) return
    await reconciliations.dropLines(run.id, null)
    await reconciliations.save({ ...awaiting(run), attempts: claimed.attempts, refusedBecause: reason })
  })
}

function * pagesOf<Item> (items: Iterable<Item>, size: number): Iterable<readonly Item[]> {
  let page: Item[] = []
  for (const item of items) {
    page.push(item)
    if (page.length < size) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
