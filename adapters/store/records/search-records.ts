import type { RecordSearch, RecordVersion, SearchClause } from '../../../core/records/index.ts'
import type { Dialect } from '../dialect.ts'
import { versionOf, type RecordRow } from './record-row.ts'
import { every, textOfValues, type Condition } from './search-conditions.ts'
import type { Unit } from '../sql.ts'

/**
 * The clause that finds least is read from an index of the search values; each record it finds is then held against the
 * other clauses by its own few values. So the plan is ours and depends on no statistics, which a database that was just
 * filled does not have.
 */
export async function searchRecords (unit: Unit, search: RecordSearch): Promise<{ readonly records: readonly RecordVersion[], readonly total: number }> {
  if (search.patientIds?.length === 0) return { records: [], total: 0 }
  const { sql, dialect } = unit
  const found = foundBy(search, await leadingClause(unit, search), dialect)
  const [counted] = await sql.anew<{ readonly total: number }>(`select count(*) as total from ${found.counted.text}`, found.counted.params)
  if (search.limit === 0) return { records: [], total: Number(counted?.total ?? 0) }
  const order = sortsOf(search)
  const rows = await sql.anew<RecordRow>(`select r.* from ${found.text} order by ${order.map(({ text }) => text).join(', ')} limit ? offset ?`,
    [...found.params, ...order.flatMap(({ params }) => params), search.limit, search.offset])
  return { records: rows.map(versionOf), total: Number(counted?.total ?? 0) }
}

type ValueClause = Exclude<SearchClause, { kind: 'id' | 'lastUpdated' | 'missing' }>

/** Few enough that looking further costs more than it saves; and where counting ends. */
const few = 50
const mostCounted = 2_000

/** Null where few records are named by their ids or patients, so that no value is to be looked up. */
async function leadingClause (unit: Unit, search: RecordSearch): Promise<ValueClause | null> {
  const { clauses } = search
  if (isNarrowed(search)) return null
  const [first, ...others] = clauses.filter(isPositive).sort((one, other) => rankOf(one) - rankOf(other))
  if (first === undefined || others.length === 0) return first ?? null
  let best: { readonly clause: ValueClause, readonly count: number } | null = null
  for (const clause of [first, ...others]) {
    const count = await countOf(unit, search.type, clause)
    if (best === null || count < best.count) best = { clause, count }
    if (count <= few) break
  }
  return best?.clause ?? first
}

function isNarrowed ({ patientIds, clauses }: RecordSearch): boolean {
  return patientIds !== null || clauses.some(({ kind }) => kind === 'id')
}

async function countOf ({ sql, dialect }: Unit, type: string, clause: ValueClause): Promise<number> {
  const values = textOfValues(clause, dialect)
  const [counted] = await sql.anew<{ readonly total: number }>(
    `select count(*) as total from (select 1 from record_search_values v where v.type = ? and v.param = ? and (${values.text}) limit ${mostCounted}) counted`, [type, clause.param, ...values.params])
  return Number(counted?.total ?? 0)
}

interface Found extends Condition {
  /** The same records without the records' own rows, where those are not needed to count them. */
  readonly counted: Condition
}

/** What comes after `from`. */
function foundBy (search: RecordSearch, leading: ValueClause | null, dialect: Dialect): Found {
  const { clauses, type } = search
  const others = [...limitsOf(search, dialect), ...clauses.filter((clause) => clause !== leading).map((clause) => conditionOf(clause, dialect))]
  const rest = every(others)
  if (leading !== null) {
    const values = textOfValues(leading, dialect)
    const leaders = {
      text: `(select distinct v.record from record_search_values v where v.type = ? and v.param = ? and (${values.text})) d`,
      params: [type, leading.param, ...values.params]
    }
    const found = { text: `${leaders.text} cross join records r where r.number = d.record and ${rest.text}`, params: [...leaders.params, ...rest.params] }
    return { ...found, counted: others.length === 0 ? leaders : found }
  }
  // Where few records are named, the index of their type must not be taken: half of all records have it.
  const found = { text: `records r where ${isNarrowed(search) ? "r.type || '' = ?" : 'r.type = ?'} and ${rest.text}`, params: [type, ...rest.params] }
  return { ...found, counted: found }
}

function isPositive (clause: SearchClause): clause is ValueClause {
  return clause.kind !== 'id' && clause.kind !== 'lastUpdated' && clause.kind !== 'missing' && !((clause.kind === 'token' || clause.kind === 'date' || clause.kind === 'quantity') && clause.not === true)
}

function rankOf (clause: ValueClause): number {
  switch (clause.kind) {
    case 'reference': return 1
    case 'string': return clause.match === 'contains' ? 6 : 2
    case 'token': return 3
    case 'date': return 4
    case 'quantity': return 5
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
    case 'token': case 'date': case 'quantity': return amongOwn(clause.param, textOfValues(clause, dialect), clause.not === true)
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
    text: `(select ${edge}(v.from_ms) ${values}) ${direction} nulls last, (select ${edge}(v.number) ${values}) ${direction} nulls last, (select ${edge}(v.value) ${values}) ${direction} nulls last`,
    params: [param, param, param]
  }
}
