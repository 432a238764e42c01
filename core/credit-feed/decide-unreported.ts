import { addDays } from '../days.ts'
import { fen } from '../money.ts'
import { sameJson } from '../same-json.ts'
import { countedOf, joinedBills, outstandingIn, proofOf, reportableBills, withClaims, withNotice, withoutFailedNotices, type Counted } from './episode-bills.ts'
import { nextState, type Episode, type EpisodeBill, type EpisodeEvent } from './episode.ts'
import type { FeedRecord } from './feed.ts'
import { closedGates, type Gate } from './gates.ts'
import type { Change, DecideTools, Look, Proofs } from './look.ts'
import { disputesAbout, openingRecord } from './new-records.ts'
import { reportedOf } from './standing.ts'

/** An episode that the bureau has not heard of: notice, proof, gates, release, opening. */
export function decideUnreported (episode: Episode, look: Look, tools: DecideTools): Change {
  const { settings, moment: { today } } = tools
  const unclaimed = joinedBills(episode.bills, reportableBills(look, tools)).map((bill): EpisodeBill => ({ ...bill, claimedFen: null }))
  const { bills, notice } = withNotice(episode.id, withoutFailedNotices(unclaimed, look, today), look, today)
  const unsent = (look.records.get(episode.id) ?? []).filter(({ state }) => state === 'waiting')
  if (outstandingIn(bills, look) <= settings.minimumOverdueFen) {
    return { episode: { ...episode, state: nextState(episode.state, 'settled'), isHeld: false, closedGates: [] }, newRecords: [], settledRecords: unsent.map(dropped), notice: null }
  }
  const told = toldEpisode({ ...episode, bills }, look)
  const counted = countedOf(told, look, tools)
  const next = passedGates(atItsAmounts(told, counted), gatesOf(told, { look, counted }, tools), tools)
  if (next.state !== 'released') return { episode: next, newRecords: [], settledRecords: unsent.map(dropped), notice }
  const opened: Episode = { ...next, ...withClaims({ ...next, originalAmountFen: fen(0) }, counted), notice: counted.proof }
  const opening = openingRecord(opened, look, tools)
  const stands = unsent.some(({ facts }) => sameJson(reportedOf(facts), reportedOf(opening.facts)))
  return stands ? { episode: opened, newRecords: [], settledRecords: [], notice } : { episode: opened, newRecords: [opening], settledRecords: unsent.map(dropped), notice }
}

/** Not sent, and not to be: what it says is no longer so. */
export const dropped = (record: FeedRecord): FeedRecord => ({ ...record, state: 'dropped' })

/** Along the states of the notice, as far as it has come. */
function toldEpisode (episode: Episode, look: Look): Episode {
  const isTold = episode.bills.some(({ noticeKey }) => noticeKey !== null)
  const isProven = episode.bills.some((bill) => proofOf(bill, look) !== null)
  const moves: ReadonlyArray<readonly [Episode['state'], boolean, EpisodeEvent]> = [
    ['notice_sent', !isTold, 'notice_failed'],
    ['notice_due', isTold, 'notified'],
    ['notice_sent', isProven, 'notice_proven']
  ]
  const state = moves.reduce((now, [from, happens, event]) => now === from && happens ? nextState(now, event) : now, episode.state)
  return { ...episode, state }
}

function atItsAmounts (episode: Episode, { balanceFen, overdueFen, dueOn }: Counted): Episode {
  return { ...episode, balanceFen, overdueFen, originalAmountFen: balanceFen, ...dueOn === null ? {} : { dueOn, firstDelinquencyOn: addDays(dueOn, 1) } }
}

const nothingAgainst: Proofs = { isReconciled: true, isPaymentPending: false, isMinor: false, isDeceased: false, isNamed: true }

export function gatesOf (episode: Episode, { look, counted }: { readonly look: Look, readonly counted: Counted }, { settings, moment }: DecideTools): readonly Gate[] {
  return closedGates({
    // What was not asked is held against nobody, and opens nothing: no deadline counts as missed.
    dueOn: look.proofs === null ? null : counted.dueOn,
    overdueFen: counted.overdueFen,
    hasNoticeInTime: counted.proof !== null,
    hasOpenDispute: disputesAbout(episode, look).some(({ state }) => state === 'open'),
    hasConsent: look.contract.consents.includes('bureau_report'),
    ...look.proofs ?? nothingAgainst
  }, settings, moment.today)
}

/** ready while every gate is open, released by a second person or, where none is asked for, at once. */
function passedGates (episode: Episode, gates: readonly Gate[], { settings, moment }: DecideTools): Episode {
  const { state } = episode
  const isHeld = gates.includes('dispute_open')
  if (gates.length > 0) {
    const closes = state === 'ready' || state === 'released'
    return { ...episode, isHeld, closedGates: gates, ...closes ? { state: nextState(state, 'gate_closed'), preparedOn: null, preparedBy: null, releasedBy: null } : {} }
  }
  const ready: Episode = state === 'notice_proven' ? { ...episode, state: nextState(state, 'prepared'), preparedOn: moment.today } : episode
  const released: Episode = ready.state === 'ready' && !settings.releaseByTwo ? { ...ready, state: nextState('ready', 'released') } : ready
  return { ...released, isHeld, closedGates: [] }
}
