import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import type { InboxStore, SeenRow, ViewRowStore } from '../../core/inbox/index.ts'
import type { SettingStore } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import type { ViewTable } from '../../mappings/index.ts'
import type { ReadRow } from './read-row.ts'
import { newRowMessage } from './row-message.ts'

export interface TakeRowsDeps {
  readonly inTransaction: InTransaction<{ inbox: Pick<InboxStore, 'receive'>, viewRows: ViewRowStore, settings: SettingStore }>
  readonly ids: Ids
}

export interface Taken {
  readonly read: number
  /** Seen for the first time. */
  readonly added: number
  readonly changed: number
  /** Rows that have no key: nobody can tell them from others, so they are not taken in. */
  readonly keyless: number
  /** What was put into the inbox. */
  readonly messages: readonly string[]
}

/**
 * A page of rows: what is new or has changed since it was last seen becomes a message, in the transaction that writes
 * the cursor and what was seen. So a row is taken in once a change, wherever a look breaks off.
 */
export async function takeRows ({ inTransaction, ids }: TakeRowsDeps, page: {
  readonly source: string
  readonly hospitalId: string
  readonly table: ViewTable
  readonly rows: readonly ReadRow[]
  /** Where to read on; null: the page has no cursor. */
  readonly cursor: { readonly name: string, readonly value: string } | null
  readonly seenAt: Date
  /** What was seen before the page was read: what another look took in since then may be newer, and stays. */
  readonly standing?: readonly SeenRow[]
}): Promise<Taken> {
  const { source, hospitalId, table, cursor, seenAt } = page
  const rows = singleRows(table, page.rows)
  const view = { source, view: table.view }
  return inTransaction(async ({ inbox, viewRows, settings }) => {
    const known = new Map((await viewRows.find(view, rows.map(({ key }) => key))).map((row) => [row.key, row]))
    const revisionOf = (key: string): number => (known.get(key)?.revision ?? 0) + 1
    const standing = page.standing === undefined ? null : new Map(page.standing.map(({ key, revision }) => [key, revision + 1]))
    const fresh = rows.filter(({ key, hash }) => known.get(key)?.hash !== hash && (standing === null || revisionOf(key) === (standing.get(key) ?? 1)))
    const messages = fresh.map((row) => newRowMessage(row, { id: ids.next(), source, hospitalId, table, revision: revisionOf(row.key), receivedAt: seenAt }))
    if (messages.length > 0) await inbox.receive(messages)
    const isFresh = new Set(fresh)
    await viewRows.save(view, rows.map((row): SeenRow => isFresh.has(row)
      ? { key: row.key, hash: row.hash, revision: revisionOf(row.key) }
      : known.get(row.key) ?? { key: row.key, hash: row.hash, revision: 1 }), seenAt)
    if (cursor !== null) await settings.set(cursor.name, cursor.value)
    const added = fresh.filter(({ key }) => !known.has(key)).length
    return { read: page.rows.length, added, changed: fresh.length - added, keyless: page.rows.filter(({ key }) => key === '').length, messages: messages.map(({ id }) => id) }
  })
}

/** Rows that are the same twice count once; two that differ under one key would push each other out for ever. */
function singleRows ({ view, key: column }: ViewTable, rows: readonly ReadRow[]): readonly ReadRow[] {
  const byKey = new Map<string, ReadRow>()
  for (const row of rows) {
    if (row.key === '') continue
    const other = byKey.get(row.key)
    if (other !== undefined && other.hash !== row.hash) {
      throw new DomainError('VIEW_KEY_AMBIGUOUS', `View ${view} has several rows under one ${column}. Have the hospital make it unique in the view.`, `${view}.${column}`)
    }
    byKey.set(row.key, row)
  }
  return [...byKey.values()]
}
