import type { StarChange, StarPart, StarStore, Stars } from '../../../core/invitations/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface StarRow {
  readonly doctor_id: string
  readonly level: number
  readonly parts: string
  readonly changes_at_ms: number | null
  readonly at_ms: number
}

interface ChangeRow extends Omit<StarRow, 'changes_at_ms'> {
  readonly level_before: number | null
  readonly cause: string
}

interface ShownRow {
  readonly doctor_id: string
  readonly ratings: number
  readonly rating_sum: number
  readonly level: number | null
  readonly received: number
  readonly refused: number
}

const save = upsert('doctor_stars', ['doctor_id'], ['doctor_id', 'level', 'parts', 'changes_at_ms', 'at_ms'])

/** 星级. Counted from invitations, evaluations and complaints each time; nothing adds up by itself. */
export function sqlStars (unit: Unit): StarStore {
  const { sql, dialect } = unit
  const number = async (text: string, params: readonly string[]): Promise<number> => (await sql.first<{ readonly n: number | null }>(text, params))?.n ?? 0
  return {
    find: async (doctorId) => {
      const row = await sql.first<StarRow>('select * from doctor_stars where doctor_id = ?', [doctorId])
      return row && starsOf(row)
    },
    lock: async (doctorId) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`stars of ${doctorId}`])
    },
    save: async ({ doctorId, level, parts, changesAt, at }) => { await sql.run(save, [doctorId, level, JSON.stringify(parts), msOrNull(changesAt), at.getTime()]) },
    addChange: async ({ doctorId, before, level, parts, cause, at }) => {
      await sql.run('insert into star_changes (doctor_id, level_before, level, parts, cause, at_ms) values (?, ?, ?, ?, ?, ?)', [doctorId, before, level, JSON.stringify(parts), cause, at.getTime()])
    },
    changes: async (doctorId, { limit, offset }) => (await sql.all<ChangeRow>('select * from star_changes where doctor_id = ? order by sequence desc limit ? offset ?', [doctorId, limit, offset])).map(changeOf),
    tally: async (doctorId, { acceptedOnly }) => {
      const ratings = await sql.first<{ readonly n: number, readonly s: number | null }>('select cast(count(*) as bigint) as n, cast(sum(stars) as bigint) as s from evaluations where doctor_id = ?', [doctorId])
      const upheld = await sql.all<{ readonly decided_at_ms: number }>("select decided_at_ms from complaints where doctor_id = ? and state = 'upheld' order by decided_at_ms", [doctorId])
      return {
        invitations: await number(`select count(*) as n from invitations where doctor_id = ? and ${acceptedOnly ? 'accepted_at_ms' : 'paid_at_ms'} is not null`, [doctorId]),
        ratings: ratings?.n ?? 0,
        ratingSum: ratings?.s ?? 0,
        upheldAt: upheld.map((row) => instant(row.decided_at_ms))
      }
    },
    shown: async (doctorIds) => new Map((await sql.all<ShownRow>(shownText(dialect.isIn('doctor_id')), Array.from({ length: 4 }, () => dialect.list(doctorIds)))).map((row) =>
      [row.doctor_id, { ratings: row.ratings, ratingSum: row.rating_sum, level: row.level, received: row.received, refused: row.refused }])),
    due: async (by, limit) => (await sql.all<{ readonly doctor_id: string }>('select doctor_id from doctor_stars where changes_at_ms <= ? order by changes_at_ms, doctor_id limit ?', [by.getTime(), limit])).map((row) => row.doctor_id),
    nextDue: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(changes_at_ms) as at_ms from doctor_stars where changes_at_ms is not null', []))?.at_ms ?? null),
    doctors: async (after, limit) => (await sql.all<{ readonly doctor_id: string }>(
      `select doctor_id from (select doctor_id from doctor_stars where doctor_id > ? union select doctor_id from invitations where doctor_id > ? and paid_at_ms is not null
        union select doctor_id from evaluations where doctor_id > ? union select doctor_id from complaints where doctor_id > ? and state = 'upheld') as known order by doctor_id limit ?`,
      [after, after, after, after, limit])).map((row) => row.doctor_id)
  }
}

/** One row for each doctor of whom something is known. What was paid and the doctor, or the doctor's hospital, did not take is refused. */
function shownText (isIn: string): string {
  const sums = (column: string, given: string): string => `cast(sum(${column}) as bigint) as ${given}`
  return `select doctor_id, ${sums('ratings', 'ratings')}, ${sums('rating_sum', 'rating_sum')}, max(level) as level, ${sums('received', 'received')}, ${sums('refused', 'refused')} from (
    select doctor_id, 1 as ratings, stars as rating_sum, null as level, 0 as received, 0 as refused from evaluations where ${isIn}
    union all select doctor_id, 0, 0, level, 0, 0 from doctor_stars where ${isIn}
    union all select doctor_id, 0, 0, null, 1, 0 from invitations where ${isIn} and paid_at_ms is not null
    union all select doctor_id, 0, 0, null, 0, 1 from invitations where ${isIn} and paid_at_ms is not null and state = 'declined') as known group by doctor_id`
}

function starsOf (row: StarRow): Stars {
  return { doctorId: row.doctor_id, level: row.level, parts: json<readonly StarPart[]>(row.parts), changesAt: instantOrNull(row.changes_at_ms), at: instant(row.at_ms) }
}

function changeOf (row: ChangeRow): StarChange {
  return { doctorId: row.doctor_id, before: row.level_before, level: row.level, parts: json<readonly StarPart[]>(row.parts), cause: row.cause, at: instant(row.at_ms) }
}
