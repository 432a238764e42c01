import { createHash } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { episodeRoutes, feedRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import {
  buildFeed, buildFiles, deleteExpired, feedBuildKind, feedPushKind, noFile, releaseEpisodes, snapshotEpisodes, sweepEpisodes, takeAcks, withdrawEpisode, type BuildFeedDeps
} from '../../core/credit-feed/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { CarryOut } from '../../core/outbox.ts'
import type { Moment } from '../../core/pay-after-care/index.ts'
import { creditFeedJobs } from '../../jobs/credit-feed.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { isDeceased } from './default-management.ts'
import { feedConfig, type FeedConfig } from './feed-config.ts'
import { payAfterCareSettings } from './pay-after-care-settings.ts'

/** 征信报送: episodes of arrears, files to the bureau, its answers. Nothing of it is there where no creditor is configured. */
export function composeCreditFeed (deps: AreaDeps): Area {
  const feed = feedConfig(deps.config)
  if (feed === null) return plainArea
  const { store: { inTransaction, inReading }, clock, calendar, ids, notifyOutbox, writeInstant } = deps
  const tools = feedTools(deps, feed)
  const moment = (): Moment => ({ now: clock.now(), today: calendar(clock.now()) })
  const telling = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work
    notifyOutbox()
    return result
  }
  const seen = { inReading, creditors: feed.creditors, writeInstant }
  return {
    ...plainArea,
    publicKeys: feed.keys.publicKeys,
    carryOut: { [feedBuildKind]: buildingOf(tools, feed, moment, notifyOutbox), ...pushing(deps, feed) },
    // A file has one number for good, and a release one id.
    forgettable: [feedBuildKind, ...[...feed.pushes.keys()].map(feedPushKind)],
    rules: Object.fromEntries([...feed.pushes.keys()].map((code) => [feedPushKind(code), { maxRunning: 1, inOrder: true }])),
    jobs: creditFeedJobs({
      calendar,
      sweep: (at) => telling(sweepEpisodes(tools, at)),
      build: (at) => telling(buildFeed(tools, at)),
      deleteExpired: (at) => telling(deleteExpired(tools, at)),
      snapshot: (at) => snapshotEpisodes(tools, at)
    }),
    routes: [
      feedRoutes({ ...seen, now: clock.now, takeAcks: (acks) => telling(inTransaction((stores) => takeAcks(stores, { ids }, acks))) }),
      episodeRoutes({
        ...seen,
        releaseEpisodes: (command) => telling(inTransaction((stores) => releaseEpisodes(stores, { ...tools, moment: moment() }, command))),
        withdrawEpisode: (command) => telling(inTransaction((stores) => withdrawEpisode(stores, { ...tools, moment: moment() }, command)))
      })
    ]
  }
}

function feedTools ({ store: { inTransaction, inReading }, config, ids, stableId, calendar, onCall, writeInstant }: AreaDeps, { creditors, keys, seals }: FeedConfig): BuildFeedDeps<Stores> {
  return {
    inTransaction, inReading, breathe, ids, stableId, calendar, creditors, isDeceased, writeInstant,
    settings: payAfterCareSettings(config),
    terms: new Set(config.site.hospitals.flatMap(({ name }) => name.split(/\s+/))),
    signer: keys,
    hash: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    seal: async (creditor, text) => {
      const seal = seals.get(creditor)
      if (seal === undefined) throw new Error('every configured creditor has the key of its bureau')
      return await seal(text)
    },
    alerts: { inTransaction, ids, onCall }
  }
}

/** After a release or a withdrawal: the next file does not wait for noon. */
function buildingOf (tools: BuildFeedDeps<Stores>, { creditors }: FeedConfig, moment: () => Moment, notifyOutbox: () => void): CarryOut {
  return async ({ payload }) => {
    const creditor = creditors.find(({ code }) => code === payload['creditor'])
    if (creditor === undefined) throw new DomainError('FEED_FILE_NOT_FOUND', 'This creditor is not configured any more. Put it back into creditFeed, then send the message anew.')
    await buildFiles(tools, creditor, moment())
    notifyOutbox()
  }
}

function pushing ({ store: { inReading } }: AreaDeps, { pushes }: FeedConfig): Readonly<Record<string, CarryOut>> {
  return Object.fromEntries([...pushes].map(([code, push]): [string, CarryOut] => [feedPushKind(code), async ({ payload }) => {
    const file = await inReading(({ creditFeed }) => creditFeed.file(code, Number(payload['seq'])))
    if (file === null) throw noFile()
    await push(file)
  }]))
}
