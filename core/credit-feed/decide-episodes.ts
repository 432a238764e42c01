import { addDays } from '../days.ts'
import { fen, sumFen } from '../money.ts'
import { undisputedOf } from '../pay-after-care/index.ts'
import { decideReported } from './decide-reported.ts'
import { decideUnreported } from './decide-unreported.ts'
import { reportableBills } from './episode-bills.ts'
import { isLive, isUnreported, type Episode } from './episode.ts'
import type { Change, DecideTools, Look } from './look.ts'

/**
 * What is to be done about one contract at one creditor: compares what is overdue with what stands and closes the gap.
 * Deciding again right after saving finds nothing to do.
 */
export function decideEpisodes (look: Look, tools: DecideTools): readonly Change[] {
  const live = look.episodes.some(isLive) ? null : begun(look, tools)
  return [...look.episodes, ...live === null ? [] : [live]]
    .map((episode) => isUnreported(episode) ? decideUnreported(episode, look, tools) : decideReported(episode, look, tools))
    .filter((change) => isNews(look, change))
}

/** A new episode where bills come close to their deadline unpaid, and reporting is allowed at all. */
function begun (look: Look, tools: DecideTools): Episode | null {
  const { settings, ids, moment } = tools
  const bills = reportableBills(look, tools)
  const [first] = bills.flatMap(({ dueOn }) => dueOn ?? []).sort()
  const isWorthIt = sumFen(bills.map(undisputedOf)) > settings.minimumOverdueFen
  if (first === undefined || !isWorthIt || !settings.reports || settings.legalBasis === null || !look.contract.consents.includes('bureau_report')) return null
  const { accountNumber, contractId, creditor } = look.account
  return {
    id: ids.next(), accountNumber, contractId, creditor, episodeNumber: look.lastEpisodeNumber + 1, state: 'notice_due', isHeld: false, bills: [],
    firstDelinquencyOn: addDays(first, 1), dueOn: first, originalAmountFen: fen(0), balanceFen: fen(0), overdueFen: fen(0), notice: null, closedGates: [],
    preparedOn: null, preparedBy: null, releasedBy: null, curedOn: null, statement: null, openedAt: moment.now
  }
}

function isNews ({ episodes }: Look, { episode, newRecords, settledRecords, notice }: Change): boolean {
  if (newRecords.length > 0 || settledRecords.length > 0 || notice !== null) return true
  const before = episodes.find(({ id }) => id === episode.id)
  return before === undefined || JSON.stringify(before) !== JSON.stringify(episode)
}
