import type { MessageStatus, NewMessage, Receipt } from '../../../core/inbox/index.ts'
import { bytes, msOrNull } from '../columns.ts'
import type { Scalar } from '../dialect.ts'
import type { GroupStatement, Unit } from '../sql.ts'

interface StoredRow {
  readonly sequence: number
  readonly id: string
}

interface StandingRow extends StoredRow {
  readonly content_hash: string
  readonly ack: Uint8Array
}

const columns = {
  id: 'text',
  source: 'text',
  hospital_id: 'text',
  format: 'text',
  content_hash: 'text',
  dedupe_key: 'text',
  conflict_key: 'text',
  control_id: 'text',
  type: 'text',
  trigger_event: 'text',
  sent_at_ms: 'integer',
  charset: 'text',
  lane: 'text',
  lanes: 'text',
  received_at_ms: 'integer',
  replay_of: 'text',
  status: 'text',
  failure_code: 'text',
  failure_detail: 'text',
  failure_place: 'text',
  parked: 'integer'
} as const satisfies GroupStatement['columns']

const names = Object.keys(columns)

/**
 * Where several connections write, sequences are given in the order of the commits: whoever reads on from the newest
 * sequence it knows must not miss a lower one that is committed later.
 */
const insertMessages: GroupStatement = {
  columns,
  text: (given, { orderedCommits }) => `insert into messages (${names.join(', ')})
    select given.${names.join(', given.')} from ${orderedCommits === null ? '' : `${orderedCommits}, `}${given} as given where true
    on conflict do nothing returning sequence, id`
}

const insertBytes: GroupStatement = {
  columns: { sequence: 'integer', raw: 'bytes', ack: 'bytes' },
  text: (given) => `insert into message_bytes (sequence, raw, ack) select given.sequence, given.raw, given.ack from ${given} as given`
}

const insertLanes: GroupStatement = {
  columns: { lane: 'text', sequence: 'integer' },
  text: (given) => `insert into message_lanes (lane, sequence) select given.lane, given.sequence from ${given} as given where true on conflict do nothing`
}

const standingBy = (condition: string): string => `select m.sequence, m.id, m.content_hash, b.ack
  from messages m join message_bytes b on b.sequence = m.sequence where m.source = ? and ${condition}`

/** Stores a group in few statements: what is new first, all at once; the rest, which is rare, one by one. */
export async function receiveMessages (unit: Unit, messages: readonly NewMessage[]): Promise<readonly Receipt[]> {
  const stored = await insert(unit, messages.map((message) => ({ message, status: message.parked === null ? 'received' : 'dead' })))
  const receipts: Receipt[] = []
  for (const message of messages) {
    const sequence = stored.get(message.id)
    receipts.push(sequence === undefined
      ? await classify(unit, message)
      : { kind: 'stored', id: message.id, sequence, ack: message.ack })
  }
  return receipts
}

interface Arrival {
  readonly message: NewMessage
  readonly status: MessageStatus
}

/** Answers the sequence of each message that was written, by its id. */
async function insert ({ sql }: Unit, arrivals: readonly Arrival[]): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.allOf<StoredRow>(insertMessages, arrivals.map(columnsOf))
  const stored = new Map(rows.map(({ id, sequence }) => [id, sequence]))
  const written = arrivals.flatMap(({ message }) => {
    const sequence = stored.get(message.id)
    return sequence === undefined ? [] : [{ message, sequence }]
  })
  await sql.runOf(insertBytes, written.map(({ message, sequence }) => [sequence, message.raw, message.ack]))
  await sql.runOf(insertLanes, written.flatMap(({ message, sequence }) => message.lanes.slice(1).map((lane) => [lane, sequence])))
  return stored
}

function columnsOf ({ message, status }: Arrival): Scalar[] {
  const conflicts = status === 'conflict'
  return [message.id, message.source, message.hospitalId, message.format, message.contentHash, conflicts ? null : message.dedupeKey,
    conflicts ? message.dedupeKey : null, message.controlId, message.type, message.trigger, msOrNull(message.sentAt), message.charset,
    message.lanes[0] ?? null, JSON.stringify(message.lanes), message.receivedAt.getTime(), message.replayOf, status,
    message.parked?.code ?? null, message.parked?.detail ?? null, message.parked?.place ?? null, message.parked === null ? 0 : 1]
}

/** The key of this message was taken before it came, by an earlier message or by one of its own group. */
async function classify (unit: Unit, message: NewMessage): Promise<Receipt> {
  const first = await unit.sql.first<StandingRow>(standingBy('m.dedupe_key = ?'), [message.source, message.dedupeKey])
  if (first === null) throw new Error('a message was refused by a key that nothing holds; is its id taken?')
  if (first.content_hash === message.contentHash) return { kind: 'duplicate', id: first.id, sequence: first.sequence, ack: bytes(first.ack) }
  // A conflicting message that is sent again changes nothing either.
  const same = await unit.sql.first<StandingRow>(standingBy('m.conflict_key = ? and m.content_hash = ?'),
    [message.source, message.dedupeKey, message.contentHash])
  if (same !== null) return { kind: 'conflict', id: same.id, sequence: same.sequence, ack: bytes(same.ack) }
  const stored = await insert(unit, [{ message, status: 'conflict' }])
  const sequence = stored.get(message.id)
  if (sequence === undefined) throw new Error('a conflicting message was not stored; is its id taken?')
  return { kind: 'conflict', id: message.id, sequence, ack: message.ack }
}
