import { alertWhile, type AlertDeps } from '../operations/index.ts'
import type { Moment } from '../pay-after-care/index.ts'
import { buildFiles, type BuildDeps, type BuildStores } from './build-files.ts'
import { sweepEpisodes, type SweepDeps, type SweepStores } from './sweep-episodes.ts'

export interface BuildFeedDeps<Stores> extends SweepDeps<Stores>, BuildDeps<Stores> {
  readonly alerts: AlertDeps
}

/** A file that the bureau has not accepted for so long is told to whoever is on call. */
const silentAfterMs = 48 * 3_600_000
const mostTold = 100

/** 生成报送文件. What is overdue, paid, disputed or was rejected by now goes into the next file of each creditor. */
export async function buildFeed <Stores extends SweepStores & BuildStores> (deps: BuildFeedDeps<Stores>, moment: Moment): Promise<{ readonly changed: number, readonly files: number, readonly records: number, readonly unanswered: number }> {
  const { changed } = await sweepEpisodes(deps, moment)
  const built = { files: 0, records: 0 }
  for (const creditor of deps.creditors) {
    const { files, records } = await buildFiles(deps, creditor, moment)
    built.files += files
    built.records += records
  }
  const unanswered = await deps.inReading(({ creditFeed }) => creditFeed.unacknowledged(new Date(moment.now.getTime() - silentAfterMs), mostTold))
  const detail = `${unanswered.length} files of the credit feed are refused or unanswered, the oldest ${unanswered[0]?.creditor ?? ''} ${unanswered[0]?.seq ?? ''}`
  await alertWhile(deps.alerts, { key: 'job:feed-unanswered', detail, isTrouble: unanswered.length > 0, at: moment.now })
  return { changed, ...built, unanswered: unanswered.length }
}
