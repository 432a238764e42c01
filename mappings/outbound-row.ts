import { isObject } from './element-path.ts'
import type { Origin, Resolved } from './tables.ts'
import type { CodeTableFile } from './code-tables.ts'

/** `""`: nothing there; `"*"`: something there; else equal to it, or to one of a list. */
export type OutboundCondition = string | readonly string[]
type Conditions = Readonly<Record<string, OutboundCondition>>

/** One line of outbound/segments/*.json: from FHIR to a field. docs/mapping.md explains it. */
export interface OutboundRow {
  /** The field; with `when`, the key of the row. */
  readonly to: string
  /** A path, or paths in order of preference; the first that is filled counts. */
  readonly from?: string | readonly string[]
  /** Printer; text where it is not said. */
  readonly as?: string
  /** Code table of outbound/code-tables. */
  readonly table?: string
  readonly default?: string
  readonly value?: string
  /** The message is refused without it. */
  readonly required?: boolean
  readonly drop?: boolean
  readonly when?: Conditions
  readonly note?: string
}

/** A segment that a message has: once, or for every value of `per`. */
export interface OutboundEntry {
  readonly segment: string
  /** Row files of outbound/segments/. */
  readonly rows: readonly string[]
  /** What it stands for; without it, what the segment around it stands for. */
  readonly per?: string
  readonly when?: Conditions
  /** Fields of which one must be filled, else the segment is left out. */
  readonly needs?: readonly string[]
  /** The message is refused where there is none. */
  readonly required?: boolean
  /** Segments that belong to each of these; their numbers begin anew. */
  readonly with?: readonly OutboundEntry[]
  readonly note?: string
}

/** outbound/messages/*.json. */
export interface OutboundTable {
  readonly table: string
  /** `ADT^A31`, … */
  readonly writes: readonly string[]
  /** MSH-9.3. */
  readonly structure: string
  /** Resource type of the record that is told. */
  readonly focus: string
  readonly segments: readonly OutboundEntry[]
  /** Elements left unread on purpose (`Encounter.status`: the trigger tells it), so no note is made of them. */
  readonly ignores?: readonly string[]
  readonly note?: string
}

/** Base and site put together. */
export interface ResolvedOutbound {
  readonly messages: ReadonlyArray<{ readonly name: string, readonly table: OutboundTable }>
  readonly segments: ReadonlyMap<string, ReadonlyArray<Resolved<OutboundRow>>>
  readonly codeTables: ReadonlyMap<string, CodeTableFile>
}

export const placeOfRow = (row: OutboundRow, { file, row: number }: Origin): string => `${file} row ${number} (${row.to})`

type Checks = Readonly<Record<string, (value: unknown) => boolean>>

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText)
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
const areConditions = (value: unknown): boolean => isObject(value) && Object.values(value).every((each) =>
  typeof each === 'string' || (Array.isArray(each) && each.length > 0 && each.every((one) => typeof one === 'string')))

const rowChecks = {
  to: isText,
  from: (value: unknown) => isText(value) || areTexts(value),
  as: isText,
  table: isText,
  default: isText,
  value: isText,
  required: isFlag,
  drop: isFlag,
  when: areConditions,
  note: isText
} satisfies Checks & Record<keyof OutboundRow, unknown>

const entryChecks = {
  segment: isText,
  rows: areTexts,
  per: isText,
  when: areConditions,
  needs: areTexts,
  required: isFlag,
  with: (value: unknown) => Array.isArray(value),
  note: isText
} satisfies Checks & Record<keyof OutboundEntry, unknown>

const tableChecks = {
  table: isText,
  writes: areTexts,
  structure: isText,
  focus: isText,
  segments: (value: unknown) => Array.isArray(value) && value.length > 0,
  ignores: areTexts,
  note: isText
} satisfies Checks & Record<keyof OutboundTable, unknown>

export const outboundRowKeys: readonly string[] = Object.keys(rowChecks)

function formFaults (value: unknown, checks: Checks, required: readonly string[]): readonly string[] {
  if (!isObject(value)) return ['is no object']
  const faults = Object.entries(value).flatMap(([key, given]) => {
    const fits = Object.hasOwn(checks, key) ? checks[key] : undefined
    if (fits === undefined) return [`unknown key "${key}"`]
    return fits(given) ? [] : [`"${key}" has the wrong form`]
  })
  return [...faults, ...required.filter((key) => value[key] === undefined).map((key) => `has no "${key}"`)]
}

/** What is wrong with a row's form; empty: it is an OutboundRow. */
export function outboundRowFaults (value: unknown): readonly string[] {
  const faults = formFaults(value, rowChecks, ['to'])
  if (faults.length > 0 || !isObject(value) || value['drop'] === true) return faults
  return (value['from'] === undefined) === (value['value'] === undefined) ? ['needs one of "from" or "value"'] : []
}

/** A site's file need only say what differs. */
export function outboundTableFaults (value: unknown, isWhole: boolean): readonly string[] {
  const faults = formFaults(value, tableChecks, isWhole ? ['table', 'writes', 'structure', 'focus', 'segments'] : [])
  const segments = isObject(value) && Array.isArray(value['segments']) ? value['segments'] as unknown[] : []
  return [...faults, ...segments.flatMap((entry, index) => entryFaults(entry, `segment ${index + 1}`))]
}

export function isOutboundTable (value: unknown): value is OutboundTable {
  return outboundTableFaults(value, true).length === 0
}

function entryFaults (value: unknown, place: string): readonly string[] {
  const inner = isObject(value) && Array.isArray(value['with']) ? value['with'] as unknown[] : []
  return [
    ...formFaults(value, entryChecks, ['segment', 'rows']).map((fault) => `${place}: ${fault}`),
    ...inner.flatMap((entry, index) => entryFaults(entry, `${place}.${index + 1}`))
  ]
}
