import type { RecordSearch, RecordVersion, SearchClause, SearchRange } from '../../core/records/index.ts'
import type { Dialect, Parameter } from './dialect.ts'
import { versionOf, type RecordRow } from './record-row.ts'
import type { Unit } from './sql.ts'

/** A piece of SQL with its parameters. */
interface Condition {
  readonly text: string
  readonly params: readonly Parameter[]
}

/** Searches by the search values; each clause is a set of record numbers read from an index. */
export async function searchRecords ({ sql, dialect, build }: Unit, search: RecordSearch): Promise<{ readonly records: readonly RecordVersion[], readonly total: number }> {
  if (search.patientIds?.length === 0) return { records: [], total: 0 }
  const conditions = conditionsOf(search, dialect)
  const query = build('records as r').where('r.type', search.type)
  for (const { text, params } of conditions) query.whereRaw(text, params as never)
  const [counted] = await sql.built<{ readonly total: number }>(query.clone().count({ total: '*' }))
  const page = query.select('r.*').limit(search.limit).offset(search.offset)
  for (const { text, params } of sortsOf(search)) page.orderByRaw(text, params as never)
  const rows = search.limit === 0 ? [] : await sql.built<RecordRow>(page)
  return { records: rows.map(versionOf), total: Number(counted?.total ?? 0) }
}

function conditionsOf (search: RecordSearch, dialect: Dialect): readonly Condition[] {
  const { patientIds, hospitalId, type, clauses } = search
  return [
    ...(patientIds === null ? [] : [{ text: dialect.isIn('r.patient_id'), params: [dialect.list(patientIds)] }]),
    ...(hospitalId === null ? [] : [{ text: 'r.hospital_id = ?', params: [hospitalId] }]),
    ...clauses.map((clause) => conditionOf(clause, type, dialect))
  ]
}

function conditionOf (clause: SearchClause, type: string, dialect: Dialect): Condition {
  switch (clause.kind) {
    case 'id': return { text: dialect.isIn('r.id'), params: [dialect.list(clause.values)] }
    case 'lastUpdated': return every([bound('r.last_updated_ms >= ?', clause.from), bound('r.last_updated_ms <= ?', clause.to)])
    case 'missing': return amongValues(type, clause.param, { text: 'true', params: [] }, clause.missing)
    case 'token': return amongValues(type, clause.param, either(clause.values.map(tokenCondition)), clause.not === true)
    case 'string': return amongValues(type, clause.param, either(clause.values.map((value) => stringCondition(value, clause.match))), false)
    case 'reference': return amongValues(type, clause.param, { text: dialect.isIn('v.value'), params: [dialect.list(clause.values)] }, false)
    case 'date': return amongValues(type, clause.param, either([clause, ...clause.or ?? []].map(rangeCondition)), clause.not === true)
  }
}

/** Absent values never match, so `not` also finds records without the parameter (FHIR R4 §3.1.1.4.5). */
function amongValues (type: string, param: string, condition: Condition, not: boolean): Condition {
  return {
    text: `r.number ${not ? 'not in' : 'in'} (select v.record from record_search_values v where v.type = ? and v.param = ? and (${condition.text}))`,
    params: [type, param, ...condition.params]
  }
}

function tokenCondition ({ system, code }: { readonly system: string | null | undefined, readonly code: string | null }): Condition {
  const ofCode = code === null ? { text: 'v.value is not null', params: [] } : { text: 'v.value = ?', params: [code] }
  if (system === undefined) return ofCode
  return every([ofCode, system === null ? { text: 'v.system is null', params: [] } : { text: 'v.system = ?', params: [system] }])
}

function rangeCondition ({ from, to, overlap }: SearchRange): Condition {
  const [first, last] = overlap === 'within' ? ['v.from_ms >= ?', 'v.to_ms <= ?'] : ['v.to_ms >= ?', 'v.from_ms <= ?']
  return every([{ text: 'v.from_ms is not null', params: [] }, bound(first, from), bound(last, to)])
}

function stringCondition (value: string, match: 'starts' | 'exact' | 'contains'): Condition {
  if (match === 'exact') return { text: 'v.value = ?', params: [value] }
  if (match === 'contains') return { text: "v.value like ? escape '!'", params: [`%${value.replace(/[!%_]/g, '!$&')}%`] }
  // The values lie in the order of their UTF-8 bytes, so a prefix is a range up to the last character of Unicode.
  return { text: 'v.value >= ? and v.value < ?', params: [value, `${value}\u{10FFFF}`] }
}

function bound (text: string, limit: number | null): Condition | null {
  return limit === null ? null : { text, params: [limit] }
}

function every (conditions: readonly (Condition | null)[]): Condition {
  return join(conditions.filter((condition) => condition !== null), ' and ', 'true')
}

function either (conditions: readonly Condition[]): Condition {
  return join(conditions, ' or ', 'false')
}

function join (conditions: readonly Condition[], word: string, none: string): Condition {
  return {
    text: conditions.length === 0 ? none : conditions.map(({ text }) => `(${text})`).join(word),
    params: conditions.flatMap(({ params }) => params)
  }
}

/** The id comes last, so that pages never overlap. Records without the parameter come last either way. */
function sortsOf ({ sort, type }: RecordSearch): readonly Condition[] {
  const sorts = sort.length === 0 ? [{ param: '_lastUpdated', descending: true }] : sort
  return [...sorts.map(({ param, descending }) => sortOf(type, param, descending ? 'desc' : 'asc')), { text: 'r.id', params: [] }]
}

function sortOf (type: string, param: string, direction: 'asc' | 'desc'): Condition {
  if (param === '_lastUpdated') return { text: `r.last_updated_ms ${direction}`, params: [] }
  if (param === '_id') return { text: `r.id ${direction}`, params: [] }
  const edge = direction === 'asc' ? 'min' : 'max'
  const values = 'from record_search_values v where v.record = r.number and v.type = ? and v.param = ?'
  return {
    text: `(select ${edge}(v.from_ms) ${values}) ${direction} nulls last, (select ${edge}(v.value) ${values}) ${direction} nulls last`,
    params: [type, param, type, param]
  }
}
