import { setImmediate } from 'node:timers/promises'
import { DomainError } from '../../core/errors.ts'
import type { PageSize } from './page-size.ts'
import { readPlan, rowsByKey, type WatchedView } from './read-view.ts'
import type { ViewServer } from './server.ts'
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

/**
 * Reads all rows of a view by key and takes in what no look has seen: a HIS that writes around its rowversion or its
 * updated_at leaves a hole that only this finds. A row that is gone is marked and told, never deleted here: nobody
 * knows whether the hospital took it back or the view lost it. `standing` counts all that are gone.
 */
export async function compareView (deps: TakeRowsDeps & { readonly server: ViewServer, readonly size: PageSize, readonly signal: AbortSignal }, by: {
  readonly source: { readonly name: string, readonly hospitalId: string }
  readonly view: WatchedView
  readonly dueAt: Date
}): Promise<Compared & { readonly standing: number }> {
  const { server, size, signal } = deps
  const { source, dueAt } = by
  const plan = await readPlan(server, by.view)
  const found = { compared: 0, missed: 0, changed: 0 }
  let after: string | null = null
  for (let isMore = true; isMore;) {
    if (signal.aborted) throw new DomainError('VIEW_SERVER_UNREACHABLE', 'The comparison was interrupted; it is run again.')
    const from: string | null = after
    const page = await size.read(async (limit) => {
      const rows = await rowsByKey({ server, plan, limit, after: from, from: null })
      return { rows, isLast: rows.length < limit }
    })
    const taken = await takeRows(deps, { source: source.name, hospitalId: source.hospitalId, table: plan.table, rows: page.rows, cursor: null, seenAt: dueAt })
    found.compared += taken.read
    found.missed += taken.added
    found.changed += taken.changed
    after = page.rows.at(-1)?.keyText ?? after
    isMore = !page.isLast
    await setImmediate()
  }
  const view = { source: source.name, view: plan.table.view }
  return deps.inTransaction(async ({ viewRows }) => {
    const vanished = await viewRows.markVanished(view, { before: dueAt, at: dueAt })
    return { ...found, vanished, standing: (await viewRows.vanished(view, 0)).count }
  })
}
