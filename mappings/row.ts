import type { JsonObject } from './element-path.ts'
import { isObject } from './element-path.ts'

/** When a row holds. `""`: not valued; `"*"`: valued; else equal to it, or to one of a list; or as a code table translates it. */
export type Condition = string | readonly string[] | { readonly table: string, readonly is: string | readonly string[] }

/** One line of a mapping: source → target. mappings/README.md explains it; row.schema.json has the same keys (tested). */
export interface Row {
  /** Where it goes: a FHIR element, or `id` for the hospital's own key of the thing. With `when`, the key of the row. */
  readonly to: string
  /** A path, or paths in order of preference; the first that is filled counts. */
  readonly from?: string | readonly string[]
  /** Converter. */
  readonly as?: string
  /** Code table. */
  readonly table?: string
  /** Where the source says nothing, or a code that the table lacks. */
  readonly default?: unknown
  /** Always this. */
  readonly value?: unknown
  /** The message is refused without it (inside `rows`: the item is left out). */
  readonly required?: boolean
  /** A site's way to leave a base row out. */
  readonly drop?: boolean
  readonly note?: string
  readonly when?: Readonly<Record<string, Condition>>
  /** The element is taken away, as if the sender had deleted it (`""`), unless another row fills it. */
  readonly deletes?: boolean
  /** Elements that go along, where the converter says nothing of them. */
  readonly with?: JsonObject
  /** A reference to a resource of this message by its alias; of several, the first that is there. `as` list target: all. */
  readonly ref?: string | readonly string[]
  /** An item for every such segment (`OBX`, `@NTE`: of the same group only) or repetition of a field (`IN1-3`). */
  readonly per?: string
  readonly rows?: readonly Row[]
  /** Only fills what is absent in the record (RecordChange.weakElements); `false` where the resource is weak as a whole. */
  readonly weak?: boolean
  /** For `id`: further parts of the key. */
  readonly and?: readonly string[]
  /** For `id`: the resource whose key comes first; of several, the first that is there. */
  readonly within?: string | readonly string[]
  /** The implementation guide's table and row. */
  readonly ig?: string
  /** Ours: the guide has no such row. */
  readonly own?: boolean
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isTexts = (value: unknown): boolean => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText))
const isFlag = (value: unknown): boolean => typeof value === 'boolean'

const checks: Readonly<Record<keyof Row, (value: unknown) => boolean>> = {
  to: isText,
  from: isTexts,
  as: isText,
  table: isText,
  default: (value) => value !== undefined && value !== null,
  value: (value) => value !== undefined && value !== null,
  required: isFlag,
  drop: isFlag,
  deletes: (value) => value === true,
  note: isText,
  when: (value) => isObject(value) && Object.values(value).every(isCondition),
  with: isObject,
  ref: isTexts,
  per: isText,
  rows: (value) => Array.isArray(value) && value.length > 0,
  weak: isFlag,
  and: (value) => Array.isArray(value) && value.every(isText),
  within: isTexts,
  ig: isText,
  own: isFlag
}

export const rowKeys: readonly string[] = Object.keys(checks)

function isCondition (value: unknown): boolean {
  if (typeof value === 'string') return true
  if (Array.isArray(value)) return value.length > 0 && value.every((each) => typeof each === 'string')
  return isObject(value) && isText(value['table']) && isCondition(value['is']) && !isObject(value['is'])
}

/** What is wrong with a row's form; empty: it is a Row. */
export function rowFaults (value: unknown): readonly string[] {
  if (!isObject(value)) return ['is no object']
  const faults = Object.entries(value).flatMap(([key, given]) => {
    if (!Object.hasOwn(checks, key)) return [`unknown key "${key}"`]
    return checks[key as keyof Row](given) ? [] : [`"${key}" has the wrong form`]
  })
  if (value['to'] === undefined) faults.push('has no "to"')
  if (faults.length === 0 && value['drop'] !== true && sourcesOf(value as unknown as Row) !== 1) faults.push('needs one of "from", "value", "ref", "rows" or "deletes"')
  return faults
}

function sourcesOf (row: Row): number {
  return [row.from, row.value, row.ref, row.rows, row.deletes].filter((source) => source !== undefined).length
}

/** Rows with one target may differ by `when`; together they are the row's key. */
export function keyOf (row: { readonly to: string, readonly when?: Readonly<Record<string, unknown>> }): string {
  return row.when === undefined ? row.to : `${row.to} when ${JSON.stringify(Object.entries(row.when).sort(([one], [other]) => one < other ? -1 : 1))}`
}
