import { DomainError } from '../../../core/errors.ts'
import type { Failure, InboxStatistics, InboxStore, MessageFilter, MessageStatus, QueuedMessage, StoredMessage } from '../../../core/inbox/index.ts'
import type { Knex } from 'knex'
import { bytes, instant, instantOrNull, json } from '../columns.ts'
import { summaryOf, type MessageRow } from './message-row.ts'
import { pruneMessages } from './prune-messages.ts'
import { receiveMessages } from './receive-messages.ts'
import type { GroupStatement, Unit } from '../sql.ts'

interface QueuedRow {
  readonly id: string
  readonly sequence: number
  readonly lanes: string
  readonly attempts: number
  readonly next_at_ms: number | null
}

const addProducts: GroupStatement = {
  columns: { message_id: 'text', record: 'text' },
  text: (given) => `insert into message_products (message_id, record)
    select given.message_id, given.record from ${given} as given where true on conflict do nothing`
}

const apply = `update messages set status = 'applied', applied_at_ms = ?, mapping_version = ?, produced = ?, notes = ?, next_at_ms = null,
  failure_code = null, failure_detail = null, failure_place = null where id = ? and status = 'received'`

const applyAtOnce: GroupStatement = {
  columns: addProducts.columns,
  text: (given, dialect) => `with applied as (${apply} returning id), added as (${addProducts.text(given, dialect)}) select id from applied`
}

export function sqlInbox (unit: Unit): InboxStore {
  const { sql, dialect } = unit
  return {
    receive: (messages) => receiveMessages(unit, messages),
    queued: async (after, limit, pausedSources = []) => {
      const paused = pausedSources.length === 0 ? { text: '', params: [] } : { text: `and not (${dialect.isIn('source')})`, params: [dialect.list(pausedSources)] }
      return (await sql.all<QueuedRow>(
        `select id, sequence, lanes, attempts, next_at_ms from messages where status = 'received' and sequence > ? ${paused.text} order by sequence limit ?`,
        [after, ...paused.params, limit])).map(queuedOf)
    },
    newest: async () => (await sql.first<{ readonly newest: number | null }>('select max(sequence) as newest from messages', []))?.newest ?? 0,
    load: (ids) => load(unit, ids),
    markApplied: async (id, { at, mappingVersion, produced, notes }) => {
      const params = [at.getTime(), mappingVersion, JSON.stringify(produced), JSON.stringify(notes), id]
      const products = produced.map((record) => [id, record])
      if (dialect.hasWritingCtes) {
        requireReceived((await sql.together(applyAtOnce, params, products)).length)
      } else {
        requireReceived(await sql.run(apply, params))
        await sql.runOf(addProducts, products)
      }
    },
    markRetry: async (id, { attempts, nextAt, failure }) => {
      requireReceived(await sql.run(
        "update messages set attempts = ?, next_at_ms = ?, failure_code = ?, failure_detail = ?, failure_place = ? where id = ? and status = 'received'",
        [attempts, nextAt.getTime(), ...failureColumns(failure), id]))
    },
    markDead: async (id, { attempts, failure }) => {
      requireReceived(await sql.run(
        "update messages set status = 'dead', attempts = ?, next_at_ms = null, failure_code = ?, failure_detail = ?, failure_place = ? where id = ? and status = 'received'",
        [attempts, ...failureColumns(failure), id]))
    },
    markSkipped: async (id, { at, actor, reason }) => await sql.run(
      "update messages set status = 'skipped', skipped_at_ms = ?, skipped_by = ?, skipped_reason = ? where id = ? and status in ('dead', 'conflict')",
      [at.getTime(), actor, reason, id]) === 1,
    list: async (filter, { limit, before }) => {
      const query = unit.build('messages as m').select('m.*').orderBy('m.sequence', 'desc').limit(limit)
      if (before !== null) query.where('m.sequence', '<', before)
      narrow(query, filter, unit)
      return (await sql.built<MessageRow>(query)).map(summaryOf)
    },
    statistics: () => statistics(unit),
    deadLetterGroups: () => deadLetterGroups(unit),
    dropContent: async (ids) => ids.length === 0 ? 0 : await sql.run(
      `update message_bytes set raw = ? where length(raw) > 0 and sequence in (select m.sequence from messages m where m.status in ('applied', 'skipped') and ${dialect.isIn('m.id')})`,
      [new Uint8Array(0), dialect.list(ids)]),
    prune: (before, limit) => pruneMessages(unit, before, limit)
  }

  async function load ({ sql }: Unit, ids: readonly string[]): Promise<readonly StoredMessage[]> {
    const rows = await sql.all<MessageRow & { readonly raw: Uint8Array, readonly ack: Uint8Array }>(
      `select m.*, b.raw, b.ack from messages m join message_bytes b on b.sequence = m.sequence where ${dialect.isIn('m.id')}`, [dialect.list(ids)])
    const found = new Map(rows.map((row) => [row.id, { ...summaryOf(row), raw: bytes(row.raw), ack: bytes(row.ack) }]))
    return ids.flatMap((id) => found.get(id) ?? [])
  }
}

