import { withEvent, type Composed, type OutboundCounts, type OutboundEvent, type OutboundFilter, type OutboundStore } from '../../../core/outbound/index.ts'
import { instantOrNull } from '../columns.ts'
import { allColumns, eventsOf, eventsText, outboundOf, outboundSummaryOf, stateColumn, summaryColumns, type OutboundRow, type OutboundSummaryRow } from './outbound-row.ts'
import type { Parameter } from '../dialect.ts'
import type { Unit } from '../sql.ts'

const mostAnswerBytes = 65_536
const joined = 'from outbound_messages o join outbox_messages b on b.id = o.id'
const kindPrefix = 'destination:'

export function sqlOutbound (unit: Unit): OutboundStore {
  const { sql } = unit
  const find: OutboundStore['find'] = async (id) => {
    const row = await sql.first<OutboundRow>(`select ${allColumns} ${joined} where o.id = ?`, [id])
    return row && outboundOf(row)
  }
  return {
    add: async ({ id, destination, message, record, patientId, createdAt }) => {
      const events = withEvent([], { ...plain, at: createdAt, what: 'written' })
      await sql.run(`insert into outbound_messages (id, destination, message, record_type, record_id, record_version, patient_id, created_at_ms, events)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?)`, [id, destination, message, record.type, record.id, record.version, patientId, createdAt.getTime(), eventsText(events)])
    },
    find,
    keep: (id, composed) => keep(unit, find, { id, composed }),
    answered: async (id, { code, verdict, bytes, at }) => {
      await sql.run('update outbound_messages set answer_code = ?, answer_verdict = ?, answer = ?, answered_at_ms = ? where id = ?',
        [code, verdict, bytes.slice(0, mostAnswerBytes), at.getTime(), id])
      if (verdict === 'accepted') await sql.run('update outbound_messages set failure_code = null, failure_detail = null, failure_place = null where id = ?', [id])
      await note(unit, id, { ...plain, at, what: 'answered', code })
    },
    failed: async (id, { failure: { code, detail, place }, at }) => {
      await sql.run('update outbound_messages set failure_code = ?, failure_detail = ?, failure_place = ? where id = ?', [code, detail, place, id])
      await note(unit, id, { ...plain, at, what: 'failed', code })
    },
    again: async (id, { isAnew, actor, at }) => {
      await sql.run(`update outbound_messages set answer_code = null, answer_verdict = null, answer = null, answered_at_ms = null, skipped_at_ms = null,
        failure_code = null, failure_detail = null, failure_place = null where id = ?`, [id])
      if (isAnew) await sql.run('update outbound_messages set revision = revision + 1, control_id = null, content = null, charset = null, composed_at_ms = null, notes = null where id = ?', [id])
      await note(unit, id, { ...plain, at, what: isAnew ? 'composed_anew' : 'resent', by: actor })
    },
    skipped: async (id, { actor, reason, at }) => {
      await sql.run('update outbound_messages set skipped_at_ms = ? where id = ?', [at.getTime(), id])
      await note(unit, id, { ...plain, at, what: 'skipped', by: actor, reason })
    },
    list: async (filter, { limit, before }) => {
      const { text, params } = conditions(filter, before)
      return (await sql.anew<OutboundSummaryRow>(`select ${summaryColumns} ${joined} ${text} order by o.sequence desc limit ?`, [...params, limit])).map(outboundSummaryOf)
    },
    counts: () => counts(unit),
    sentSince: (from) => sql.all<{ readonly destination: string, readonly count: number }>(
      "select destination, count(*) as count from outbound_messages where answered_at_ms >= ? and answer_verdict = 'accepted' group by destination order by destination", [from.getTime()]),
    prune: (before, limit) => prune(unit, before, limit)
  }
}

const plain = { code: null, by: null, reason: null }

async function note ({ sql }: Unit, id: string, event: Omit<OutboundEvent, 'times'>): Promise<void> {
  const row = await sql.first<{ readonly events: string }>('select events from outbound_messages where id = ?', [id])
  if (row !== null) await sql.run('update outbound_messages set events = ? where id = ?', [eventsText(withEvent(eventsOf(row.events), event)), id])
}

async function keep (unit: Unit, find: OutboundStore['find'], { id, composed }: { readonly id: string, readonly composed: Composed }): Promise<Composed> {
  const { controlId, content, charset, composedAt, notes } = composed
  const kept = await unit.sql.run(`update outbound_messages set control_id = ?, content = ?, charset = ?, composed_at_ms = ?, notes = ?
    where id = ? and control_id is null`, [controlId, content, charset, composedAt.getTime(), JSON.stringify(notes), id])
  if (kept === 1) await note(unit, id, { ...plain, at: composedAt, what: 'composed' })
  return (await find(id))?.composed ?? composed
}

function conditions ({ destination, state, message, record, failureCode }: OutboundFilter, before: number | null): { readonly text: string, readonly params: readonly Parameter[] } {
  const [type = '', id = ''] = record?.split('/') ?? []
  const all: ReadonlyArray<readonly [string, readonly Parameter[] | undefined]> = [
    ['o.destination = ?', destination === undefined ? undefined : [destination]],
    [`${stateColumn} = ?`, state === undefined ? undefined : [state]],
    ['o.message = ?', message === undefined ? undefined : [message]],
    ['o.record_type = ? and o.record_id = ?', record === undefined ? undefined : [type, id]],
    ['coalesce(b.reason, o.failure_code) = ?', failureCode === undefined ? undefined : [failureCode]],
    ['o.sequence < ?', before === null ? undefined : [before]]
  ]
  const asked = all.filter(([, params]) => params !== undefined)
  return { text: asked.length === 0 ? '' : `where ${asked.map(([text]) => text).join(' and ')}`, params: asked.flatMap(([, params]) => params ?? []) }
}

async function counts ({ sql }: Unit): Promise<readonly OutboundCounts[]> {
  const rows = await sql.all<{ readonly kind: string, readonly waiting: number, readonly dead: number, readonly oldest_at_ms: number | null }>(
    `select kind, sum(case when status = 'waiting' then 1 else 0 end) as waiting, sum(case when status = 'dead' then 1 else 0 end) as dead,
       min(case when status = 'waiting' then created_at_ms end) as oldest_at_ms
     from (select kind, status, created_at_ms from outbox_messages where status = 'waiting'
       union all select kind, status, created_at_ms from outbox_messages where status = 'dead') as standing group by kind order by kind`, [])
  return rows
    .filter(({ kind }) => kind.startsWith(kindPrefix))
    .map(({ kind, waiting, dead, oldest_at_ms: oldestAtMs }) => ({ destination: kind.slice(kindPrefix.length), waiting: Number(waiting), dead: Number(dead), oldestAt: instantOrNull(oldestAtMs) }))
}

/** Its outbox message goes along; a version of a record is told once, so its key does not come again. */
async function prune ({ sql, dialect }: Unit, before: Date, limit: number): Promise<number> {
  const rows = await sql.all<{ readonly id: string }>(
    `select o.id ${joined} where o.created_at_ms < ? and b.status = 'done' order by o.created_at_ms limit ?`, [before.getTime(), limit])
  const ids = dialect.list(rows.map(({ id }) => id))
  await sql.run(`delete from outbox_messages where ${dialect.isIn('id')}`, [ids])
  await sql.run(`delete from outbound_messages where ${dialect.isIn('id')}`, [ids])
  return rows.length
}
