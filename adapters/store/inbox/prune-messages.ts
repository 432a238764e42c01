import type { MessageStatus } from '../../../core/inbox/index.ts'
import type { GroupStatement, Unit } from '../sql.ts'

interface PrunedRow {
  readonly sequence: number
  readonly id: string
  readonly source: string
  readonly type: string | null
  readonly status: MessageStatus
  readonly received_at_ms: number
}

const bySequence = (table: string): GroupStatement => ({
  columns: { sequence: 'integer' },
  text: (given) => `delete from ${table} where sequence in (select given.sequence from ${given} as given)`
})

const dropMessages = bySequence('messages')
const dropBytes = bySequence('message_bytes')
const dropLanes = bySequence('message_lanes')

const dropProducts: GroupStatement = {
  columns: { message_id: 'text', record: 'text' },
  text: (given) => `delete from message_products where (record, message_id) in (select given.record, given.message_id from ${given} as given)`
}

const dropHeld: GroupStatement = {
  columns: { message_id: 'text' },
  text: (given) => `delete from messages_held_by_code where message_id in (select given.message_id from ${given} as given)`
}

const countDays: GroupStatement = {
  columns: { day: 'text', source: 'text', type: 'text', status: 'text', messages: 'integer' },
  text: (given) => `insert into message_days (day, source, type, status, messages)
    select given.day, given.source, given.type, given.status, given.messages from ${given} as given where true
    on conflict (day, source, type, status) do update set messages = message_days.messages + excluded.messages`
}

/**
 * Takes away what is settled and old, the oldest first. An original that is still dead or in conflict stays, whatever
 * became of its replay, until an operator skips it.
 */
export async function pruneMessages ({ sql }: Unit, before: Date, limit: number): Promise<number> {
  const rows = await sql.all<PrunedRow & { readonly produced: string | null }>(
    `select sequence, id, source, type, status, received_at_ms, produced from messages
     where status in ('applied', 'skipped') and received_at_ms < ? order by received_at_ms limit ?`, [before.getTime(), limit])
  const sequences = rows.map(({ sequence }) => [sequence])
  await sql.runOf(dropBytes, sequences)
  await sql.runOf(dropLanes, sequences)
  await sql.runOf(dropProducts, rows.flatMap(({ id, produced }) => (JSON.parse(produced ?? '[]') as string[]).map((record) => [id, record])))
  await sql.runOf(dropHeld, rows.map(({ id }) => [id]))
  await sql.runOf(dropMessages, sequences)
  await sql.runOf(countDays, [...counted(rows).values()])
  return rows.length
}

function counted (rows: readonly PrunedRow[]): ReadonlyMap<string, [string, string, string, MessageStatus, number]> {
  const days = new Map<string, [string, string, string, MessageStatus, number]>()
  for (const { source, type, status, received_at_ms: receivedAtMs } of rows) {
    const day = new Date(receivedAtMs).toISOString().slice(0, 10)
    const key = JSON.stringify([day, source, type, status])
    days.set(key, [day, source, type ?? 'unknown', status, (days.get(key)?.[4] ?? 0) + 1])
  }
  return days
}
