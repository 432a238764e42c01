import { cursorOf, later, nextPass, parameterOf, type ViewCursor } from './cursor.ts'
import { planOf, type PlannedColumn, type ReadingPlan } from './reading-plan.ts'
import { readRows, type ReadRow } from './read-row.ts'
import type { Calendar } from '../../core/clock.ts'
import type { ViewTable } from '../../mappings/index.ts'
import type { Answer, Bound, ViewServer } from './view-server.ts'
import { horizonText, keyPageText, quotedView, shapeText, valueText, versionPageText } from './statements.ts'

/** A view of a hospital: what it must look like, and its name there. */
export interface WatchedView {
  readonly table: ViewTable
  /** As SITE_CONFIG says. */
  readonly name: string
}

/** Reads how the view looks now. Refused with VIEW_*. */
export async function readPlan (server: ViewServer, { table, name }: WatchedView): Promise<ReadingPlan> {
  const view = quotedView(name)
  const { columns } = await server.read(shapeText(view), {}, table.view)
  return planOf(table, view, columns)
}

/** A page, and where to read on; `cursor` null where there is nothing new, `isLast` where nothing is left now. */
export interface Page {
  readonly rows: readonly ReadRow[]
  readonly cursor: ViewCursor | null
  readonly isLast: boolean
}

export interface PageRequest {
  readonly server: ViewServer
  readonly plan: ReadingPlan
  /** The cursor as it was kept. */
  readonly kept: string | null
  readonly limit: number
  readonly now: Date
  readonly calendar: Calendar
  readonly rereadDays: number
}

export function nextPage (request: PageRequest): Promise<Page> {
  return request.plan.version === null ? pageByKey(request) : pageByVersion(request, request.plan.version.theirs.name)
}

/**
 * By rowversion. Versions are given when a row is written but seen when its transaction commits, so a transaction that
 * takes long commits versions below some that were read already. MIN_ACTIVE_ROWVERSION() is the lowest version that is
 * still being written: what lies below it is final. Reading to the newest version instead would leave such rows behind
 * the cursor for ever.
 *
 * A cursor at or above that horizon can only be of a database that was restored from a backup since: it is read from
 * the start then, which takes in nothing twice.
 */
async function pageByVersion ({ server, plan, kept, limit }: PageRequest, column: string): Promise<Page> {
  const view = plan.table.view
  const { rows: [horizons = []] } = await server.read(horizonText, {}, view)
  const before = versionOf(horizons[0])
  const cursor = cursorOf('version', kept)
  const after = cursor.after >= before ? '' : cursor.after
  const answer = await server.read(versionPageText(textOf(plan), column), { limit: limitOf(limit), after: boundVersion(after), before: boundVersion(before) }, view)
  const rows = readRows(plan, answer)
  const last = rows.at(-1)?.version ?? null
  return {
    rows,
    cursor: last === null ? (after === cursor.after ? null : { kind: 'version', after }) : { kind: 'version', after: versionOf(last) },
    isLast: rows.length < limit
  }
}

/** By key, in passes over what may have changed (see cursor.ts). */
async function pageByKey (request: PageRequest): Promise<Page> {
  const { server, plan, kept, limit } = request
  const cursor = nextPass(cursorOf('pass', kept), request)
  const { from, after } = cursor.pass
  const rows = await rowsByKey({ server, plan, limit, after, from })
  const newest = rows.map(({ changed }) => changed).reduce(later, cursor.newest)
  const isLast = rows.length < limit
  return { rows, cursor: { ...cursor, newest, pass: isLast ? null : { from, after: rows.at(-1)?.keyText ?? after } }, isLast }
}

/** A page of all rows (`from` null), or of those that changed since `from`, after a key. */
export async function rowsByKey ({ server, plan, limit, after, from }: {
  readonly server: ViewServer
  readonly plan: ReadingPlan
  readonly limit: number
  readonly after: string | null
  readonly from: string | null
}): Promise<readonly ReadRow[]> {
  const changed = from === null ? null : plan.changed
  const bound: Record<string, Bound> = { limit: limitOf(limit) }
  if (changed !== null && from !== null) bound['from'] = { kind: 'time', value: parameterOf(from), column: changed.theirs }
  if (after !== null) bound['after'] = { kind: 'key', value: after, column: plan.key.theirs }
  const text = keyPageText(textOf(plan), { key: plan.key.theirs.name, isFirst: after === null, changed: changed?.theirs.name ?? null })
  return readRows(plan, await server.read(text, bound, plan.table.view))
}

/** The rows that have a value in a column, the first few by key. */
export async function rowsWith (server: ViewServer, plan: ReadingPlan, { column, value }: { readonly column: PlannedColumn, readonly value: string }): Promise<readonly ReadRow[]> {
  const text = valueText(textOf(plan), { key: plan.key.theirs.name, column: column.theirs.name })
  return readRows(plan, await server.read(text, { limit: limitOf(mostFound), value: { kind: 'key', value, column: column.theirs } }, plan.table.view))
}

const mostFound = 5

function textOf ({ view, columns }: ReadingPlan): { readonly view: string, readonly columns: readonly string[] } {
  return { view, columns: columns.map(({ theirs }) => theirs.name) }
}

const limitOf = (value: number): Bound => ({ kind: 'limit', value })
const boundVersion = (hex: string): Bound => ({ kind: 'version', value: Buffer.from(hex.padStart(16, '0'), 'hex') })

/** Sixteen digits, so that versions compare as texts. */
function versionOf (value: Answer['rows'][number][number]): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex').padStart(16, '0') : ''
}
