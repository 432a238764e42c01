import type { CalendarDate } from '../../../core/clock.ts'
import type { Patient, PatientIdentifier, PatientLink, PatientStore } from '../../../core/identity/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { GroupStatement, Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface PatientRow {
  readonly sequence: number
  readonly id: string
  readonly hospital_id: string
  readonly person_id: string
  readonly name: string | null
  readonly birth_date: string | null
  readonly gender: Patient['gender']
  readonly active: number
  readonly identifiers: string
}

interface LinkRow {
  readonly id: string
  readonly kind: PatientLink['kind']
  readonly from_id: string
  readonly to_id: string
  readonly because: string
  readonly created_at_ms: number
  readonly ended_at_ms: number | null
}

const columns = ['id', 'hospital_id', 'person_id', 'name', 'birth_date', 'gender', 'active', 'identifiers']
const savePatient = upsert('patients', ['id'], columns)

/** The list on the patient is what is shown; these rows are what it is found by. */
const addIdentifiers: GroupStatement = {
  columns: { system: 'text', value: 'text', patient_id: 'text' },
  text: (given) => `insert into patient_identifiers (system, value, patient_id)
    select given.system, given.value, given.patient_id from ${given} as given where true on conflict do nothing`
}

const findIdentifiers = 'select system, value from patient_identifiers where patient_id = ?'
const dropIdentifier = 'delete from patient_identifiers where system = ? and value = ? and patient_id = ?'

/** The same three steps at once. */
const saveAtOnce: GroupStatement = {
  columns: addIdentifiers.columns,
  text: (given, dialect) => `with saved as (${savePatient}), patient as (select ?::text as id), given as ${given}, dropped as (
      delete from patient_identifiers i using patient where i.patient_id = patient.id
        and not exists (select 1 from given where given.system = i.system and given.value = i.value))
    ${addIdentifiers.text('given', dialect)}`
}

export function sqlPatients (unit: Unit): PatientStore {
  const { sql, dialect, build } = unit
  return {
    find: async (id) => {
      const row = await sql.first<PatientRow>('select * from patients where id = ?', [id])
      return row && patientOf(row)
    },
    byPerson: async (personId) => (await sql.all<PatientRow>('select * from patients where person_id = ? order by sequence', [personId])).map(patientOf),
    byIdentifier: async ({ system, value }) => (await sql.all<PatientRow>(
      `select p.* from patient_identifiers i join patients p on p.id = i.patient_id
       where i.system = ? and i.value = ? order by p.sequence`, [system, value])).map(patientOf),
    save: (patient) => save(unit, patient),
    setPerson: async (patientIds, personId) => {
      await sql.run(`update patients set person_id = ? where ${dialect.isIn('id')}`, [personId, dialect.list(patientIds)])
    },
    list: async ({ hospitalId, limit, after }) => {
      const query = build('patients').select('*').limit(limit).orderBy('sequence')
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (after !== null) query.where('sequence', '>', after)
      return (await sql.built<PatientRow>(query)).map(patientOf)
    },
    links: async (patientIds) => (await sql.all<LinkRow>(
      `select * from patient_links where ended_at_ms is null and (${dialect.isIn('from_id')} or ${dialect.isIn('to_id')})
       order by created_at_ms, id`, [dialect.list(patientIds), dialect.list(patientIds)])).map(linkOf),
    addLink: async (link) => await sql.run(
      `insert into patient_links (id, kind, from_id, to_id, because, created_at_ms, ended_at_ms) values (?, ?, ?, ?, ?, ?, ?)
       on conflict (from_id, to_id, kind) where ended_at_ms is null do nothing`,
      [link.id, link.kind, link.fromId, link.toId, link.because, link.createdAt.getTime(), msOrNull(link.endedAt)]) === 1,
    endLink: async (id, at) => {
      await sql.run('update patient_links set ended_at_ms = ? where id = ? and ended_at_ms is null', [at.getTime(), id])
    }
  }
}

async function save ({ sql, dialect }: Unit, patient: Omit<Patient, 'sequence'>): Promise<void> {
  const { id, identifiers } = patient
  const row = [id, patient.hospitalId, patient.personId, patient.name, patient.birthDate, patient.gender, Number(patient.active), JSON.stringify(identifiers)]
  if (dialect.hasWritingCtes) {
    await sql.together(saveAtOnce, [...row, id], identifiers.map(({ system, value }) => [system, value, id]))
    return
  }
  await sql.run(savePatient, row)
  const standing = await sql.all<Pick<PatientIdentifier, 'system' | 'value'>>(findIdentifiers, [id])
  const isIn = (list: readonly Pick<PatientIdentifier, 'system' | 'value'>[]) => ({ system, value }: Pick<PatientIdentifier, 'system' | 'value'>): boolean =>
    list.some((other) => other.system === system && other.value === value)
  for (const { system, value } of standing.filter((one) => !isIn(identifiers)(one))) await sql.run(dropIdentifier, [system, value, id])
  await sql.runOf(addIdentifiers, identifiers.filter((one) => !isIn(standing)(one)).map(({ system, value }) => [system, value, id]))
}

function patientOf (row: PatientRow): Patient {
  return {
    id: row.id,
    hospitalId: row.hospital_id,
    personId: row.person_id,
    name: row.name,
    birthDate: row.birth_date as CalendarDate | null,
    gender: row.gender,
    active: row.active === 1,
    identifiers: json<readonly PatientIdentifier[]>(row.identifiers),
    sequence: row.sequence
  }
}

function linkOf (row: LinkRow): PatientLink {
  return {
    id: row.id,
    kind: row.kind,
    fromId: row.from_id,
    toId: row.to_id,
    because: row.because,
    createdAt: instant(row.created_at_ms),
    endedAt: instantOrNull(row.ended_at_ms)
  }
}
