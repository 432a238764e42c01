import type { Guardianship, GuardianStore, Relation } from '../../../core/access/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface GuardianshipRow {
  readonly id: string
  readonly guardian_person_id: string
  readonly ward_person_id: string | null
  readonly relation: Relation
  readonly basis: Guardianship['basis']
  readonly state: Guardianship['state']
  readonly ward_phone_key: string | null
  readonly asked_at_ms: number
  readonly confirmed_at_ms: number | null
  readonly ended_at_ms: number | null
  readonly confirmed_by: string | null
}

const save = upsert('guardianships', ['id'], ['id', 'guardian_person_id', 'ward_person_id', 'relation', 'basis', 'state', 'ward_phone_key', 'asked_at_ms', 'confirmed_at_ms', 'ended_at_ms', 'confirmed_by'])

export function sqlGuardians ({ sql, dialect }: Unit): GuardianStore {
  const standingBy = async (column: string, ids: readonly string[]): Promise<readonly Guardianship[]> => (await sql.all<GuardianshipRow>(
    `select * from guardianships where ${dialect.isIn(column)} and state <> 'ended' order by asked_at_ms, id`, [dialect.list(ids)])).map(guardianshipOf)
  return {
    find: async (id) => {
      const row = await sql.first<GuardianshipRow>('select * from guardianships where id = ?', [id])
      return row && guardianshipOf(row)
    },
    ofGuardian: (personIds) => standingBy('guardian_person_id', personIds),
    ofWard: (personIds) => standingBy('ward_person_id', personIds),
    save: async (one) => {
      await sql.run(save, [one.id, one.guardianPersonId, one.wardPersonId, one.relation, one.basis, one.state, one.wardPhoneKey, one.askedAt.getTime(),
        msOrNull(one.confirmedAt), msOrNull(one.endedAt), one.confirmedBy])
    }
  }
}

function guardianshipOf (row: GuardianshipRow): Guardianship {
  return {
    id: row.id,
    guardianPersonId: row.guardian_person_id,
    wardPersonId: row.ward_person_id,
    relation: row.relation,
    basis: row.basis,
    state: row.state,
    wardPhoneKey: row.ward_phone_key,
    askedAt: instant(row.asked_at_ms),
    confirmedAt: instantOrNull(row.confirmed_at_ms),
    endedAt: instantOrNull(row.ended_at_ms),
    confirmedBy: row.confirmed_by
  }
}
