import { DomainError } from '../../../core/errors.ts'
import type { RecordStore, RecordToSave } from '../../../core/records/index.ts'
import type { Scalar } from '../dialect.ts'
import { versionOf, type RecordRow } from './record-row.ts'
import { saveSearchValues } from './save-search-values.ts'
import { searchCompartment } from './search-compartment.ts'
import { searchRecords } from './search-records.ts'
import type { GroupStatement, Unit } from '../sql.ts'

const columns = {
  type: 'text',
  id: 'text',
  version: 'integer',
  last_updated_ms: 'integer',
  resource: 'text',
  element_times: 'text',
  hospital_id: 'text',
  patient_id: 'text',
  source: 'text',
  mapping_version: 'text'
} as const satisfies GroupStatement['columns']

const names = Object.keys(columns)
const changing = names.filter((name) => name !== 'type' && name !== 'id')

const findCurrent: GroupStatement = {
  columns: { type: 'text', id: 'text' },
  text: (given) => `select r.${names.join(', r.')} from ${given} as given join records r on r.id = given.id and r.type = given.type`
}

/** What stands before a change is kept; a second copy of one version is a race, and the primary key refuses it. */
const keepOld: GroupStatement = {
  columns: { type: 'text', id: 'text' },
  text: (given) => `insert into record_versions (${names.join(', ')})
    select r.${names.join(', r.')} from ${given} as given join records r on r.id = given.id and r.type = given.type`
}

const addNew: GroupStatement = {
  columns,
  text: (given) => `insert into records (${names.join(', ')})
    select given.${names.join(', given.')} from ${given} as given where true on conflict (id, type) do nothing returning number, id, type`
}

const replace: GroupStatement = {
  columns,
  text: (given) => `update records set ${changing.map((name) => `${name} = given.${name}`).join(', ')} from ${given} as given
    where records.id = given.id and records.type = given.type and records.version = given.version - 1
    returning records.number, records.id, records.type`
}

/** The three steps at once. All of them see the rows as they stood before, so what is kept is the old version. */
const saveAtOnce: GroupStatement = {
  columns,
  text: (given, dialect) => `with given as ${given},
    kept as (${keepOld.text('(select * from given where version > 1)', dialect)}),
    added as (${addNew.text('(select * from given where version = 1)', dialect)}),
    changed as (${replace.text('(select * from given where version > 1)', dialect)})
    select number, id, type from added union all select number, id, type from changed`
}

const confirmTimes: GroupStatement = {
  columns: { type: 'text', id: 'text', version: 'integer', element_times: 'text' },
  text: (given) => `update records set element_times = given.element_times from ${given} as given
    where records.id = given.id and records.type = given.type and records.version = given.version`
}

const dropSearchValues: GroupStatement = {
  columns: { record: 'integer' },
  text: (given) => `delete from record_search_values where record in (select given.record from ${given} as given)`
}

export function sqlRecords (unit: Unit): RecordStore {
  const { sql, dialect } = unit
  return {
    current: async (keys) => (await sql.allOf<RecordRow>(findCurrent, keys.map(({ type, id }) => [type, id]))).map(versionOf),
    save: async (versions) => {
      for (const wave of waves(versions)) await saveWave(unit, wave)
    },
    confirm: async (versions) => {
      const confirmed = await sql.runOf(confirmTimes, versions.map(({ type, id, version, elementTimes }) => [type, id, version, JSON.stringify(elementTimes)]))
      if (confirmed !== versions.length) throw savedInBetween()
    },
    purgeBinaries: async (ids) => {
      if (ids.length === 0) return []
      const gone = await sql.all<{ readonly number: number, readonly id: string }>(`delete from records where type = 'Binary' and ${dialect.isIn('id')} returning number, id`, [dialect.list(ids)])
      await sql.runOf(dropSearchValues, gone.map(({ number }) => [number]))
      await sql.run(`delete from record_versions where type = 'Binary' and ${dialect.isIn('id')}`, [dialect.list(ids)])
      return gone.map(({ id }) => id)
    },
    version: async ({ type, id, version }) => {
      const row = await sql.first<RecordRow>(`select ${names.join(', ')} from records where type = ? and id = ? and version = ?
        union all select ${names.join(', ')} from record_versions where type = ? and id = ? and version = ?`, [type, id, version, type, id, version])
      return row && versionOf(row)
    },
    history: async ({ type, id }, { limit, offset }) => (await sql.all<RecordRow>(
      `select ${names.join(', ')} from records where type = ? and id = ?
       union all select ${names.join(', ')} from record_versions where type = ? and id = ?
       order by version desc limit ? offset ?`, [type, id, type, id, limit, offset])).map(versionOf),
    search: (search) => searchRecords(unit, search),
    compartment: (search) => searchCompartment(unit, search)
  }
}

function savedInBetween (): DomainError {
  return new DomainError('STORE_WRITE_CONFLICT', 'A record was saved by another transaction in between. Load it and decide again.')
}

/** A group may hold several versions of one record; each of them builds on the one before. */
function waves (versions: readonly RecordToSave[]): readonly (readonly RecordToSave[])[] {
  const found: RecordToSave[][] = []
  const seen = new Map<string, number>()
  for (const version of versions) {
    const key = `${version.type}/${version.id}`
    const wave = seen.get(key) ?? 0
    seen.set(key, wave + 1);
    (found[wave] ??= []).push(version)
  }
  return found
}

interface SavedRow {
  readonly number: number
  readonly id: string
  readonly type: string
}

async function saveWave (unit: Unit, versions: readonly RecordToSave[]): Promise<void> {
  const rows = await (unit.dialect.hasWritingCtes ? unit.sql.allOf<SavedRow>(saveAtOnce, versions.map(columnsOf)) : saveInSteps(unit, versions))
  if (rows.length !== versions.length) throw savedInBetween()
  const numbers = new Map(rows.map(({ type, id, number }) => [`${type}/${id}`, number]))
  await saveSearchValues(unit, versions.map((version) => ({ ...version, record: numbers.get(`${version.type}/${version.id}`) ?? 0, isNew: version.version === 1 })))
}

async function saveInSteps ({ sql }: Unit, versions: readonly RecordToSave[]): Promise<readonly SavedRow[]> {
  const added = versions.filter(({ version }) => version === 1)
  const changed = versions.filter(({ version }) => version > 1)
  await sql.runOf(keepOld, changed.map(({ type, id }) => [type, id]))
  return [...await sql.allOf<SavedRow>(addNew, added.map(columnsOf)), ...await sql.allOf<SavedRow>(replace, changed.map(columnsOf))]
}

function columnsOf (version: RecordToSave): Scalar[] {
  return [version.type, version.id, version.version, version.lastUpdated.getTime(), JSON.stringify(version.resource),
    JSON.stringify(version.elementTimes), version.hospitalId, version.patientId, version.source, version.mappingVersion]
}
