import type { PauseStore } from '../../../core/operations/index.ts'
import { instant } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface PauseRow {
  readonly queue: string
  readonly at_ms: number
  readonly token_id: string
  readonly reason: string
}

export function sqlPauses ({ sql }: Unit): PauseStore {
  return {
    list: async () => (await sql.all<PauseRow>('select queue, at_ms, token_id, reason from paused_queues order by queue', []))
      .map(({ queue, at_ms: atMs, token_id: by, reason }) => ({ queue, at: instant(atMs), by, reason })),
    add: async ({ queue, at, by, reason }) => {
      await sql.run('insert into paused_queues (queue, at_ms, token_id, reason) values (?, ?, ?, ?) on conflict (queue) do nothing', [queue, at.getTime(), by, reason])
    },
    remove: async (queue) => await sql.run('delete from paused_queues where queue = ?', [queue]) === 1
  }
}
