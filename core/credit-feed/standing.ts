import type { FeedOperation, FeedRecord, ReportedFacts } from './feed.ts'

/** What an episode looks like at the bureau; null: nothing of it stands there. */
export type Standing = ReportedFacts | null

/** What each operation says anew; the rest of its line only repeats what stands. */
const changedBy: Readonly<Record<FeedOperation, ReadonlyArray<keyof ReportedFacts>>> = {
  open_episode: ['originalAmountFen', 'balanceFen', 'overdueFen', 'status', 'curedOn', 'isDisputed', 'statement'],
  update: ['originalAmountFen', 'balanceFen', 'overdueFen', 'status'],
  correct: ['originalAmountFen', 'balanceFen', 'overdueFen', 'status'],
  cure: ['balanceFen', 'overdueFen', 'status', 'curedOn'],
  withdraw: ['balanceFen', 'overdueFen', 'status', 'curedOn'],
  dispute_set: ['isDisputed', 'overdueFen'],
  dispute_clear: ['isDisputed', 'overdueFen'],
  statement: ['statement'],
  delete_expired: [],
  snapshot: []
}

/** What stands after one more record. Only an opening begins anything; deletion and withdrawal end it. */
export function afterRecord (standing: Standing, { operation, facts }: Pick<FeedRecord, 'operation'> & { readonly facts: ReportedFacts }): Standing {
  if (operation === 'open_episode') return reportedOf(facts)
  if (standing === null || operation === 'delete_expired') return null
  return { ...standing, ...Object.fromEntries(changedBy[operation].map((name) => [name, facts[name]])) }
}

export function reportedOf ({ originalAmountFen, balanceFen, overdueFen, status, curedOn, isDisputed, statement }: ReportedFacts): ReportedFacts {
  return { originalAmountFen, balanceFen, overdueFen, status, curedOn, isDisputed, statement }
}

/** What the bureau has accepted, in the order of the files (I-33). */
export function acceptedStanding (records: readonly FeedRecord[]): Standing {
  const accepted = records.filter(({ state, operation }) => state === 'accepted' && operation !== 'snapshot')
  return accepted.toSorted(bySequence).reduce<Standing>(afterRecord, null)
}

/** The same with what is on its way or waits for the next file: what will stand if nothing of it is refused. */
export function expectedStanding (records: readonly FeedRecord[]): Standing {
  return records.filter(({ state }) => state === 'accepted' || state === 'submitted' || state === 'waiting').reduce<Standing>(afterRecord, null)
}

function bySequence (one: FeedRecord, other: FeedRecord): number {
  return (one.seq ?? Infinity) - (other.seq ?? Infinity) || (one.recSeq ?? 0) - (other.recSeq ?? 0)
}

/**
 * The records that lead from what stands to what should stand: each with the operation that says best what happened, and
 * none where nothing is to be told. An opening is not among them; it has gates of its own.
 */
export function operationsBetween (standing: Standing, wanted: ReportedFacts): ReadonlyArray<{ readonly operation: FeedOperation, readonly facts: ReportedFacts }> {
  const found: Array<{ readonly operation: FeedOperation, readonly facts: ReportedFacts }> = []
  let now = standing
  for (let operation = nextOperation(now, wanted); now !== null && operation !== null; operation = nextOperation(now, wanted)) {
    const facts: ReportedFacts = { ...now, ...Object.fromEntries(changedBy[operation].map((name) => [name, wanted[name]])) }
    found.push({ operation, facts })
    now = afterRecord(now, { operation, facts })
  }
  return found
}

function nextOperation (standing: Standing, wanted: ReportedFacts): FeedOperation | null {
  if (standing === null || standing.status === 'withdrawn') return null
  if (wanted.status === 'withdrawn') return 'withdraw'
  if (standing.isDisputed !== wanted.isDisputed) return wanted.isDisputed ? 'dispute_set' : 'dispute_clear'
  if (standing.statement !== wanted.statement) return 'statement'
  if (wanted.originalAmountFen < standing.originalAmountFen) return 'correct'
  if (wanted.status === 'cured') return isSame(standing, wanted, changedBy.cure) ? null : 'cure'
  return isSame(standing, wanted, changedBy.update) ? null : 'update'
}

function isSame (one: ReportedFacts, other: ReportedFacts, names: ReadonlyArray<keyof ReportedFacts>): boolean {
  return names.every((name) => one[name] === other[name])
}
