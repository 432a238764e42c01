import type { IdempotencyStore } from '../../../core/operations/index.ts'
import type { Unit } from '../sql.ts'

interface KeyRow {
  readonly body_hash: string
  readonly status: number | null
  readonly body: string | null
}

export function sqlIdempotency ({ sql }: Unit): IdempotencyStore {
  return {
    begin: async ({ key, scope, bodyHash, at }) => {
      const taken = await sql.run(`insert into idempotency_keys (scope, key, body_hash, begun_at_ms) values (?, ?, ?, ?)
        on conflict (scope, key) do nothing`, [scope, key, bodyHash, at.getTime()])
      if (taken === 1) return { kind: 'begun' }
      const row = await sql.first<KeyRow>('select body_hash, status, body from idempotency_keys where scope = ? and key = ?', [scope, key])
      // Abandoned between the two statements: the caller may come again.
      if (row === null) return { kind: 'running' }
      if (row.body_hash !== bodyHash) return { kind: 'other_body' }
      return row.status === null ? { kind: 'running' } : { kind: 'answered', status: row.status, body: row.body ?? '' }
    },
    finish: async ({ key, scope, status, body }) => {
      await sql.run('update idempotency_keys set status = ?, body = ? where scope = ? and key = ?', [status, body, scope, key])
    },
    abandon: async ({ key, scope }) => {
      await sql.run('delete from idempotency_keys where scope = ? and key = ? and status is null', [scope, key])
    },
    prune: (before, limit) => sql.run('delete from idempotency_keys where (scope, key) in (select scope, key from idempotency_keys where begun_at_ms < ? limit ?)', [before.getTime(), limit])
  }
}
