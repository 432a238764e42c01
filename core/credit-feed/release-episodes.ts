import { DomainError } from '../errors.ts'
import type { OutboxStore } from '../outbox.ts'
import type { Moment } from '../pay-after-care/index.ts'
import { isUnreported, nextState, type Episode } from './episode.ts'
import type { CreditFeedStore } from './ports.ts'
import { noEpisode, sweepContract, type EpisodeStores } from './sweep-episodes.ts'
import type { LookDeps } from './take-look.ts'

/** Outbox: builds the next file of a creditor. */
export const feedBuildKind = 'feed-build'

export interface EpisodeCommand {
  readonly who: string
  /** Creditors whose episodes the caller may see; null: all. */
  readonly creditors: readonly string[] | null
}

type Stores = EpisodeStores & { readonly creditFeed: Pick<CreditFeedStore, 'findEpisode' | 'recordsOfEpisode'>, readonly outbox: Pick<OutboxStore, 'add'> }
type Deps<Given> = LookDeps<Given> & { readonly moment: Moment }

/**
 * 双人复核放行. A batch of ready episodes goes out by another person than who prepared them. Every gate is proven again in
 * this moment (I-31); one that is closed refuses the whole batch.
 */
export async function releaseEpisodes <Given extends Stores> (stores: Given, deps: Deps<Given>, { episodeIds, who, creditors }: EpisodeCommand & { readonly episodeIds: readonly string[] }): Promise<readonly Episode[]> {
  const released: Episode[] = []
  for (const id of new Set(episodeIds)) {
    const found = await visibleEpisode(stores, { id, creditors })
    await sweepContract(stores, deps, found.contractId)
    const episode = await visibleEpisode(stores, { id, creditors })
    if (episode.state !== 'ready') throw new DomainError('EPISODE_NOT_RELEASABLE', `An episode of the batch is ${episode.state}. Take it out of the batch, or wait until its gates are open.`, 'episodeIds', episode.closedGates)
    if (episode.preparedBy === who) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Who prepared an episode does not release it. Ask another person of finance.')
    await stores.creditFeed.saveEpisode({ ...episode, state: nextState('ready', 'released'), releasedBy: who })
    await sweepContract(stores, deps, episode.contractId)
    released.push(await visibleEpisode(stores, { id, creditors }))
  }
  for (const creditor of new Set(released.map((episode) => episode.creditor))) await askForFile(stores, deps, creditor)
  return released
}

/** Takes back what we reported by mistake (within a business day of finding it); what was not sent yet never goes out. */
export async function withdrawEpisode <Given extends Stores> (stores: Given, deps: Deps<Given>, { id, creditors }: EpisodeCommand & { readonly id: string }): Promise<Episode> {
  const episode = await visibleEpisode(stores, { id, creditors })
  if (episode.state === 'withdrawn') return episode
  const wasUnreported = isUnreported(episode)
  const withdrawn: Episode = { ...episode, state: nextState(episode.state, 'withdrawn'), curedOn: null, closedGates: [] }
  await stores.creditFeed.saveEpisode(withdrawn)
  const unsent = wasUnreported || episode.state === 'rejected'
  for (const record of unsent ? await stores.creditFeed.recordsOfEpisode(id) : []) if (record.state === 'waiting') await stores.creditFeed.saveRecord({ ...record, state: 'dropped' })
  await sweepContract(stores, deps, episode.contractId)
  if (!wasUnreported) await askForFile(stores, deps, episode.creditor)
  return await visibleEpisode(stores, { id, creditors })
}

async function visibleEpisode ({ creditFeed }: Pick<Stores, 'creditFeed'>, { id, creditors }: { readonly id: string, readonly creditors: readonly string[] | null }): Promise<Episode> {
  const episode = await creditFeed.findEpisode(id)
  if (episode === null || creditors?.includes(episode.creditor) === false) throw noEpisode()
  return episode
}

async function askForFile ({ outbox }: { readonly outbox: Pick<OutboxStore, 'add'> }, { ids, moment }: Pick<Deps<unknown>, 'ids' | 'moment'>, creditor: string): Promise<void> {
  const id = ids.next()
  await outbox.add({ id, kind: feedBuildKind, key: `${creditor}:${id}`, payload: { creditor }, createdAt: moment.now })
}
