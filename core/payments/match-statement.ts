import { addDays } from '../days.ts'
import { groupedBy } from '../grouped-by.ts'
import type { ReconcileStores } from './reconcile-ports.ts'
import { perTransaction, type Run } from './reconcile-party.ts'
import type { DiscrepancyKind } from './reconcile-kinds.ts'
import { fen } from '../money.ts'
import { matchAgreed, settleMeetings, type Meeting } from './settle-lines.ts'

/** How far back open differences are looked at again. */
const lookBackDays = 30
const waitsForOurs: readonly DiscrepancyKind[] = ['only_channel', 'refund_only_channel', 'state_diff', 'refund_state_diff']

/**
 * Matches a statement that was taken in, in pages: what was open and has come meanwhile, then all that counts with us
 * for the day, then the lines that are left. Each page is one transaction that may happen again (I-53).
 */
export async function matchStatement<Stores extends ReconcileStores> (run: Run<Stores>): Promise<void> {
  await lookAgain(run)
  const ourFen = await matchOurs(run)
  await matchRest(run)
  await run.deps.inTransaction(async ({ reconciliations }) => {
    const reconciliation = await reconciliations.findForChange(run.id)
    if (reconciliation === null) return
    const counted = await reconciliations.countsOf(run.id)
    const notMatched = counted.filter(({ kind, state, isListed }) => isListed && !(state === 'closed_itself' || kind === 'fee_diff' || kind === 'day_diff'))
    const matched = reconciliation.lines - notMatched.reduce((sum, { count }) => sum + count, 0)
    await reconciliations.save({ ...reconciliation, state: 'reconciled', matched, ourFen: fen(ourFen), updatedAt: run.at, reconciledAt: run.at })
  })
}

/** What a party listed before we knew of it. */
async function lookAgain<Stores extends ReconcileStores> (run: Run<Stores>): Promise<void> {
  let offset = 0
  for (;;) {
    const { seen, kept } = await run.deps.inTransaction(async (stores) => {
      const open = await stores.reconciliations.unsettled({ scope: run.scope, kinds: waitsForOurs, since: addDays(run.day, 0 - lookBackDays) }, { limit: perTransaction, offset })
      const come = []
      for (const { key, itemKind, line, theirFen, feeFen } of open) {
        const ours = await run.party.ours.find(stores, { kind: itemKind, key })
        if (ours !== null && ours.state === 'done' && ours.amountFen === theirFen) come.push({ line: { key, line: line ?? 0, amountFen: ours.amountFen, feeFen }, ours })
      }
      await matchAgreed(stores, run, come)
      return { seen: open.length, kept: open.length - come.length }
    })
    if (seen < perTransaction) return
    offset += kept
  }
}

/** Answers the sum of what counts with us for the day. */
async function matchOurs<Stores extends ReconcileStores> (run: Run<Stores>): Promise<number> {
  let sum = 0
  for (let after: string | null = null; ;) {
    const page = await run.deps.inTransaction(async (stores) => {
      const { items, next } = await run.party.ours.onDay(stores, run.day, { limit: perTransaction, after })
      const keys = items.map(({ key }) => key)
      const matched = await stores.reconciliations.matchedOf(run.scope, keys)
      // What is open under this key already is one difference, not two.
      const open = new Set((await stores.reconciliations.unsettledOf(run.scope, keys)).map(({ key }) => key))
      const byKey = groupedBy(await stores.reconciliations.linesOf(run.id, keys), ({ key }) => key)
      const meetings = items.map((ours): Meeting => ({ key: ours.key, lines: byKey.get(ours.key) ?? [], ours, isMatched: matched.has(ours.key) }))
      await settleMeetings(stores, run, meetings.filter(({ key, lines }) => lines.length > 0 || !open.has(key)))
      return { sum: items.reduce((total, { amountFen }) => total + amountFen, 0), next }
    })
    sum += page.sum
    if (page.next === null) return sum
    after = page.next
  }
}

/** Lines of other days, of what is under way with us, and of what we do not know. */
async function matchRest<Stores extends ReconcileStores> (run: Run<Stores>): Promise<void> {
  for (;;) {
    const isEmpty = await run.deps.inTransaction(async (stores) => {
      const keys = [...new Set((await stores.reconciliations.lines(run.id, perTransaction)).map(({ key }) => key))]
      const lines = await stores.reconciliations.linesOf(run.id, keys)
      const matched = await stores.reconciliations.matchedOf(run.scope, keys)
      const meetings: Meeting[] = []
      for (const [key, group] of groupedBy(lines, ({ key }) => key)) {
        const [first] = group
        if (first !== undefined) meetings.push({ key, lines: group, ours: await run.party.ours.find(stores, first), isMatched: matched.has(key) })
      }
      await settleMeetings(stores, run, meetings)
      return keys.length === 0
    })
    if (isEmpty) return
  }
}
