import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describeRow, followViews, readRowMessage, type Compared, type ViewsPoller, type ViewsPollerDeps, type WatchedView } from '../../adapters/his-views/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { DescribeMessage, StoredMessage, ViewRowStore } from '../../core/inbox/index.ts'
import type { Job } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import { compareViews } from '../../jobs/compare-views.ts'
import { rowSource, viewPrefix, type Mapped, type SiteMapping, type ViewTable } from '../../mappings/index.ts'
import type { SiteConfig, ViewsSourceConfig } from '../site-config.ts'
import { mapChecked, siteNamed, type TranslateDeps } from './translate.ts'

type Sites = ReadonlyMap<string, Pick<SiteMapping, 'views'>>

/** What a source's poller needs besides its lease, its pause and what it is called when something came. */
export interface ViewSourcesDeps extends Omit<ViewsPollerDeps, 'lease' | 'isPaused'> {
  readonly sites: Sites
  readonly leaseOf: (source: string) => ViewsPollerDeps['lease']
  readonly isPaused: (source: string) => boolean
}

/** What is referred to comes first. */
const order = ['roster', 'patients', 'photos', 'visits', 'charges', 'events', 'requests'] as const

/** Follows every source of the kind `views`; by its name. They begin to look at once. */
export function composeViewSources (site: Pick<SiteConfig, 'sources'>, { sites, leaseOf, isPaused, ...deps }: ViewSourcesDeps): ReadonlyMap<string, ViewsPoller> {
  return new Map(site.sources.flatMap((source) => source.kind !== 'views' ? [] : [[source.name, followViews({
    name: source.name,
    hospitalId: source.hospital,
    server: {
      host: source.host,
      port: source.port,
      database: source.database,
      user: source.user,
      password: () => passwordIn(source.passwordFile),
      encrypt: source.encrypt,
      ca: source.caFile === undefined ? null : readFileSync(source.caFile, 'utf8'),
      timeoutMs: source.timeoutMs
    },
    views: watchedViews(source, viewsOf(sites, source)),
    pageSize: source.pageSize,
    rereadDays: source.rereadDays,
    pollMs: source.pollMs
  }, { ...deps, lease: leaseOf(source.name), isPaused: () => isPaused(source.name) })] as const]))
}

/** A file that was moved is the login's trouble, and no view's. */
async function passwordIn (file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch {
    throw new DomainError('VIEW_LOGIN_REFUSED', 'The file with the password cannot be read. Check passwordFile in SITE_CONFIG and who may read it.')
  }
}

function watchedViews (source: ViewsSourceConfig, tables: ReadonlyMap<string, ViewTable>): readonly WatchedView[] {
  return order.flatMap((view) => {
    const name = source.views[view]
    const table = tables.get(view)
    return name === undefined || table === undefined ? [] : [{ name, table }]
  })
}

function viewsOf (sites: Sites, { mappingSite }: Pick<ViewsSourceConfig, 'mappingSite'>): ReadonlyMap<string, ViewTable> {
  const mapping = sites.get(mappingSite)
  if (mapping === undefined) throw new DomainError('MAPPING_SITE_UNKNOWN', 'There are no tables for this site. Correct mappingSite in SITE_CONFIG or add the folder.')
  return mapping.views
}

/** The nightly comparison of each source, at its own hour. */
export function compareViewJobs (site: Pick<SiteConfig, 'sources'>, deps: {
  readonly compare: (source: string, dueAt: Date) => Promise<Compared>
} & Omit<Parameters<typeof compareViews>[0], 'source' | 'compareAt' | 'compare'>): readonly Job[] {
  return site.sources.flatMap((source) => source.kind !== 'views' ? [] : [compareViews({
    ...deps,
    source: source.name,
    compareAt: source.compareAt,
    compare: async (dueAt) => ({ ...await deps.compare(source.name, dueAt) })
  })])
}

/**
 * A kept row → FHIR R4 by the site's tables. Refuses with MESSAGE_* and MAPPING_*; nothing invalid passes. Where a row
 * changes under the same time, or tells none, what it said later counts as later, by a millisecond each.
 */
export function rowTranslator ({ sites, ...deps }: TranslateDeps, siteOf: (source: string) => string): (message: StoredMessage) => Mapped {
  return ({ id, source, hospitalId, raw, controlId, receivedAt }) => {
    const mapping = siteNamed(sites, siteOf(source))
    const { view, revision, row } = readRowMessage(raw)
    const table = mapping.views.get(view)
    if (table === undefined) throw new DomainError('MESSAGE_TYPE_UNKNOWN', 'No table serves this view; add one to the site, then replay.', viewPrefix + view)
    const mapped = mapChecked(mapping, rowSource(table, { row, controlId: controlId ?? id }), { ...deps, hospitalId, receivedAt, source: id })
    return { ...mapped, changes: mapped.changes.map((change) => ({ ...change, asOf: new Date(change.asOf.getTime() + revision - 1) })) }
  }
}

/** Reads a kept row anew, for replay. */
export function rowDescriber (sites: Sites): (message: Parameters<DescribeMessage>[0], source: ViewsSourceConfig) => ReturnType<DescribeMessage> {
  return ({ raw }, source) => describeRow(raw, { hospitalId: source.hospital, views: viewsOf(sites, source) })
}

/** Rows that were seen and are gone, for operators: how many, and the newest of them by key. */
export function vanishedRows (inReading: InTransaction<{ viewRows: ViewRowStore }>): (view: { readonly source: string, readonly view: string }) => ReturnType<ViewRowStore['vanished']> {
  return (view) => inReading(({ viewRows }) => viewRows.vanished(view, vanishedShown))
}

const vanishedShown = 200
