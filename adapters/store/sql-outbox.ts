import type { OutboxStore, WaitingOutboxMessage } from '../../core/outbox.ts'
import { instant, instantOrNull, json } from './columns.ts'
import type { Unit } from './sql.ts'

interface OutboxRow {
  readonly id: string
  readonly kind: string
  readonly key: string
  readonly payload: string
  readonly created_at_ms: number
  readonly attempts: number
}

const withPayload = "status = 'done' and payload <> 'null'"
const settledBefore = `sequence in (select sequence from outbox_messages where ${withPayload} and kind = ? and settled_at_ms < ? order by settled_at_ms limit ?)`

export function sqlOutbox ({ sql }: Unit): OutboxStore {
  return {
    add: async ({ id, kind, key, payload, createdAt }) => await sql.run(
      `insert into outbox_messages (id, kind, key, payload, created_at_ms, status) values (?, ?, ?, ?, ?, 'waiting')
       on conflict (kind, key) do nothing`, [id, kind, key, JSON.stringify(payload), createdAt.getTime()]) === 1,
    dueKinds: async (at) => (await sql.all<{ readonly kind: string }>(
      "select distinct kind from outbox_messages where status = 'waiting' and (next_at_ms is null or next_at_ms <= ?)", [at.getTime()])).map(({ kind }) => kind),
    due: async (at, limit, kind) => (await sql.all<OutboxRow>(
      `select id, kind, key, payload, created_at_ms, attempts from outbox_messages
       where status = 'waiting' and kind = ? and (next_at_ms is null or next_at_ms <= ?) order by sequence limit ?`, [kind, at.getTime(), limit])).map(waitingOf),
    dueInOrder: async (at, limit, kind) => {
      const rows = await sql.all<OutboxRow & { readonly next_at_ms: number | null }>(
        `select id, kind, key, payload, created_at_ms, attempts, next_at_ms from outbox_messages
         where status = 'waiting' and kind = ? order by sequence limit ?`, [kind, limit])
      const firstNotDue = rows.findIndex(({ next_at_ms: nextAtMs }) => nextAtMs !== null && nextAtMs > at.getTime())
      return (firstNotDue < 0 ? rows : rows.slice(0, firstNotDue)).map(waitingOf)
    },
    dueOne: async (id, at) => {
      const row = await sql.first<OutboxRow>(
        `select id, kind, key, payload, created_at_ms, attempts from outbox_messages
         where id = ? and status = 'waiting' and (next_at_ms is null or next_at_ms <= ?)`, [id, at.getTime()])
      return row && waitingOf(row)
    },
    markDone: async (id, at) => {
      await sql.run("update outbox_messages set status = 'done', settled_at_ms = ?, next_at_ms = null, reason = null where id = ? and status = 'waiting'",
        [at.getTime(), id])
    },
    markRetry: async (id, { attempts, nextAt, reason }) => {
      await sql.run("update outbox_messages set attempts = ?, next_at_ms = ?, reason = ? where id = ? and status = 'waiting'",
        [attempts, nextAt.getTime(), reason, id])
    },
    markDead: async (id, { attempts, reason, at }) => {
      await sql.run("update outbox_messages set status = 'dead', attempts = ?, next_at_ms = null, reason = ?, settled_at_ms = ? where id = ? and status = 'waiting'",
        [attempts, reason, at.getTime(), id])
    },
    reopen: async (id) => await sql.run(
      "update outbox_messages set status = 'waiting', attempts = 0, next_at_ms = null, settled_at_ms = null, reason = null where id = ? and status in ('done', 'dead') and payload <> 'null'", [id]) === 1,
    dismiss: async (id, at) => await sql.run("update outbox_messages set status = 'done', settled_at_ms = ? where id = ? and status = 'dead'", [at.getTime(), id]) === 1,
    doneKinds: async () => {
      const kinds: string[] = []
      // From one kind to the next in the index, however many messages each has.
      for (let after = ''; ;) {
        const next = await sql.first<{ readonly kind: string }>(`select kind from outbox_messages where ${withPayload} and kind > ? order by kind limit 1`, [after])
        if (next === null) return kinds
        kinds.push(after = next.kind)
      }
    },
    forgetDone: (kind, before, limit) => sql.run(`delete from outbox_messages where ${settledBefore}`, [kind, before.getTime(), limit]),
    emptyDone: (kind, before, limit) => sql.run(`update outbox_messages set payload = 'null' where ${settledBefore}`, [kind, before.getTime(), limit]),
    counts: async () => {
      const row = await sql.first<{ readonly waiting: number, readonly dead: number, readonly oldest_at_ms: number | null }>(
        `select (select count(*) from outbox_messages where status = 'waiting') as waiting,
           (select count(*) from outbox_messages where status = 'dead') as dead,
           (select min(created_at_ms) from outbox_messages where status = 'waiting') as oldest_at_ms`, [])
      return { waiting: row?.waiting ?? 0, dead: row?.dead ?? 0, oldestAt: instantOrNull(row?.oldest_at_ms ?? null) }
    }
  }
}

function waitingOf (row: OutboxRow): WaitingOutboxMessage {
  return {
    id: row.id,
    kind: row.kind,
    key: row.key,
    payload: json<Readonly<Record<string, unknown>>>(row.payload),
    createdAt: instant(row.created_at_ms),
    attempts: row.attempts
  }
}
