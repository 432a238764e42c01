import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { noticeMessage, type NoticeTemplate } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import type { ContractStore } from '../pay-after-care/index.ts'
import { nextState, transitions, type Episode, type EpisodeEvent } from './episode.ts'
import type { FeedAck, FeedRecord, RecordState } from './feed.ts'
import type { CreditFeedStore } from './ports.ts'

export interface AckStores {
  readonly creditFeed: Pick<CreditFeedStore, 'fileHead' | 'addAck' | 'recordAt' | 'saveRecord' | 'findEpisode' | 'saveEpisode'>
  readonly contracts: Pick<ContractStore, 'find'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

export const noFile = (): DomainError => new DomainError('FEED_FILE_NOT_FOUND', 'No file has this number; list the files of the creditor.')

/** Takes what the bureau answers to one file. Any order and any repetition end in the same (I-35). Answers how many were new. */
export async function takeAcks (stores: AckStores, { ids }: { readonly ids: Ids }, acks: readonly FeedAck[]): Promise<number> {
  let taken = 0
  for (const ack of acks) {
    const head = await stores.creditFeed.fileHead(ack.creditor, ack.seq)
    if (head === null) throw noFile()
    const isOfFile = ack.level === 'record' ? ack.recSeq !== null && ack.recSeq >= 1 && ack.recSeq <= head.count : ack.recSeq === null
    if (!isOfFile) throw new DomainError('FEED_ACK_INVALID', 'An acknowledgement of records names each by its recSeq in that file; one of the file or of its transport names none.', 'records')
    if (!await stores.creditFeed.addAck(ack)) continue
    taken += 1
    if (ack.recSeq !== null) await takeOfRecord(stores, ids, { ...ack, recSeq: ack.recSeq })
  }
  return taken
}

async function takeOfRecord (stores: AckStores, ids: Ids, ack: FeedAck & { readonly recSeq: number }): Promise<void> {
  const record = await stores.creditFeed.recordAt(ack.creditor, ack.seq, ack.recSeq)
  if (record === null) throw noFile()
  const next = acknowledged(record, ack)
  if (next.state === record.state) return
  await stores.creditFeed.saveRecord(next)
  await followRecord(stores, ids, { record: next, at: ack.at })
}

const rank: Readonly<Record<RecordState, number>> = { waiting: 0, dropped: 0, submitted: 0, rejected: 1, fixed: 1, accepted: 2 }

/** An acceptance goes before a rejection, whichever came first; parked says only that the answer will come. */
export function acknowledged (record: FeedRecord, { result, code, field }: Pick<FeedAck, 'result' | 'code' | 'field'>): FeedRecord {
  if (result === 'parked' || rank[result] <= rank[record.state]) return record
  return { ...record, state: result, rejectedBecause: result === 'accepted' ? null : [code, field].filter((part) => part !== null).join(' ') }
}

const followed: Readonly<Partial<Record<FeedRecord['operation'], Readonly<Partial<Record<RecordState, EpisodeEvent>>>>>> = {
  open_episode: { accepted: 'accepted', rejected: 'rejected' },
  delete_expired: { accepted: 'deleted' }
}
const told: Readonly<Partial<Record<FeedRecord['operation'], NoticeTemplate>>> = { open_episode: 'reported', cure: 'report_cured' }

async function followRecord ({ creditFeed, contracts, outbox }: AckStores, ids: Ids, { record, at }: { readonly record: FeedRecord, readonly at: Date }): Promise<void> {
  const episode = await creditFeed.findEpisode(record.episodeId)
  if (episode === null) return
  const moved = movedBy(episode, followed[record.operation]?.[record.state])
  if (moved !== episode) await creditFeed.saveEpisode(moved)
  const template = record.state === 'accepted' ? told[record.operation] : undefined
  const contract = template === undefined ? null : await contracts.find(episode.contractId)
  if (template === undefined || contract === null) return
  await outbox.add(noticeMessage({ template, patientId: contract.patientId, phone: contract.phone, params: { on: record.asOf } }, { id: ids.next(), key: `${template}:${episode.id}`, at }))
}

/** Where the episode has gone on meanwhile (cured, withdrawn), the answer to its opening no longer moves it. */
function movedBy (episode: Episode, event: EpisodeEvent | undefined): Episode {
  return event === undefined || transitions[episode.state][event] === undefined ? episode : { ...episode, state: nextState(episode.state, event) }
}
