import type { Alert, AlertStore } from '../../../core/operations/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface AlertRow {
  readonly id: string
  readonly key: string
  readonly opened_at_ms: number
  readonly closed_at_ms: number | null
  readonly detail: string
}

export function sqlAlerts ({ sql }: Unit): AlertStore {
  return {
    open: async () => (await sql.all<AlertRow>('select * from alerts where closed_at_ms is null order by sequence', [])).map(alertOf),
    list: async ({ limit, offset }) => (await sql.all<AlertRow>('select * from alerts order by sequence desc limit ? offset ?', [limit, offset])).map(alertOf),
    add: async ({ id, key, openedAt, closedAt, detail }) => await sql.run(
      `insert into alerts (id, key, opened_at_ms, closed_at_ms, detail) values (?, ?, ?, ?, ?)
       on conflict (key) where closed_at_ms is null do nothing`, [id, key, openedAt.getTime(), msOrNull(closedAt), detail]) === 1,
    close: async (id, at) => {
      await sql.run('update alerts set closed_at_ms = ? where id = ? and closed_at_ms is null', [at.getTime(), id])
    }
  }
}

function alertOf (row: AlertRow): Alert {
  return { id: row.id, key: row.key, openedAt: instant(row.opened_at_ms), closedAt: instantOrNull(row.closed_at_ms), detail: row.detail }
}
