import type { Message, MessageStore, Party, Picture, Thread, ThreadStore } from '../../../core/dialogue/index.ts'
import { bytes, instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface ThreadRow {
  readonly id: string
  readonly purpose: string
  readonly hospital_id: string
  readonly is_open: number
  readonly last_number: number
  readonly opened_at_ms: number
  readonly closed_at_ms: number | null
}

interface PartyRow {
  readonly thread_id: string
  readonly kind: Party['kind']
  readonly party_id: string
}

interface MessageRow {
  readonly thread_id: string
  readonly number: number
  readonly by_kind: Party['kind'] | ''
  readonly by_id: string
  readonly client_id: string
  readonly kind: Message['kind']
  readonly text: string | null
  readonly attachment_id: string | null
  readonly at_ms: number
}

interface PictureRow {
  readonly id: string
  readonly thread_id: string
  readonly by_kind: Party['kind']
  readonly by_id: string
  readonly content_type: Picture['contentType']
  readonly bytes: Uint8Array | ArrayBuffer
  readonly width: number
  readonly height: number
  readonly made_at_ms: number
}

const saveThread = upsert('dialogue_threads', ['id'], ['id', 'purpose', 'hospital_id', 'is_open', 'last_number', 'opened_at_ms', 'closed_at_ms'])
const addParty = 'insert into dialogue_parties (thread_id, place, kind, party_id) values (?, ?, ?, ?)'

/** 会话. Whoever changes a thread waits for whoever changes it already, so that its numbers have no gap. */
export function sqlThreads (unit: Unit): ThreadStore {
  const { sql, dialect } = unit
  const several = async (ids: readonly string[]): Promise<readonly Thread[]> => {
    if (ids.length === 0) return []
    return await withParties(unit, await sql.all<ThreadRow>(`select * from dialogue_threads where ${dialect.isIn('id')} order by id`, [dialect.list(ids)]))
  }
  const find = async (id: string): Promise<Thread | null> => (await several([id]))[0] ?? null
  return {
    find,
    several,
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`dialogue ${id}`])
      return await find(id)
    },
    save: async ({ id, purpose, hospitalId, isOpen, lastNumber, openedAt, closedAt, parties }) => {
      await sql.run(saveThread, [id, purpose, hospitalId, isOpen ? 1 : 0, lastNumber, openedAt.getTime(), msOrNull(closedAt)])
      const standing = (await sql.all<PartyRow>('select thread_id, kind, party_id from dialogue_parties where thread_id = ? order by place', [id])).map(partyOf)
      if (JSON.stringify(standing) === JSON.stringify(parties.map(({ kind, id: partyId }) => ({ kind, id: partyId })))) return
      await sql.run('delete from dialogue_parties where thread_id = ?', [id])
      for (const [place, party] of parties.entries()) await sql.run(addParty, [id, place, party.kind, party.id])
    },
    ofParties: async (parties, { limit, offset }) => {
      const named = parties.map(() => '(kind = ? and party_id = ?)').join(' or ')
      if (named === '') return []
      return await withParties(unit, await sql.anew<ThreadRow>(
        `select * from dialogue_threads where id in (select thread_id from dialogue_parties where ${named}) order by opened_at_ms desc, id limit ? offset ?`,
        [...parties.flatMap(({ kind, id }) => [kind, id]), limit, offset]))
    }
  }
}

async function withParties ({ sql, dialect }: Unit, rows: readonly ThreadRow[]): Promise<readonly Thread[]> {
  if (rows.length === 0) return []
  const parties = await sql.all<PartyRow>(`select thread_id, kind, party_id from dialogue_parties where ${dialect.isIn('thread_id')} order by thread_id, place`, [dialect.list(rows.map(({ id }) => id))])
  return rows.map((row) => ({
    id: row.id,
    purpose: row.purpose,
    hospitalId: row.hospital_id,
    parties: parties.filter(({ thread_id }) => thread_id === row.id).map(partyOf),
    isOpen: row.is_open === 1,
    lastNumber: row.last_number,
    openedAt: instant(row.opened_at_ms),
    closedAt: instantOrNull(row.closed_at_ms)
  }))
}

