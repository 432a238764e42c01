import type { Resource } from '../core/records/index.ts'
import { compileOutboundConditions, compileOutboundRows, missingAt, pathOf, type FillSegment, type OutboundCompiling, type OutboundHolds } from './compile-outbound-row.ts'
import { isObject } from './element-path.ts'
import { segmentOf, type OutboundSegment, type SegmentDraft } from './outbound-content.ts'
import type { Found, OutboundPath, PathPlace } from './outbound-path.ts'
import type { OutboundEntry, OutboundRow, OutboundTable } from './outbound-row.ts'
import { isAbsent, type OutboundRun, type OutboundScope } from './outbound-run.ts'
import type { Resolved } from './tables.ts'

/** The segments of a message, in its order. */
export type WriteSegments = (focus: Resource, run: OutboundRun) => readonly OutboundSegment[]

export interface OutboundMessageCompiling extends Omit<OutboundCompiling, 'read'> {
  readonly segments: ReadonlyMap<string, ReadonlyArray<Resolved<OutboundRow>>>
  readonly tableFault: (why: string) => void
}

interface Writing {
  readonly run: OutboundRun
  readonly segments: OutboundSegment[]
  /** Records that a segment stands for. */
  readonly told: Set<Resource>
}

interface EntryPlan {
  readonly name: string
  readonly per: OutboundPath | null
  readonly holds: OutboundHolds
  readonly fill: FillSegment
  readonly needs: readonly number[]
  readonly requiredPlace: string | null
  readonly inner: readonly EntryPlan[]
}

export function compileOutboundMessage (table: OutboundTable, compiling: OutboundMessageCompiling): WriteSegments {
  const read = new Map<string, Set<string>>()
  const within: OutboundCompiling & OutboundMessageCompiling = {
    ...compiling,
    read: (type, element) => { read.set(type, (read.get(type) ?? new Set()).add(element)) }
  }
  for (const ignored of table.ignores ?? []) {
    const [type = '', element = ''] = ignored.split('.')
    within.read(type, element)
  }
  const plans = compileEntries(table.segments, { types: [table.focus], itemType: table.focus, place: table.focus }, within)
  return (focus, run) => {
    const writing: Writing = { run, segments: [], told: new Set([focus]) }
    writeEntries(plans, { item: focus, record: focus, outer: null, number: 1 }, writing)
    for (const record of writing.told) for (const element of unread(record, read.get(record.resourceType) ?? new Set())) run.note(`${record.resourceType}.${element}: no row`)
    return writing.segments
  }
}

function compileEntries (entries: readonly OutboundEntry[], within: PathPlace, compiling: OutboundCompiling & OutboundMessageCompiling): readonly EntryPlan[] {
  return entries.map((entry) => compileEntry(entry, within, compiling))
}

function compileEntry (entry: OutboundEntry, around: PathPlace, compiling: OutboundCompiling & OutboundMessageCompiling): EntryPlan {
  const fault = (why: string): void => { compiling.tableFault(`${entry.segment}: ${why}`) }
  const [per = null] = entry.per === undefined ? [] : pathOf(entry.per, around, compiling, fault)
  const within = per === null ? around : placeOf(per, around)
  const rows = entry.rows.flatMap((file) => {
    const found = compiling.segments.get(file)
    if (found === undefined) fault(`no file outbound/segments/${file}.json`)
    return (found ?? []).map(({ row }) => row)
  })
  const needs = (entry.needs ?? []).map((text) => Number(new RegExp(`^${entry.segment}-(\\d+)$`).exec(text)?.[1] ?? 0))
  if (needs.includes(0)) fault(`"needs" names no field of ${entry.segment}`)
  return {
    name: entry.segment,
    per,
    holds: compileOutboundConditions(entry.when, within, compiling, fault),
    fill: compileOutboundRows(rows, { ...within, segment: entry.segment }, compiling),
    needs,
    requiredPlace: entry.required === true ? per?.place ?? around.place : null,
    inner: compileEntries(entry.with ?? [], within, compiling)
  }
}

function placeOf ({ type, place }: OutboundPath, { types }: PathPlace): PathPlace {
  return { types: type === null || types.includes(type) ? types : [type, ...types], itemType: type, place: type ?? place }
}

/** Set IDs count the segments of one name among those that hang on the same segment. */
function writeEntries (plans: readonly EntryPlan[], outer: OutboundScope, writing: Writing, counts = new Map<string, number>()): void {
  for (const plan of plans) {
    const found: readonly Found[] = plan.per === null ? [{ value: outer.item, record: outer.record }] : plan.per.read(outer, writing.run)
    let written = 0
    for (const { value, record } of found) if (writeEntry(plan, { item: value, record: recordOf(value, record), outer, number: (counts.get(plan.name) ?? 0) + 1 }, writing, counts)) written++
    if (written === 0 && plan.requiredPlace !== null) writing.run.refuse(missingAt(plan.requiredPlace))
  }
}

function writeEntry (plan: EntryPlan, scope: OutboundScope, writing: Writing, counts: Map<string, number>): boolean {
  const { run, segments, told } = writing
  if (!plan.holds(scope, run)) return false
  if (isAbsent(scope.record)) {
    run.note(`${plan.per?.place ?? plan.name}: the record was not found; ${plan.name} left out`)
    return false
  }
  const draft: SegmentDraft = new Map()
  plan.fill(draft, scope, run)
  if (draft.size === 0 || (plan.needs.length > 0 && !plan.needs.some((field) => draft.has(field)))) return false
  segments.push(segmentOf(plan.name, draft))
  counts.set(plan.name, scope.number)
  if (scope.item === scope.record) told.add(scope.record)
  const inner = new Map(plan.inner.some(({ name }) => name === plan.name) ? [[plan.name, scope.number]] : [])
  writeEntries(plan.inner, scope, writing, inner)
  counts.set(plan.name, inner.get(plan.name) ?? scope.number)
  return true
}

function recordOf (value: unknown, record: Resource): Resource {
  return isResource(value) ? value : record
}

function isResource (value: unknown): value is Resource {
  return isObject(value) && typeof value['resourceType'] === 'string'
}

const ofEveryRecord: readonly string[] = ['resourceType', 'id', 'meta', 'text', 'language', 'implicitRules', 'contained']

/** Top-level elements that no row of this message reads; of extensions, those of a URL that none reads. */
function unread (record: Resource, read: ReadonlySet<string>): readonly string[] {
  return Object.entries(record).flatMap(([element, value]) => {
    if (ofEveryRecord.includes(element) || read.has(element) || (read.has('value[x]') && /^value[A-Z]/.test(element))) return []
    if (element !== 'extension' || !Array.isArray(value)) return [element]
    return (value as unknown[]).filter(isObject).map(({ url }) => `extension[${String(url)}]`).filter((extension) => !read.has(extension))
  })
}
