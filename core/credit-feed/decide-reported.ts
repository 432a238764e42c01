import type { CalendarDate } from '../clock.ts'
import { daysBetween } from '../days.ts'
import { dropped, gatesOf } from './decide-unreported.ts'
import { countedOf, joinedBills, outstandingIn, reportableBills, withClaims, withNotice, withoutFailedNotices, type Counted } from './episode-bills.ts'
import { isLive, nextState, type Episode, type EpisodeBill } from './episode.ts'
import type { FeedRecord, ReportedFacts } from './feed.ts'
import type { Change, DecideTools, Look } from './look.ts'
import { disputesAbout, newRecord, openingRecord, statementOf } from './new-records.ts'
import { expectedStanding, operationsBetween, type Standing } from './standing.ts'

/** After so many rejections in a row a record is put right only once in so many days: somebody must look at it. */
const quickFixes = 5
const slowFixDays = 7

/** An episode of which the bureau has heard, or was sent, something: tells it what has changed, and again what it rejected. */
export function decideReported (episode: Episode, look: Look, tools: DecideTools): Change {
  const { moment: { today } } = tools
  const records = look.records.get(episode.id) ?? []
  const standing = expectedStanding(records)
  const { bills, notice } = isLive(episode) ? keptTelling(episode, look, tools) : { bills: episode.bills, notice: null }
  const disputes = disputesAbout(episode, look)
  const known: Episode = { ...episode, bills, isHeld: disputes.some(({ state }) => state === 'open'), statement: statementOf(episode, look, tools.terms) }
  const counted = countedOf(known, look, tools)
  const next = isLive(known) ? ofArrears(known, { look, counted, standing }, tools) : endedWithout(known, standing, records)
  if (mayNotFixYet(records, today)) return { episode: next, newRecords: [], settledRecords: [], notice }
  const told = tellings(next, { look, counted, standing, records }, tools)
  const fixed = isReopeningHeld(next, standing, told) ? [] : records.filter(({ state }) => state === 'rejected').map((record): FeedRecord => ({ ...record, state: 'fixed' }))
  const unsent = next.state === 'abandoned' ? records.filter(({ state }) => state === 'waiting').map(dropped) : []
  return { episode: next, newRecords: told, settledRecords: [...fixed, ...unsent], notice }
}

/** Its opening was rejected and may not go out anew yet: the rejection stays on the list. */
function isReopeningHeld ({ state }: Episode, standing: Standing, told: readonly FeedRecord[]): boolean {
  return state === 'rejected' && standing === null && told.length === 0
}

function keptTelling (episode: Episode, look: Look, tools: DecideTools): { readonly bills: readonly EpisodeBill[], readonly notice: Change['notice'] } {
  const { today } = tools.moment
  return withNotice(episode.id, withoutFailedNotices(joinedBills(episode.bills, reportableBills(look, tools)), look, today), look, today)
}

/** Amounts as they are now; cured when nothing is left, withdrawn when nothing should ever have been there. */
function ofArrears (episode: Episode, { look, counted, standing }: { readonly look: Look, readonly counted: Counted, readonly standing: Standing }, { settings, calendar, moment }: DecideTools): Episode {
  const { balanceFen, overdueFen, lostFen, claimedFen } = counted
  const now: Episode = { ...episode, ...withClaims(episode, counted), balanceFen, overdueFen }
  const isSettled = balanceFen <= settings.minimumOverdueFen && lostFen === 0
  if (!isSettled) return now
  if (episode.state === 'rejected') return outstandingIn(now.bills, look) <= settings.minimumOverdueFen ? { ...now, state: nextState('rejected', 'settled') } : now
  if (standing === null) return now
  if (claimedFen <= 0) return { ...now, state: nextState(episode.state, 'withdrawn') }
  const [last] = counted.bills.flatMap(({ settledAt }) => settledAt ?? []).toSorted((one, other) => other.getTime() - one.getTime())
  return { ...now, state: nextState(episode.state, 'cured'), curedOn: last === undefined ? moment.today : calendar(last) }
}

/** A cure whose opening was refused: nothing bad stands there, so there is nothing to keep for five years. */
function endedWithout (episode: Episode, standing: Standing, records: readonly FeedRecord[]): Episode {
  const wasRefused = records.some(({ operation, state }) => operation === 'open_episode' && (state === 'rejected' || state === 'fixed'))
  return episode.state === 'cured' && standing === null && wasRefused ? { ...episode, state: nextState(episode.state, 'settled') } : episode
}

interface Told {
  readonly look: Look
  readonly counted: Counted
  readonly standing: Standing
  readonly records: readonly FeedRecord[]
}

function tellings (episode: Episode, { look, counted, standing, records }: Told, tools: DecideTools): readonly FeedRecord[] {
  const rejected = records.filter(({ state }) => state === 'rejected')
  if (episode.state === 'abandoned') return []
  if (standing === null) {
    const mayOpen = episode.state === 'rejected' && gatesOf(episode, { look, counted }, tools).length === 0
    return mayOpen ? [openingRecord(episode, look, tools, newest(rejected, 'open_episode'))] : []
  }
  const operations = operationsBetween(standing, wantedOf(episode, counted))
  const deletion = episode.state === 'deletion_sent' ? [{ operation: 'delete_expired' as const, facts: standing }] : []
  return [...operations, ...deletion].map((said) => newRecord(episode, look, tools, { ...said, replaces: newest(rejected, said.operation) }))
}

function newest (rejected: readonly FeedRecord[], operation: FeedRecord['operation']): string | null {
  return rejected.filter((record) => record.operation === operation).at(-1)?.id ?? null
}

function wantedOf ({ state, originalAmountFen, balanceFen, overdueFen, curedOn, isHeld, statement }: Episode, { lostFen }: Counted): ReportedFacts {
  const common = { originalAmountFen, isDisputed: isHeld, statement }
  if (state === 'withdrawn') return { ...common, balanceFen: zero, overdueFen: zero, status: 'withdrawn', curedOn: null }
  if (state === 'cured' || state === 'deletion_sent') return { ...common, balanceFen, overdueFen, status: 'cured', curedOn }
  return { ...common, balanceFen, overdueFen, status: balanceFen === 0 && lostFen > 0 ? 'written_off' : 'overdue', curedOn: null }
}

const zero = 0 as ReportedFacts['balanceFen']

/** Rejected many times on end, the last time only lately. */
function mayNotFixYet (records: readonly FeedRecord[], today: CalendarDate): boolean {
  const settled = records.filter(({ state }) => state !== 'waiting' && state !== 'dropped')
  const sinceAccepted = settled.slice(settled.findLastIndex(({ state }) => state === 'accepted') + 1)
  const rejections = sinceAccepted.filter(({ state }) => state === 'rejected' || state === 'fixed')
  const last = rejections.at(-1)
  return last !== undefined && rejections.length >= quickFixes && daysBetween(last.asOf, today) < slowFixDays
}
