import type { Call, CallQuality, CallStore, Party, RoomSocket, RoomStore, Signal } from '../../../core/dialogue/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface CallRow {
  readonly thread_id: string
  readonly state: Call['state']
  readonly mode: Call['mode']
  readonly attempt: number
  readonly outcome: Call['outcome']
  readonly since_ms: number
  readonly due_at_ms: number | null
  readonly due_for: Call['dueFor']
}

interface QualityRow {
  readonly thread_id: string
  readonly party_kind: Party['kind']
  readonly party_id: string
  readonly at_ms: number
  readonly mode: CallQuality['mode']
  readonly kilobits_per_second: number
  readonly loss_permille: number
  readonly round_trip_ms: number
}

interface SocketRow {
  readonly id: string
  readonly thread_id: string
  readonly party_kind: Party['kind']
  readonly party_id: string
  readonly node: string
}

interface SignalRow {
  readonly sequence: number
  readonly thread_id: string
  readonly node: string
  readonly from_socket: string
  readonly from_kind: Party['kind']
  readonly from_id: string
  readonly to_socket: string | null
  readonly kind: string
  readonly data: string
}

const saveCall = upsert('dialogue_calls', ['thread_id'], ['thread_id', 'state', 'mode', 'attempt', 'outcome', 'since_ms', 'due_at_ms', 'due_for'])

/** 通话. Its changes wait for each other by the lock on its thread. */
export function sqlCalls ({ sql, dialect }: Unit): CallStore {
  const find = async (threadId: string): Promise<Call | null> => {
    const row = await sql.first<CallRow>('select * from dialogue_calls where thread_id = ?', [threadId])
    return row && callOf(row)
  }
  return {
    find,
    findForChange: async (threadId) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`dialogue ${threadId}`])
      return await find(threadId)
    },
    save: async ({ threadId, state, mode, attempt, outcome, since, dueAt, dueFor }) => {
      await sql.run(saveCall, [threadId, state, mode, attempt, outcome, since.getTime(), msOrNull(dueAt), dueFor])
    },
    several: async (threadIds) => threadIds.length === 0 ? [] : (await sql.all<CallRow>(`select * from dialogue_calls where ${dialect.isIn('thread_id')} order by thread_id`, [dialect.list(threadIds)])).map(callOf),
    due: async (by, limit) => (await sql.all<CallRow>('select * from dialogue_calls where due_at_ms <= ? order by due_at_ms, thread_id limit ?', [by.getTime(), limit])).map(callOf),
    nextDue: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(due_at_ms) as at_ms from dialogue_calls where due_at_ms is not null', []))?.at_ms ?? null),
    addQuality: async ({ threadId, party, at, mode, kilobitsPerSecond, lossPermille, roundTripMs }, most) => {
      await sql.run('insert into dialogue_call_quality (thread_id, party_kind, party_id, at_ms, mode, kilobits_per_second, loss_permille, round_trip_ms) values (?, ?, ?, ?, ?, ?, ?, ?)',
        [threadId, party.kind, party.id, at.getTime(), mode, kilobitsPerSecond, lossPermille, roundTripMs])
      await sql.run('delete from dialogue_call_quality where thread_id = ? and sequence <= coalesce((select sequence from dialogue_call_quality where thread_id = ? order by sequence desc limit 1 offset ?), 0)', [threadId, threadId, most])
    },
    quality: async (threadId, limit) => (await sql.all<QualityRow>('select * from dialogue_call_quality where thread_id = ? order by sequence desc limit ?', [threadId, limit])).map((row) => ({
      threadId: row.thread_id, party: { kind: row.party_kind, id: row.party_id }, at: instant(row.at_ms), mode: row.mode, kilobitsPerSecond: row.kilobits_per_second, lossPermille: row.loss_permille, roundTripMs: row.round_trip_ms
    }))
  }
}

function callOf (row: CallRow): Call {
  return { threadId: row.thread_id, state: row.state, mode: row.mode, attempt: row.attempt, outcome: row.outcome, since: instant(row.since_ms), dueAt: instantOrNull(row.due_at_ms), dueFor: row.due_for }
}

/** 在线与信令, over all nodes. Signals take their sequence one after the other, so that nobody reads past one that is still being written. */
export function sqlRooms ({ sql, dialect }: Unit): RoomStore {
  return {
    enter: async ({ id, threadId, party, node }, at) => {
      await sql.run('insert into room_sockets (id, thread_id, party_kind, party_id, node, seen_at_ms) values (?, ?, ?, ?, ?, ?)', [id, threadId, party.kind, party.id, node, at.getTime()])
    },
    seen: async (node, at) => { await sql.run('update room_sockets set seen_at_ms = ? where node = ?', [at.getTime(), node]) },
    leave: async (socketId) => { await sql.run('delete from room_sockets where id = ?', [socketId]) },
    present: async (threadIds) => threadIds.length === 0 ? [] : (await sql.all<SocketRow>(`select * from room_sockets where ${dialect.isIn('thread_id')} order by thread_id, id`, [dialect.list(threadIds)])).map(socketOf),
    dropSilent: async (seenBefore) => {
      const gone = await sql.all<SocketRow>('select * from room_sockets where seen_at_ms < ?', [seenBefore.getTime()])
      if (gone.length > 0) await sql.run('delete from room_sockets where seen_at_ms < ?', [seenBefore.getTime()])
      return gone.map(socketOf)
    },
    signal: async ({ threadId, node, from, to, kind, data }, at) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, ['room signals'])
      await sql.run('insert into room_signals (thread_id, node, from_socket, from_kind, from_id, to_socket, kind, data, at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [threadId, node, from.id, from.party.kind, from.party.id, to, kind, data, at.getTime()])
    },
    signals: async (threadIds, after, limit) => threadIds.length === 0 ? [] : (await sql.all<SignalRow>(
      `select * from room_signals where ${dialect.isIn('thread_id')} and sequence > ? order by sequence limit ?`, [dialect.list(threadIds), after, limit])).map(signalOf),
    lastSignal: async () => (await sql.first<{ readonly last: number | null }>('select max(sequence) as last from room_signals', []))?.last ?? 0,
    dropSignals: async (before) => { await sql.run('delete from room_signals where at_ms < ?', [before.getTime()]) }
  }
}

const socketOf = (row: SocketRow): RoomSocket => ({ id: row.id, threadId: row.thread_id, party: { kind: row.party_kind, id: row.party_id }, node: row.node })

function signalOf (row: SignalRow): Signal {
  return { sequence: row.sequence, threadId: row.thread_id, node: row.node, from: { id: row.from_socket, party: { kind: row.from_kind, id: row.from_id } }, to: row.to_socket, kind: row.kind, data: row.data }
}
