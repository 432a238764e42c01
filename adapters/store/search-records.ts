import type { RecordSearch, RecordVersion, SearchClause } from '../../core/records/index.ts'
import type { Dialect } from './dialect.ts'
import { versionOf, type RecordRow } from './record-row.ts'
import { every, textOfValues, type Condition } from './search-conditions.ts'
import type { Unit } from './sql.ts'

/**
 * The clause that is likely to find least is read from an index of the search values; each record it finds is then
 * held against the other clauses by its own few values. So the plan is ours and depends on no statistics, which a
 * database that was just filled does not have.
 */
export async function searchRecords ({ sql, dialect }: Unit, search: RecordSearch): Promise<{ readonly records: readonly RecordVersion[], readonly total: number }> {
  if (search.patientIds?.length === 0) return { records: [], total: 0 }
  const found = foundBy(search, dialect)
  const [counted] = await sql.anew<{ readonly total: number }>(`select count(*) as total from ${found.counted.text}`, found.counted.params)
  if (search.limit === 0) return { records: [], total: Number(counted?.total ?? 0) }
  const order = sortsOf(search)
  const rows = await sql.anew<RecordRow>(`select r.* from ${found.text} order by ${order.map(({ text }) => text).join(', ')} limit ? offset ?`,
    [...found.params, ...order.flatMap(({ params }) => params), search.limit, search.offset])
  return { records: rows.map(versionOf), total: Number(counted?.total ?? 0) }
}

type ValueClause = Exclude<SearchClause, { kind: 'id' | 'lastUpdated' | 'missing' }>

interface Found extends Condition {
  /** The same records without the records' own rows, where those are not needed to count them. */
  readonly counted: Condition
}

/** What comes after `from`. */
function foundBy (search: RecordSearch, dialect: Dialect): Found {
  const { clauses, type, patientIds } = search
  const isNarrow = patientIds !== null || clauses.some(({ kind }) => kind === 'id')
  const leading = isNarrow ? undefined : clauses.filter(isPositive).sort((one, other) => rankOf(one) - rankOf(other))[0]
  const others = [...limitsOf(search, dialect), ...clauses.filter((clause) => clause !== leading).map((clause) => conditionOf(clause, dialect))]
  const rest = every(others)
  if (leading !== undefined) {
    const values = textOfValues(leading, dialect)
    const leaders = {
      text: `(select distinct v.record from record_search_values v where v.type = ? and v.param = ? and (${values.text})) d`,
      params: [type, leading.param, ...values.params]
    }
    const found = { text: `${leaders.text} cross join records r where r.number = d.record and ${rest.text}`, params: [...leaders.params, ...rest.params] }
    return { ...found, counted: others.length === 0 ? leaders : found }
  }
  // Where few records are named, the index of their type must not be taken: half of all records have it.
  const found = { text: `records r where ${isNarrow ? "r.type || '' = ?" : 'r.type = ?'} and ${rest.text}`, params: [type, ...rest.params] }
  return { ...found, counted: found }
}

function isPositive (clause: SearchClause): clause is ValueClause {
  return clause.kind !== 'id' && clause.kind !== 'lastUpdated' && clause.kind !== 'missing' && !((clause.kind === 'token' || clause.kind === 'date') && clause.not === true)
}

function rankOf (clause: ValueClause): number {
  switch (clause.kind) {
    case 'reference': return 1
    case 'string': return clause.match === 'contains' ? 5 : 2
    case 'token': return 3
    case 'date': return 4
  }
}

function limitsOf ({ patientIds, hospitalId }: RecordSearch, dialect: Dialect): readonly Condition[] {
  return [
    ...(patientIds === null ? [] : [{ text: dialect.isIn('r.patient_id'), params: [dialect.list(patientIds)] }]),
    ...(hospitalId === null ? [] : [{ text: 'r.hospital_id = ?', params: [hospitalId] }])
  ]
}

function conditionOf (clause: SearchClause, dialect: Dialect): Condition {
  switch (clause.kind) {
    case 'id': return { text: dialect.isIn('r.id'), params: [dialect.list(clause.values)] }
    case 'lastUpdated': return every([
      clause.from === null ? null : { text: 'r.last_updated_ms >= ?', params: [clause.from] },
      clause.to === null ? null : { text: 'r.last_updated_ms <= ?', params: [clause.to] }])
    case 'missing': return amongOwn(clause.param, { text: '1 = 1', params: [] }, clause.missing)
    case 'token': case 'date': return amongOwn(clause.param, textOfValues(clause, dialect), clause.not === true)
    case 'string': case 'reference': return amongOwn(clause.param, textOfValues(clause, dialect), false)
  }
}

/**
 * Absent values never match, so `not` also finds records without the parameter (FHIR R4 §3.1.1.4.5). A count is asked
 * for record by record, where `exists` may be turned into a join of whole tables; and no index but the record's own fits.
 */
function amongOwn (param: string, condition: Condition, not: boolean): Condition {
  return {
    text: `(select count(*) from record_search_values v where v.record = r.number and v.param || '' = ? and (${condition.text})) ${not ? '= 0' : '> 0'}`,
    params: [param, ...condition.params]
  }
}

/** The id comes last, so that pages never overlap. Records without the parameter come last either way. */
function sortsOf ({ sort }: RecordSearch): readonly Condition[] {
  const sorts = sort.length === 0 ? [{ param: '_lastUpdated', descending: true }] : sort
  return [...sorts.map(({ param, descending }) => sortOf(param, descending ? 'desc' : 'asc')), { text: 'r.id', params: [] }]
}

function sortOf (param: string, direction: 'asc' | 'desc'): Condition {
  if (param === '_lastUpdated') return { text: `r.last_updated_ms ${direction}`, params: [] }
  if (param === '_id') return { text: `r.id ${direction}`, params: [] }
  const edge = direction === 'asc' ? 'min' : 'max'
  const values = "from record_search_values v where v.record = r.number and v.param || '' = ?"
  return {
    text: `(select ${edge}(v.from_ms) ${values}) ${direction} nulls last, (select ${edge}(v.value) ${values}) ${direction} nulls last`,
    params: [param, param]
  }
}