function requireReceived (changed: number): void {
  if (changed !== 1) throw new DomainError('STORE_WRITE_CONFLICT', 'The message is no longer waiting: another node applied or parked it. Load it again.')
}

function failureColumns ({ code, detail, place }: Failure): [string, string, string | null] {
  return [code, detail, place]
}

function narrow (query: Knex.QueryBuilder, filter: MessageFilter, { dialect, build }: Unit): void {
  const equal = { source: filter.source, type: filter.type, trigger_event: filter.trigger, status: filter.status, failure_code: filter.failureCode, control_id: filter.controlId, replay_of: filter.replayOf }
  for (const [column, value] of Object.entries(equal)) if (value !== undefined) query.where(`m.${column}`, value)
  if (filter.ids !== undefined) query.whereRaw(dialect.isIn('m.id'), [dialect.list(filter.ids)] as never)
  const { lane } = filter
  if (lane !== undefined) {
    query.where((either) => { void either.where('m.lane', lane).orWhereIn('m.sequence', build('message_lanes').select('sequence').where('lane', lane)) })
  }
  for (const { lanes, records } of filter.about ?? []) {
    query.where((either) => {
      void either.whereRaw(dialect.isIn('m.lane'), [dialect.list(lanes)] as never)
        .orWhereIn('m.sequence', build('message_lanes').select('sequence').whereRaw(dialect.isIn('lane'), [dialect.list(lanes)] as never))
        .orWhereIn('m.id', build('message_products').select('message_id').whereRaw(dialect.isIn('record'), [dialect.list(records)] as never))
    })
  }
  if (filter.producedRecord !== undefined) query.whereIn('m.id', build('message_products').select('message_id').where('record', filter.producedRecord))
  if (filter.receivedFrom !== undefined) query.where('m.received_at_ms', '>=', filter.receivedFrom.getTime())
  if (filter.receivedTo !== undefined) query.where('m.received_at_ms', '<=', filter.receivedTo.getTime())
}

async function statistics ({ sql }: Unit): Promise<InboxStatistics> {
  const bySource = await sql.all<{ readonly source: string, readonly status: MessageStatus, readonly messages: number, readonly last_ms: number }>(
    'select source, status, count(*) as messages, max(received_at_ms) as last_ms from messages group by source, status order by source, status', [])
  const oldest = await sql.first<{ readonly received_at_ms: number }>(
    "select received_at_ms from messages where status = 'received' order by sequence limit 1", [])
  const days = await sql.all<{ readonly day: string, readonly source: string, readonly type: string, readonly status: MessageStatus, readonly messages: number }>(
    'select day, source, type, status, messages from message_days order by day, source, type, status', [])
  return {
    bySource: bySource.map(({ source, status, messages, last_ms: lastMs }) => ({ source, status, count: messages, lastReceivedAt: instant(lastMs) })),
    oldestQueuedAt: instantOrNull(oldest?.received_at_ms ?? null),
    prunedByDay: days.map(({ messages, ...day }) => ({ ...day, count: messages }))
  }
}

async function deadLetterGroups ({ sql }: Unit): ReturnType<InboxStore['deadLetterGroups']> {
  const rows = await sql.all<{ readonly code: string, readonly source: string, readonly messages: number, readonly oldest_ms: number, readonly sample_id: string }>(
    `select g.code, g.source, g.messages, g.oldest_ms, m.id as sample_id from (
       select failure_code as code, source, count(*) as messages, min(received_at_ms) as oldest_ms, max(sequence) as newest
       from messages where status = 'dead' group by failure_code, source) g
     join messages m on m.sequence = g.newest order by g.messages desc, g.code, g.source`, [])
  return rows.map((row) => ({ code: row.code, source: row.source, count: row.messages, oldestAt: instant(row.oldest_ms), sampleId: row.sample_id }))
}

function queuedOf (row: QueuedRow): QueuedMessage {
  return { id: row.id, sequence: row.sequence, lanes: json<readonly string[]>(row.lanes), attempts: row.attempts, nextAt: instantOrNull(row.next_at_ms) }
}
