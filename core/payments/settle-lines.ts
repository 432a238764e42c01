import type { CalendarDate } from '../clock.ts'
import { classifyLine, classifyMissing, type Verdict } from './reconcile-classify.ts'
import { book, clearingOf, isMoney, suspenseKey, suspenseOf, unbook } from './reconcile-entries.ts'
import { discrepancyKinds, type DiscrepancyKind } from './reconcile-kinds.ts'
import { plainKey, type OurItem, type StatementItem } from './reconcile-item.ts'
import type { ReconcileStores } from './reconcile-ports.ts'
import type { Run } from './reconcile-party.ts'
import type { Discrepancy } from './reconciliation.ts'

/** A key with what both sides say of it. `isMatched`: by an earlier statement or line. */
export interface Meeting {
  readonly key: string
  readonly lines: readonly StatementItem[]
  readonly ours: OurItem | null
  readonly isMatched: boolean
}

interface Judged {
  readonly line: StatementItem
  readonly ours: OurItem | null
  readonly verdict: Verdict
  readonly isLearned: boolean
}

/** Judges a batch of keys and does what follows, in the transaction of `stores`; their lines leave the work table. */
export async function settleMeetings<Stores extends ReconcileStores> (stores: Stores, run: Run<Stores>, meetings: readonly Meeting[]): Promise<void> {
  const { reconciliations } = stores
  const judged: Judged[] = []
  for (const meeting of meetings) judged.push(...await judge(stores, run, meeting))
  await matchAgreed(stores, run, judged.flatMap((one) => one.ours !== null && isAgreed(one) ? [{ ...one, ours: one.ours }] : []))
  const missing = meetings.filter(({ lines, ours, isMatched }) => lines.length === 0 && ours !== null && !isMatched)
  await reconciliations.addDiscrepancies([
    ...judged.flatMap((one) => one.verdict === 'matched' ? [] : [listed(run, one, one.verdict)]),
    ...missing.flatMap(({ ours }) => ours === null ? [] : [missed(run, ours)])
  ])
  if (run.party.books !== null) {
    for (const { line, verdict } of judged) if (verdict !== 'matched' && isMoney(line.kind) && discrepancyKinds[verdict].follows === 'suspense') await book(stores, run, [suspenseOf(run.party.books, suspenseKey({ ...run, ...line }), line)])
  }
  await reconciliations.dropLines(run.id, judged.map(({ line }) => line.line))
}

async function judge<Stores extends ReconcileStores> (stores: Stores, run: Run<Stores>, { lines, ours, isMatched }: Meeting): Promise<readonly Judged[]> {
  const [first, ...again] = lines
  if (first === undefined) return []
  const seen = { line: first, isRepeated: isMatched, day: run.day }
  const verdict = classifyLine({ ...seen, ours }, run.party.expects)
  const learned = !isMatched && isToLearn(verdict) ? await learn(stores, run, first) : null
  const isLearned = learned !== null && learned.state === 'done' && learned.amountFen === first.amountFen
  return [
    { line: first, ours: isLearned ? learned : ours, verdict, isLearned },
    ...again.map((line): Judged => ({ line, ours, verdict: classifyLine({ line, ours, isRepeated: true, day: run.day }, run.party.expects), isLearned: false }))
  ]
}

async function learn<Stores extends ReconcileStores> (stores: Stores, { party, at }: Run<Stores>, line: StatementItem): Promise<OurItem | null> {
  if (party.learn === null) return null
  await party.learn(stores, { ...line, key: plainKey(line.kind, line.key) }, at)
  return await party.ours.find(stores, line)
}

const isToLearn = (verdict: Verdict): boolean => verdict !== 'matched' && discrepancyKinds[verdict].follows === 'learning'

function isAgreed ({ verdict, isLearned }: Pick<Judged, 'verdict' | 'isLearned'>): boolean {
  return verdict === 'matched' || discrepancyKinds[verdict].follows === 'clearing' || isLearned
}

/** What both sides agree on: once for good; its money is in the bank; what was open about it closes itself. */
export async function matchAgreed<Stores extends ReconcileStores> (stores: Stores, run: Run<Stores>, agreed: ReadonlyArray<{ readonly line: Pick<StatementItem, 'key' | 'line' | 'amountFen' | 'feeFen'>, readonly ours: OurItem }>): Promise<void> {
  const { reconciliations } = stores
  const taken = new Set(await reconciliations.addMatched(agreed.map(({ line }) => ({ scope: run.scope, key: line.key, reconciliationId: run.id, line: line.line })), run.at))
  const fresh = agreed.filter(({ line }) => taken.has(line.key))
  const [first] = fresh
  if (first === undefined) return
  if (run.party.books !== null) await book(stores, run, clearingOf(run.party.books, run.scope, first.line.key, fresh.map(({ line, ours }) => ({ ...line, ours }))))
  for (const open of await reconciliations.unsettledOf(run.scope, fresh.map(({ line }) => line.key))) {
    if (!isExplained(open.kind)) continue
    if (discrepancyKinds[open.kind].follows === 'suspense') await unbook(stores, run, suspenseKey(open))
    await reconciliations.saveDiscrepancy({ ...open, state: 'closed_itself', settledAt: run.at })
  }
}

/** Differences that a match on another day or after a late message explains. */
function isExplained (kind: DiscrepancyKind): boolean {
  return ['only_us', 'refund_only_us', 'only_channel', 'refund_only_channel', 'state_diff', 'refund_state_diff'].includes(kind)
}

function listed<Stores extends ReconcileStores> (run: Run<Stores>, { line, ours, isLearned }: Judged, kind: DiscrepancyKind): Omit<Discrepancy, 'number'> {
  const isClosed = kind === 'date_shift' || isLearned
  return {
    ...blank(run), kind, itemKind: line.kind, key: line.key, line: line.line, hospitalId: hospitalOf(ours) ?? line.hospitalId ?? run.party.hospitalId, ourFen: ours?.amountFen ?? null, theirFen: line.amountFen,
    feeFen: line.feeFen, merchant: line.merchant, channelNumber: line.channelNumber, state: isClosed ? 'closed_itself' : 'open', settledAt: isClosed ? run.at : null
  }
}

function missed<Stores extends ReconcileStores> (run: Run<Stores>, ours: OurItem): Omit<Discrepancy, 'number'> {
  return { ...blank(run), kind: classifyMissing(ours), itemKind: ours.kind, key: ours.key, hospitalId: hospitalOf(ours), ourFen: ours.amountFen }
}

type Blank = Omit<Discrepancy, 'number' | 'kind' | 'itemKind' | 'key' | 'hospitalId' | 'ourFen'>

function blank<Stores extends ReconcileStores> ({ id, scope, day, at }: Run<Stores> & { readonly day: CalendarDate }): Blank {
  return {
    reconciliationId: id, scope, day, line: null, theirFen: null, feeFen: 0 as Discrepancy['feeFen'], merchant: null, channelNumber: null,
    state: 'open', resolution: null, reason: null, proposedBy: null, decidedBy: null, openedAt: at, settledAt: null
  }
}

function hospitalOf (ours: OurItem | null): string | null {
  const [first, ...others] = ours?.hospitals ?? []
  return first === undefined || others.length > 0 ? null : first.hospitalId
}
