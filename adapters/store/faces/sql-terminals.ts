import type { Challenge, Identification, TerminalSession, TerminalStore } from '../../../core/faces/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface SessionRow {
  readonly id: string
  readonly terminal_id: string
  readonly token_id: string
  readonly hospital_id: string
  readonly opened_at_ms: number
  readonly seen_at_ms: number
  readonly ended_at_ms: number | null
}

interface ChallengeRow {
  readonly id: string
  readonly session_id: string
  readonly steps: string
  readonly asked_at_ms: number
  readonly expires_at_ms: number
}

interface IdentificationRow {
  readonly id: string
  readonly session_id: string
  readonly hospital_id: string
  readonly result: Identification['result']
  readonly state: Identification['state']
  readonly patient_id: string | null
  readonly candidates: string
  readonly frames: string
  readonly asked_at_ms: number
  readonly reading_id: string | null
}

export function sqlTerminals ({ sql, dialect }: Unit): TerminalStore {
  return {
    openSession: async ({ id, terminalId, tokenId, hospitalId, openedAt, seenAt, endedAt }) => {
      await sql.run('insert into terminal_sessions (id, terminal_id, token_id, hospital_id, opened_at_ms, seen_at_ms, ended_at_ms) values (?, ?, ?, ?, ?, ?, ?)',
        [id, terminalId, tokenId, hospitalId, openedAt.getTime(), seenAt.getTime(), msOrNull(endedAt)])
    },
    findSession: async (id) => {
      const row = await sql.first<SessionRow>('select * from terminal_sessions where id = ?', [id])
      return row && sessionOf(row)
    },
    openSessions: async ({ tokenId, terminalId }) => (await sql.all<SessionRow>('select * from terminal_sessions where token_id = ? and terminal_id = ? and ended_at_ms is null', [tokenId, terminalId])).map(sessionOf),
    silentSessions: async (seenBefore, limit) => (await sql.all<SessionRow>('select * from terminal_sessions where ended_at_ms is null and seen_at_ms < ? order by seen_at_ms limit ?', [seenBefore?.getTime() ?? Number.MAX_SAFE_INTEGER, limit])).map(sessionOf),
    seen: async (id, at) => { await sql.run('update terminal_sessions set seen_at_ms = ? where id = ? and ended_at_ms is null and seen_at_ms < ?', [at.getTime(), id, at.getTime()]) },
    endSession: async (id, at) => { await sql.run('update terminal_sessions set ended_at_ms = ? where id = ? and ended_at_ms is null', [at.getTime(), id]) },
    addChallenge: async ({ id, sessionId, steps, askedAt, expiresAt }) => {
      await sql.run('insert into terminal_challenges (id, session_id, steps, asked_at_ms, expires_at_ms) values (?, ?, ?, ?, ?)', [id, sessionId, JSON.stringify(steps), askedAt.getTime(), expiresAt.getTime()])
    },
    takeChallenge: async (id) => {
      const row = await sql.first<ChallengeRow>('select * from terminal_challenges where id = ?', [id])
      // Of two at once, one finds it gone.
      return row !== null && await sql.run('delete from terminal_challenges where id = ?', [id]) === 1 ? challengeOf(row) : null
    },
    addIdentification: async (one) => {
      await sql.run(`insert into terminal_identifications (id, session_id, hospital_id, result, state, patient_id, candidates, frames, digit_tries, asked_at_ms, reading_id)
        values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
      [one.id, one.sessionId, one.hospitalId, one.result, one.state, one.patientId, JSON.stringify(one.candidates), JSON.stringify(one.frames), one.askedAt.getTime(), one.readingId])
    },
    findIdentification: async (id) => {
      const row = await sql.first<IdentificationRow>('select * from terminal_identifications where id = ?', [id])
      return row && identificationOf(row)
    },
    identificationsOf: async (sessionId) => (await sql.all<IdentificationRow>('select * from terminal_identifications where session_id = ? order by asked_at_ms, id', [sessionId])).map(identificationOf),
    changeIdentification: async ({ id, result, state, patientId, readingId }, from) => await sql.run(
      'update terminal_identifications set result = ?, state = ?, patient_id = ?, reading_id = ? where id = ? and state = ?', [result, state, patientId, readingId, id, from]) === 1,
    countDigits: async (id, most) => await sql.run('update terminal_identifications set digit_tries = digit_tries + 1 where id = ? and digit_tries < ?', [id, most]) === 1,
    noteReading: async (sessionId, readingId) => { await sql.run('insert into terminal_readings (session_id, reading_id) values (?, ?) on conflict (session_id, reading_id) do nothing', [sessionId, readingId]) },
    readingsOf: async (sessionId) => (await sql.all<{ readonly reading_id: string }>('select reading_id from terminal_readings where session_id = ?', [sessionId])).map((row) => row.reading_id),
    inTurn: async (hospitalId) => { if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`enrol ${hospitalId}`]) },
    dropBefore: async (before) => { await sql.run('delete from terminal_sessions where opened_at_ms < ?', [before.getTime()]) }
  }
}

function sessionOf (row: SessionRow): TerminalSession {
  return {
    id: row.id, terminalId: row.terminal_id, tokenId: row.token_id, hospitalId: row.hospital_id,
    openedAt: instant(row.opened_at_ms), seenAt: instant(row.seen_at_ms), endedAt: instantOrNull(row.ended_at_ms)
  }
}

function challengeOf (row: ChallengeRow): Challenge {
  return { id: row.id, sessionId: row.session_id, steps: json(row.steps), askedAt: instant(row.asked_at_ms), expiresAt: instant(row.expires_at_ms) }
}

function identificationOf (row: IdentificationRow): Identification {
  return {
    id: row.id, sessionId: row.session_id, hospitalId: row.hospital_id, result: row.result, state: row.state, patientId: row.patient_id,
    candidates: json(row.candidates), frames: json(row.frames), askedAt: instant(row.asked_at_ms), readingId: row.reading_id
  }
}
