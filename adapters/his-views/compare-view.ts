import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { SeenRow, ViewName, ViewRowStore } from '../../core/inbox/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import type { ReadRow } from './read-row.ts'
import type { PageSize } from './page-size.ts'
import { readPlan, rowsByKey, type WatchedView } from './read-view.ts'
import type { ViewServer } from './view-server.ts'
import { takeRows, type TakeRowsDeps } from './take-rows.ts'

/** Counts of a nightly comparison. */
export interface Compared {
  readonly compared: number
  /** Rows that no look had seen. */
  readonly missed: number
  readonly changed: number
  /** Rows that were seen and are gone since the comparison before. */
  readonly vanished: number
}

export interface CompareViewDeps extends TakeRowsDeps {
  readonly inReading: InTransaction<{ viewRows: Pick<ViewRowStore, 'find'> }>
  readonly server: ViewServer
  readonly size: PageSize
  /** Business time. */
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Reads all rows of a view by key and takes in what no look has seen: a HIS that writes around its rowversion or its
 * updated_at leaves a hole that only this finds. A row that is gone is marked and told, never deleted here: nobody
 * knows whether the hospital took it back or the view lost it. `standing` counts all that are gone.
 */
export async function compareView (deps: CompareViewDeps, by: {
  readonly source: { readonly name: string, readonly hospitalId: string }
  readonly view: WatchedView
  readonly dueAt: Date
}): Promise<Compared & { readonly standing: number }> {
  const { server, size, clock, signal } = deps
  const { source, dueAt } = by
  const startedAt = clock.now()
  const plan = await readPlan(server, by.view)
  const view = { source: source.name, view: plan.table.view }
  const found = { compared: 0, missed: 0, changed: 0 }
  let after: string | null = null
  for (let isMore = true; isMore;) {
    if (signal.aborted) throw new DomainError('VIEW_SERVER_UNREACHABLE', 'The comparison was interrupted; it is run again.')
    const from: string | null = after
    const page = await size.read(async (limit) => {
      const { rows, standing } = await pageBesideSeen(deps, view, () => rowsByKey({ server, plan, limit, after: from, from: null }))
      return { rows, standing, isLast: rows.length < limit }
    })
    const taken = await takeRows(deps, { source: source.name, hospitalId: source.hospitalId, table: plan.table, rows: page.rows, cursor: null, seenAt: clock.now(), standing: page.standing })
    found.compared += taken.read
    found.missed += taken.added
    found.changed += taken.changed
    after = page.rows.at(-1)?.keyText ?? after
    isMore = !page.isLast
    await setImmediate()
  }
  return deps.inTransaction(async ({ viewRows }) => {
    const vanished = await viewRows.markVanished(view, { before: startedAt, at: dueAt })
    return { ...found, vanished, standing: (await viewRows.vanished(view, 0)).count }
  })
}

/**
 * A page and what was seen of its rows before it was read. Looks go on meanwhile, here or on another node: a page that
 * seems to tell of a change may be older than what a look took in since, so it is read once more after that was noted.
 */
async function pageBesideSeen ({ inReading }: CompareViewDeps, view: ViewName, read: () => Promise<readonly ReadRow[]>): Promise<{ readonly rows: readonly ReadRow[], readonly standing: readonly SeenRow[] }> {
  const rows = await read()
  const standing = await inReading(({ viewRows }) => viewRows.find(view, rows.map(({ key }) => key)))
  const seen = new Map(standing.map(({ key, hash }) => [key, hash]))
  return { rows: rows.every(({ key, hash }) => seen.get(key) === hash) ? rows : await read(), standing }
}