const partyOf = ({ kind, party_id }: PartyRow): Party => ({ kind, id: party_id })

/** 消息, 图片与已读. The table of messages refuses changes. */
export function sqlMessages ({ sql }: Unit): MessageStore {
  return {
    add: async ({ threadId, number, by, clientId, kind, text, attachmentId, at }) => {
      await sql.run('insert into dialogue_messages (thread_id, number, by_kind, by_id, client_id, kind, text, attachment_id, at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [threadId, number, by?.kind ?? '', by?.id ?? '', clientId, kind, text, attachmentId, at.getTime()])
    },
    bySender: async (threadId, by, clientId) => {
      const row = await sql.first<MessageRow>('select * from dialogue_messages where thread_id = ? and by_kind = ? and by_id = ? and client_id = ?', [threadId, by.kind, by.id, clientId])
      return row && messageOf(row)
    },
    after: async (threadId, number, limit) => (await sql.all<MessageRow>('select * from dialogue_messages where thread_id = ? and number > ? order by number limit ?', [threadId, number, limit])).map(messageOf),
    readTo: async (threadId, { kind, id }) => (await sql.first<{ readonly number: number }>('select number from dialogue_marks where thread_id = ? and party_kind = ? and party_id = ?', [threadId, kind, id]))?.number ?? 0,
    markRead: async (threadId, { kind, id }, { number, at }) => {
      await sql.run(`insert into dialogue_marks (thread_id, party_kind, party_id, number, at_ms) values (?, ?, ?, ?, ?)
        on conflict (thread_id, party_kind, party_id) do update set number = excluded.number, at_ms = excluded.at_ms where dialogue_marks.number < excluded.number`, [threadId, kind, id, number, at.getTime()])
    },
    unread: async (threadId, { kind, id }) => (await sql.first<{ readonly unread: number }>(
      `select count(*) as unread from dialogue_messages where thread_id = ? and by_kind <> '' and not (by_kind = ? and by_id = ?)
        and number > coalesce((select number from dialogue_marks where thread_id = ? and party_kind = ? and party_id = ?), 0)`, [threadId, kind, id, threadId, kind, id]))?.unread ?? 0,
    marks: async (threadId) => (await sql.all<{ readonly party_kind: Party['kind'], readonly party_id: string, readonly number: number }>(
      'select party_kind, party_id, number from dialogue_marks where thread_id = ? order by party_kind, party_id', [threadId])).map(({ party_kind, party_id, number }) => ({ party: { kind: party_kind, id: party_id }, number })),
    addPicture: async ({ id, threadId, by, contentType, bytes: content, width, height, madeAt }) => {
      await sql.run('insert into dialogue_pictures (id, thread_id, by_kind, by_id, content_type, bytes, width, height, made_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [id, threadId, by.kind, by.id, contentType, content, width, height, madeAt.getTime()])
    },
    findPicture: async (id) => {
      const row = await sql.first<PictureRow>('select * from dialogue_pictures where id = ?', [id])
      return row && {
        id: row.id, threadId: row.thread_id, by: { kind: row.by_kind, id: row.by_id }, contentType: row.content_type, bytes: bytes(row.bytes), width: row.width, height: row.height, madeAt: instant(row.made_at_ms)
      }
    }
  }
}

function messageOf (row: MessageRow): Message {
  return {
    threadId: row.thread_id,
    number: row.number,
    by: row.by_kind === '' ? null : { kind: row.by_kind, id: row.by_id },
    clientId: row.client_id,
    kind: row.kind,
    text: row.text,
    attachmentId: row.attachment_id,
    at: instant(row.at_ms)
  }
}
