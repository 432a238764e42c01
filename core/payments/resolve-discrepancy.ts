import { DomainError } from '../errors.ts'
import { fen } from '../money.ts'
import { book, clearingOf, differenceOf, suspenseKey, unbook } from './reconcile-entries.ts'
import { discrepancyKinds, needsTwo, type Resolution } from './reconcile-kinds.ts'
import type { ReconcileStores } from './reconcile-ports.ts'
import type { Party, Run } from './reconcile-party.ts'
import { suspenseBook } from './suspense.ts'
import type { Discrepancy } from './reconciliation.ts'

export interface ResolveCommand {
  readonly reconciliationId: string
  readonly number: number
  readonly resolution: Resolution
  readonly reason: string
  /** Who decides: two persons where money moves. */
  readonly by: string
}

/**
 * Settles a discrepancy. Where money moves, the first person proposes and another one confirms by sending the same
 * resolution; another resolution replaces the proposal. Repeating what is done answers what stands.
 */
export async function resolveDiscrepancy<Stores extends ReconcileStores> (stores: Stores, { party, ...booker }: Pick<Run<Stores>, 'at'> & { readonly deps: Pick<Run<Stores>['deps'], 'ids'>, readonly party: Party<Stores> }, { reconciliationId, number, resolution, reason, by }: ResolveCommand): Promise<Discrepancy> {
  const { reconciliations } = stores
  const { at } = booker
  // In order, so that two persons at once are one after the other.
  await reconciliations.findForChange(reconciliationId)
  const stands = await reconciliations.findDiscrepancy(reconciliationId, number)
  if (stands === null) throw new DomainError('DISCREPANCY_NOT_FOUND', 'No discrepancy has this number; list those of the reconciliation.')
  if (stands.state === 'resolved' && stands.resolution === resolution) return stands
  if (stands.state === 'resolved' || stands.state === 'closed_itself') throw new DomainError('DECISION_MADE', 'The discrepancy is settled already.')
  refuseUnfit(stands, resolution, party)
  if (needsTwo(resolution) && !(stands.state === 'proposed' && stands.resolution === resolution)) {
    const proposed: Discrepancy = { ...stands, state: 'proposed', resolution, reason, proposedBy: by }
    await reconciliations.saveDiscrepancy(proposed)
    return proposed
  }
  if (needsTwo(resolution) && stands.proposedBy === by) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Money moves: another person of finance must confirm this resolution.')
  await carryOut(stores, { ...booker, day: stands.day, party }, stands, resolution)
  const resolved: Discrepancy = { ...stands, state: 'resolved', resolution, reason: stands.reason ?? reason, decidedBy: by, settledAt: at }
  await reconciliations.saveDiscrepancy(resolved)
  return resolved
}

function refuseUnfit<Stores> (stands: Discrepancy, resolution: Resolution, party: Party<Stores>): void {
  const fits: readonly Resolution[] = discrepancyKinds[stands.kind].resolutions
  const isPossible = resolution === 'note' || (resolution === 'take_back' ? party.takeBack !== null : party.books !== null)
  if (!fits.includes(resolution) || !isPossible) throw new DomainError('REQUEST_INVALID', `A discrepancy ${stands.kind} of this source takes: ${fits.join(', ')}.`, 'resolution')
}

async function carryOut<Stores extends ReconcileStores> (stores: Stores, run: Pick<Run<Stores>, 'at' | 'day' | 'party'> & { readonly deps: Pick<Run<Stores>['deps'], 'ids'> }, stands: Discrepancy, resolution: Resolution): Promise<void> {
  const { party, at } = run
  if (resolution === 'return_money') await unbook(stores, run, suspenseKey(stands))
  if (resolution === 'take_back') await party.takeBack?.(stores, stands, at)
  if (resolution === 'follow_statement') await followStatement(stores, run, stands)
  // It is one item less that can come up again.
  if (stands.ourFen !== null) await stores.reconciliations.addMatched([{ scope: stands.scope, key: stands.key, reconciliationId: stands.reconciliationId, line: stands.line }], at)
}

/** What the channel lists is in the bank; the difference to what we had booked is an adjustment. */
async function followStatement<Stores extends ReconcileStores> (stores: Stores, run: Pick<Run<Stores>, 'at' | 'day' | 'party'> & { readonly deps: Pick<Run<Stores>['deps'], 'ids'> }, stands: Discrepancy): Promise<void> {
  const { books } = run.party
  const { ourFen, theirFen, scope, key, feeFen } = stands
  if (books === null || ourFen === null || theirFen === null) return
  const hospitalId = stands.hospitalId ?? suspenseBook
  await book(stores, run, [
    differenceOf(books, `difference:${scope}:${stands.day}:${stands.line ?? 0}`, hospitalId, fen(theirFen - ourFen)),
    ...clearingOf(books, scope, key, [{ amountFen: theirFen, feeFen, ours: { kind: stands.itemKind, hospitals: [{ hospitalId, amountFen: theirFen }] } }])
  ])
}
