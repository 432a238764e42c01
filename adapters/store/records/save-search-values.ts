import type { SearchValue } from '../../../core/records/index.ts'
import type { Scalar } from '../dialect.ts'
import type { GroupStatement, Unit } from '../sql.ts'

/** The search values of one record, by the record's number. */
interface RecordValues {
  readonly record: number
  readonly isNew: boolean
  readonly type: string
  readonly searchValues: readonly SearchValue[]
}

/** A record's values are known by a hash of what they say, so one that stays is not written again. */
const add: GroupStatement = {
  columns: { record: 'integer', hash: 'integer', type: 'text', param: 'text', value: 'text', system: 'text', from_ms: 'integer', to_ms: 'integer', number: 'real' },
  text: (given) => `insert into record_search_values (record, hash, type, param, value, system, from_ms, to_ms, number)
    select given.record, given.hash, given.type, given.param, given.value, given.system, given.from_ms, given.to_ms, given.number from ${given} as given
    where true on conflict (record, hash) do nothing`
}

const findHashes: GroupStatement = {
  columns: { record: 'integer' },
  text: (given) => `select v.record, v.hash from ${given} as given join record_search_values v on v.record = given.record`
}

const drop: GroupStatement = {
  columns: { record: 'integer', hash: 'integer' },
  text: (given) => `delete from record_search_values where (record, hash) in (select given.record, given.hash from ${given} as given)`
}

/** The parameter is the list of the records that changed. */
const replaceAtOnce: GroupStatement = {
  columns: add.columns,
  text: (given, dialect) => `with changed as (select unnest(?::bigint[]) as record), given as ${given}, dropped as (
      delete from record_search_values v using changed where v.record = changed.record
        and not exists (select 1 from given where given.record = v.record and given.hash = v.hash))
    ${add.text('given', dialect)}`
}

/** Most new versions change none or few of the searchable values, and each costs two index entries: only the difference is written. */
export async function saveSearchValues ({ sql, dialect }: Unit, records: readonly RecordValues[]): Promise<void> {
  const rows = records.flatMap(rowsOf)
  const changed = records.filter(({ isNew }) => !isNew)
  if (dialect.hasWritingCtes) {
    await sql.together(replaceAtOnce, [changed.map(({ record }) => record)], rows)
    return
  }
  const keyOf = (record: Scalar | undefined, hash: Scalar | undefined): string => `${String(record)} ${String(hash)}`
  const standing = await sql.allOf<{ readonly record: number, readonly hash: number }>(findHashes, changed.map(({ record }) => [record]))
  const known = new Set(standing.map(({ record, hash }) => keyOf(record, hash)))
  const wanted = new Set(rows.map(([record, hash]) => keyOf(record, hash)))
  await sql.runOf(drop, standing.filter(({ record, hash }) => !wanted.has(keyOf(record, hash))).map(({ record, hash }) => [record, hash]))
  await sql.runOf(add, rows.filter(([record, hash]) => !known.has(keyOf(record, hash))))
}

/** An open end of a period reaches as far as a Date can. */
const farthestMs = 8.64e15

function rowsOf ({ record, type, searchValues }: RecordValues): Scalar[][] {
  return searchValues.map(({ param, value, system, from, to, number }) => {
    const isTime = from !== null || to !== null
    const fromMs = isTime ? from ?? -farthestMs : null
    const toMs = isTime ? to ?? farthestMs : null
    return [record, hashOf(JSON.stringify(number === undefined ? [param, value, system, fromMs, toMs] : [param, value, system, number])), type, param, value, system, fromMs, toMs, number ?? null]
  })
}

/**
 * 53 bits of two multiplying hashes of 32 bits. It tells the few values of one record apart (a chance of 1 in 10^12 to
 * confuse two of a hundred); it is no signature.
 */
function hashOf (text: string): number {
  let low = 0x811c9dc5
  let high = 0x9e3779b9
  for (let place = 0; place < text.length; place++) {
    const unit = text.charCodeAt(place)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high + unit, 0x85ebca6b) ^ (high >>> 13)
  }
  return (high >>> 11) * 0x100000000 + (low >>> 0)
}
