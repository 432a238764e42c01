import type { CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'
import type { Moment } from '../pay-after-care/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { nextState } from './episode.ts'
import type { DecideTools } from './look.ts'
import { newRecord } from './new-records.ts'
import type { CreditFeedStore } from './ports.ts'
import { expectedStanding } from './standing.ts'
import { sweepContract, type EpisodeStores } from './sweep-episodes.ts'
import type { LookDeps } from './take-look.ts'

const yearsKept = 5
const perPage = 100

export interface AgeDeps<Stores> extends LookDeps<Stores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
}

type AgeStores = EpisodeStores & { readonly creditFeed: CreditFeedStore }

/** Five years after its end a bad record goes (article 16, I-34); the deletion is sent until the bureau confirms it. */
export async function deleteExpired <Stores extends AgeStores> (deps: AgeDeps<Stores>, moment: Moment): Promise<{ readonly expired: number }> {
  let expired = 0
  for (let after: string | null = null; ;) {
    const page = await deps.inReading(({ creditFeed }) => creditFeed.toDelete(yearsBefore(moment.today, yearsKept), { limit: perPage, after }))
    for (const { id, contractId } of page) {
      await deps.inTransaction(async (stores) => {
        const episode = await stores.creditFeed.findEpisode(id)
        if (episode?.state === 'cured') await stores.creditFeed.saveEpisode({ ...episode, state: nextState('cured', 'deletion_sent') })
        await sweepContract(stores, { ...deps, moment }, contractId)
      })
      expired += 1
    }
    const last = page.at(-1)
    if (last === undefined || page.length < perPage) return { expired }
    after = last.id
  }
}

/** The latest day whose anniversary of so many years is not after `day`: never too early for 29 February. */
export function yearsBefore (day: CalendarDate, years: number): CalendarDate {
  const [year = '', rest = ''] = [day.slice(0, 4), day.slice(4)]
  const before = `${String(Number(year) - years).padStart(4, '0')}${rest}` as CalendarDate
  // There is no 29 February so many years before; what was cured on 28 February is due, on 1 March not yet.
  return rest === '-02-29' ? addDays(`${before.slice(0, 4)}-03-01` as CalendarDate, -1) : before
}

/** 月度快照. Says for every open episode what stands, so that the bureau can compare; once a month and episode. */
export async function snapshotEpisodes <Stores extends AgeStores> (deps: AgeDeps<Stores>, moment: Moment): Promise<{ readonly open: number, readonly snapshots: number }> {
  const counts = { open: 0, snapshots: 0 }
  for (let after: string | null = null; ;) {
    const page = await deps.inReading(({ creditFeed }) => creditFeed.episodesIn({ states: ['submitted', 'accepted'], creditors: null }, { limit: perPage, after }))
    counts.open += page.length
    for (const { id } of page) if (await deps.inTransaction((stores) => snapshot(stores, { ...deps, moment }, id))) counts.snapshots += 1
    const last = page.at(-1)
    if (last === undefined || page.length < perPage) return counts
    after = last.id
  }
}

async function snapshot (stores: AgeStores, tools: DecideTools, episodeId: string): Promise<boolean> {
  const episode = await stores.creditFeed.findEpisode(episodeId)
  if (episode === null) return false
  const records = await stores.creditFeed.recordsOfEpisode(episodeId)
  const standing = expectedStanding(records)
  const month = tools.moment.today.slice(0, 7)
  const contract = await stores.contracts.find(episode.contractId)
  const account = await stores.creditFeed.account(episode.contractId, episode.creditor)
  if (standing === null || contract === null || account === null || records.some(({ operation, asOf }) => operation === 'snapshot' && asOf.startsWith(month))) return false
  const look = { account, contract, records: new Map([[episode.id, records]]) }
  await stores.creditFeed.addRecord(newRecord(episode, look, tools, { operation: 'snapshot', facts: standing, replaces: null }))
  return true
}
