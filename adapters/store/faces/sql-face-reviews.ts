import { pairKeyOf, type FaceReview, type FaceReviewStore } from '../../../core/faces/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface ReviewRow {
  readonly id: string
  readonly hospital_id: string
  readonly reason: FaceReview['reason']
  readonly patient_id: string
  readonly other_id: string | null
  readonly score: number | null
  readonly terminal_id: string
  readonly session_id: string
  readonly state: FaceReview['state']
  readonly opened_at_ms: number
  readonly decided_by: string | null
  readonly decided_at_ms: number | null
}

export function sqlFaceReviews ({ sql, build }: Unit): FaceReviewStore {
  return {
    open: async (one) => await sql.run(`insert into face_reviews (id, hospital_id, reason, patient_id, other_id, pair_key, score, terminal_id, session_id, state, opened_at_ms, decided_by, decided_at_ms)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (pair_key) do nothing`,
    [one.id, one.hospitalId, one.reason, one.patientId, one.otherId, pairKeyOf(one), one.score, one.terminalId, one.sessionId, one.state, one.openedAt.getTime(), one.decidedBy, msOrNull(one.decidedAt)]) === 1,
    find: async (id) => {
      const row = await sql.first<ReviewRow>('select * from face_reviews where id = ?', [id])
      return row && reviewOf(row)
    },
    list: async ({ hospitalId, state }, { limit, offset }) => {
      const query = build('face_reviews').select('*').limit(limit).offset(offset).orderByRaw('opened_at_ms desc, id')
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (state !== null) query.where('state', state)
      return (await sql.built<ReviewRow>(query)).map(reviewOf)
    },
    nameless: async (sessionId) => (await sql.all<ReviewRow>("select * from face_reviews where session_id = ? and other_id is null and state = 'open' order by opened_at_ms, id", [sessionId])).map(reviewOf),
    name: async (id, pair) => {
      const key = pairKeyOf(pair)
      const isKnown = await sql.first('select id from face_reviews where pair_key = ?', [key]) !== null
      if (isKnown) await sql.run('delete from face_reviews where id = ? and other_id is null', [id])
      else await sql.run('update face_reviews set other_id = ?, pair_key = ? where id = ? and other_id is null', [pair.otherId, key, id])
      return !isKnown
    },
    decide: async ({ id, state, decidedBy, decidedAt }) => await sql.run("update face_reviews set state = ?, decided_by = ?, decided_at_ms = ? where id = ? and state = 'open'", [state, decidedBy, msOrNull(decidedAt), id]) === 1
  }
}

function reviewOf (row: ReviewRow): FaceReview {
  return {
    id: row.id, hospitalId: row.hospital_id, reason: row.reason, patientId: row.patient_id, otherId: row.other_id, score: row.score, terminalId: row.terminal_id, sessionId: row.session_id,
    state: row.state, openedAt: instant(row.opened_at_ms), decidedBy: row.decided_by, decidedAt: instantOrNull(row.decided_at_ms)
  }
}
