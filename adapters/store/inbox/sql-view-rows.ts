import type { SeenRow, ViewRowStore } from '../../../core/inbox/index.ts'
import type { GroupStatement, Unit } from '../sql.ts'

const columns = { source: 'text', view_name: 'text', row_key: 'text', row_hash: 'text', revision: 'integer', seen_at_ms: 'integer' } as const satisfies GroupStatement['columns']
const names = Object.keys(columns)

const put: GroupStatement = {
  columns,
  text: (given) => `insert into view_rows (${names.join(', ')}) select given.${names.join(', given.')} from ${given} as given where true
    on conflict (source, view_name, row_key) do update
    set row_hash = excluded.row_hash, revision = excluded.revision, seen_at_ms = excluded.seen_at_ms, vanished_at_ms = null`
}

interface KeyRow {
  readonly row_key: string
}

export function sqlViewRows ({ sql, dialect }: Unit): ViewRowStore {
  return {
    find: async ({ source, view }, keys) => {
      const rows = await sql.all<KeyRow & { readonly row_hash: string, readonly revision: number }>(
        `select row_key, row_hash, revision from view_rows where source = ? and view_name = ? and ${dialect.isIn('row_key')}`, [source, view, dialect.list(keys)])
      return rows.map(({ row_key: key, row_hash: hash, revision }): SeenRow => ({ key, hash, revision }))
    },
    save: async ({ source, view }, rows, seenAt) => {
      await sql.runOf(put, rows.map(({ key, hash, revision }) => [source, view, key, hash, revision, seenAt.getTime()]))
    },
    markVanished: ({ source, view }, { before, at }) => sql.run(
      'update view_rows set vanished_at_ms = ? where source = ? and view_name = ? and seen_at_ms < ? and vanished_at_ms is null',
      [at.getTime(), source, view, before.getTime()]),
    vanished: async ({ source, view }, limit) => {
      const counted = await sql.first<{ readonly vanished: number }>(
        'select count(*) as vanished from view_rows where source = ? and view_name = ? and vanished_at_ms is not null', [source, view])
      const rows = await sql.all<KeyRow>(
        'select row_key from view_rows where source = ? and view_name = ? and vanished_at_ms is not null order by vanished_at_ms desc, row_key limit ?', [source, view, limit])
      return { count: Number(counted?.vanished ?? 0), keys: rows.map(({ row_key: key }) => key) }
    }
  }
}
