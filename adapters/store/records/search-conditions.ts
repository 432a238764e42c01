import type { NumberRange, SearchClause, SearchRange } from '../../../core/records/index.ts'
import type { Dialect, Parameter } from '../dialect.ts'

/** A piece of SQL with its parameters. */
export interface Condition {
  readonly text: string
  readonly params: readonly Parameter[]
}

type ValueClause = Exclude<SearchClause, { kind: 'id' | 'lastUpdated' | 'missing' }>

/** What a row `v` of the search values must say. */
export function textOfValues (clause: ValueClause, dialect: Dialect): Condition {
  switch (clause.kind) {
    case 'token': return either(clause.values.map(tokenCondition))
    case 'string': return either(clause.values.map((value) => stringCondition(value, clause.match)))
    case 'reference': return { text: dialect.isIn('v.value'), params: [dialect.list(clause.values)] }
    case 'date': return either([clause, ...clause.or ?? []].map(rangeCondition))
    case 'quantity': return either(clause.values.map(numberCondition))
  }
}

const isTime: Condition = { text: 'v.from_ms is not null', params: [] }

/** Few values are longer than a month: open-ended periods, and years. They have an index of their own, by their ends. */
const longMs = 32 * 86_400_000

/**
 * What overlaps a range began before its end and ends after its beginning, which no one order of values answers: a short
 * value that overlaps began near the range, and a long one is among few. A plus sign keeps a bound from choosing the
 * order.
 */
function rangeCondition ({ from, to, overlap }: SearchRange): Condition {
  if (overlap === 'within') return every([isTime, bound('v.from_ms >= ?', from), bound('v.from_ms <= ?', to), bound('+v.to_ms <= ?', to)])
  if (from === null) return every([isTime, bound('v.from_ms <= ?', to)])
  const short = every([isTime, bound('v.to_ms - v.from_ms <= ?', longMs), bound('v.from_ms >= ?', from - longMs), bound('v.from_ms <= ?', to), bound('+v.to_ms >= ?', from)])
  const long = every([{ text: `v.to_ms - v.from_ms > ${longMs}`, params: [] }, bound('v.to_ms >= ?', from), bound('+v.from_ms <= ?', to)])
  return either([short, long])
}

function numberCondition ({ from, to, isOpenFrom, isOpenTo, system, unit }: NumberRange): Condition {
  return every([
    { text: 'v.number is not null', params: [] },
    bound(isOpenFrom ? 'v.number > ?' : 'v.number >= ?', from),
    bound(isOpenTo ? 'v.number < ?' : 'v.number <= ?', to),
    unit === null ? null : { text: "v.value || '' = ?", params: [unit] },
    system === undefined ? null : system === null ? { text: 'v.system is null', params: [] } : { text: 'v.system = ?', params: [system] }
  ])
}

function tokenCondition ({ system, code }: { readonly system: string | null | undefined, readonly code: string | null }): Condition {
  const ofCode = code === null ? { text: 'v.value is not null', params: [] } : { text: 'v.value = ?', params: [code] }
  if (system === undefined) return ofCode
  return every([ofCode, system === null ? { text: 'v.system is null', params: [] } : { text: 'v.system = ?', params: [system] }])
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

export function every (conditions: readonly (Condition | null)[]): Condition {
  return join(conditions.filter((condition) => condition !== null), ' and ', '1 = 1')
}

function either (conditions: readonly Condition[]): Condition {
  return join(conditions, ' or ', '1 = 0')
}

function join (conditions: readonly Condition[], word: string, none: string): Condition {
  return {
    text: conditions.length === 0 ? none : conditions.map(({ text }) => `(${text})`).join(word),
    params: conditions.flatMap(({ params }) => params)
  }
}
