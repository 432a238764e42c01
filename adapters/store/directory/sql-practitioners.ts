import type { Practitioner, PractitionerStore } from '../../../core/directory/index.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface PractitionerRow {
  readonly id: string
  readonly hospital_id: string
  readonly name: string | null
  readonly department: string | null
  readonly active: number
}

const save = upsert('practitioners', ['id'], ['id', 'hospital_id', 'name', 'department', 'active'])

export function sqlPractitioners ({ sql, build }: Unit): PractitionerStore {
  return {
    find: async (id) => {
      const row = await sql.first<PractitionerRow>('select * from practitioners where id = ?', [id])
      return row && practitionerOf(row)
    },
    save: async ({ id, hospitalId, name, department, active }) => {
      await sql.run(save, [id, hospitalId, name, department, Number(active)])
    },
    list: async ({ hospitalId }, { limit, offset }) => {
      const query = build('practitioners').select('*').limit(limit).offset(offset).orderBy(['hospital_id', 'id'])
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      return (await sql.built<PractitionerRow>(query)).map(practitionerOf)
    }
  }
}

function practitionerOf (row: PractitionerRow): Practitioner {
  return { id: row.id, hospitalId: row.hospital_id, name: row.name, department: row.department, active: row.active === 1 }
}
