import type { RecordChange } from '../core/records/index.ts'
import { compileResource, type ResourceCompiling, type ResourcePlan } from './compile-resource.ts'
import type { Draft, Fill } from './compile-row.ts'
import { compileRows } from './compile-rows.ts'
import { arrange, compileGroups, type GroupNode } from './groups.ts'
import type { Mapped, MappingContext } from './mapping.ts'
import { MappingError } from './mapping-error.ts'
import { filled, parsePath, type Hl7Path } from './path.ts'
import { directoryTypes } from './required-elements.ts'
import { aliasOf } from './resolve-site.ts'
import { isTellable } from './run.ts'
import { textIn, type Instance, type Making, type Scope } from './scope.ts'
import type { MessageSource } from './source.ts'
import type { MessageTable, ResolvedRow } from './tables.ts'
import { instantOf, parseTimestamp, type Zone } from './time.ts'
import { newTrace } from './trace.ts'
import type { CodeTable } from './code-tables.ts'

/** `version` goes on every change. */
interface Using {
  readonly zone: Zone
  readonly version: string
}

export type MapMessage = (message: MessageSource, context: MappingContext, using: Using) => Mapped

export interface MessageCompiling extends Omit<ResourceCompiling, 'groups' | 'read'> {
  readonly segments: ReadonlyMap<string, readonly ResolvedRow[]>
  readonly headerRows: readonly ResolvedRow[]
}

export function compileMessage (table: MessageTable, compiling: MessageCompiling): MapMessage {
  const known = new Set<string>(['MSH', ...(table.ignores ?? [])])
  const within: ResourceCompiling = {
    ...compiling,
    groups: new Set(Object.keys(table.groups ?? {})),
    read: (segment) => { known.add(segment) }
  }
  const header = compileRows(compiling.headerRows.map(({ row }) => row), within)
  const own = new Set(table.resources.map(aliasOf))
  const plans = table.resources.map((resource) => compileResource(resource, resource.rows.flatMap((file) => {
    const rows = compiling.segments.get(file)
    if (rows === undefined) compiling.tableFault(`${aliasOf(resource)}: no file segments/${file}.json`)
    return rows ?? []
  }), within))
  const byKey = inKeyOrder(plans, own, compiling.tableFault)
  const grouping = compileGroups(table.groups ?? {})
  for (const { starts } of Object.values(table.groups ?? {})) for (const segment of starts) known.add(segment)
  const expectations = compileExpectations(table, within)
  const times = (table.asOf ?? ['EVN-2', 'EVN-6', 'MSH-7']).flatMap((text) => parsePath(text, compiling.columns) ?? [])
  const focus = table.focus ?? []
  const make = (message: MessageSource, making: MessageMaking, version: string): Mapped => {
    const root = arrange(message, grouping)
    const top: Scope = { node: root, segment: null, field: 0, repetition: 0, outer: null }
    for (const meets of expectations) meets(message)
    for (const plan of byKey) making.instances.set(plan.alias, instancesOf(plan, root, making))
    const asOf = asOfIn(times, top, making)
    const changes = changesOf(plans, making, asOf, version)
    return { changes, header: headerOf(header, top, making, focus), notes: making.notes, unmapped: making.unmapped, version }
  }
  return (message, context, { zone, version }) => {
    const making: MessageMaking = { context, zone, notes: unread(message, known), named: new Map(), unmapped: [], trace: context.origins === undefined ? null : newTrace(), instances: new Map() }
    return making.trace === null ? make(message, making, version) : tracing(making, () => make(message, making, version))
  }
}

interface MessageMaking extends Making {
  readonly instances: Map<string, readonly Instance[]>
}

/** Tells the origins of what was made, or gives the row at work to the refusal. */
function tracing ({ trace, context, named }: Making, make: () => Mapped): Mapped {
  try {
    const mapped = make()
    const kept = new Set([...named.values()].map(({ resourceType, id }) => `${resourceType}/${id}`))
    const made = new Set(trace?.told.map(({ resource }) => resource))
    const mentioned = trace?.named.filter(({ resource }) => kept.has(resource) && !made.has(resource)) ?? []
    for (const origin of [...mentioned, ...trace?.told ?? []]) context.origins?.(origin)
    return mapped
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    throw new MappingError(error.code, error.message, error.place, { lacks: error.lacks, unmapped: error.unmapped, row: trace?.at ?? null })
  }
}

/** A key may begin with another resource's key, so that one is told first; making has an order of its own. */
function inKeyOrder (plans: readonly ResourcePlan[], own: ReadonlySet<string>, fault: (why: string) => void): readonly ResourcePlan[] {
  const ordered: ResourcePlan[] = []
  let waiting = [...plans]
  while (waiting.length > 0) {
    const still = new Set(waiting.map(({ alias }) => alias))
    const ready = waiting.filter(({ keyWithin }) => !keyWithin.some((alias) => own.has(alias) && still.has(alias)))
    if (ready.length === 0) {
      fault(`keys go in a circle: ${waiting.map(({ alias }) => alias).join(', ')}`)
      return plans
    }
    ordered.push(...ready)
    waiting = waiting.filter((plan) => !ready.includes(plan))
  }
  return ordered
}

function unread (message: MessageSource, known: ReadonlySet<string>): string[] {
  const notes: string[] = []
  for (const { name } of message.segments) {
    if (!known.has(name) && !notes.includes(`${name}: no table`)) notes.push(`${name}: no table`)
  }
  return notes
}

function compileExpectations (table: MessageTable, compiling: ResourceCompiling): ReadonlyArray<(message: MessageSource) => void> {
  return Object.entries(table.expects ?? {}).flatMap(([pathText, name]) => {
    const path = parsePath(pathText, compiling.columns)
    const codes = compiling.codeTables.get(name)
    if (path === null) compiling.tableFault(`no such path in "expects": "${pathText}"`)
    if (codes === undefined) compiling.tableFault(`no table "${name}"`)
    return path === null || codes === undefined ? [] : [(message: MessageSource) => { expectCode(message, path, codes) }]
  })
}

function expectCode (message: MessageSource, path: Hl7Path, codes: CodeTable): void {
  for (const segment of message.segments) {
    if (segment.name !== path.segment) continue
    const text = filled(segment.value(path.field, 1, path.component || 1, path.subcomponent || 1))
    if (text === undefined) throw new MappingError('MAPPING_VALUE_MISSING', `${path.text} is empty and decides what the segment means; have the sender fill it.`, path.text)
    if (codes.find(text) !== undefined) continue
    const lacks = isTellable(text) ? { table: codes.name, code: text, place: path.text } : null
    throw new MappingError('MAPPING_CODE_UNKNOWN', `${path.text} has a code that table ${codes.name} lacks; resolve it or add it to the site's table.`, path.text, { lacks, unmapped: lacks === null ? [] : [lacks] })
  }
}

function instancesOf (plan: ResourcePlan, root: GroupNode, making: Making): Instance[] {
  const found: Instance[] = []
  const seen = new Map<string, number>()
  if (making.trace !== null) making.trace.at = plan.keyOrigin
  for (const scope of plan.scopes(root)) {
    if (plan.holds !== null && !plan.holds(scope)) continue
    const named = plan.keyOf?.(scope, making) ?? keyOfMessage(plan, found.length, scope, making)
    if (named === null) continue
    const times = (seen.get(named) ?? 0) + 1
    seen.set(named, times)
    const key = plan.isNumbered && times > 1 ? `${named}#${times}` : named
    const id = making.context.stableId(making.context.hospitalId, plan.type, key)
    found.push({ alias: plan.alias, scope, key, id, reference: `${plan.type}/${id}`, isLeftOut: false })
  }
  return found
}

/** A thing that the hospital did not number is as new as its message; one that is only mentioned is not made at all. */
function keyOfMessage (plan: ResourcePlan, index: number, scope: Scope, { context }: Making): string | null {
  const mayBeMade = context.isConversion === true
  if (plan.keyPlace !== null && !mayBeMade) throw new MappingError('MAPPING_VALUE_MISSING', `${plan.keyPlace} is empty, so the ${plan.type} cannot be told from others; have the sender fill it or give the site an "id" row.`, plan.keyPlace)
  if (plan.isWeak && !mayBeMade) return null
  const controlId = textIn(controlIdPath, scope) ?? (mayBeMade ? context.source : undefined)
  if (controlId === undefined) throw new MappingError('MAPPING_VALUE_MISSING', 'MSH-10 is empty; have the sender number its messages.', 'MSH-10')
  return `message:${controlId}|${index + 1}`
}

const controlIdPath: Hl7Path = { text: 'MSH-10', segment: 'MSH', field: 10, where: null, component: 0, subcomponent: 0 }

function asOfIn (paths: readonly Hl7Path[], top: Scope, making: Making): Date {
  for (const path of paths) {
    const text = textIn(path, top)
    const time = text === undefined ? null : parseTimestamp(text)
    const instant = time === null ? null : instantOf(time, making.zone)
    if (instant !== null) return instant
  }
  return making.context.receivedAt
}

/** What fields named (doctors, places) comes before what refers to it. */
function changesOf (plans: readonly ResourcePlan[], making: Making, asOf: Date, mappingVersion: string): readonly RecordChange[] {
  const { hospitalId, source } = making.context
  const same = { asOf, hospitalId, source, mappingVersion }
  const made: RecordChange[] = []
  const references = new Set<string>()
  for (const plan of plans) {
    for (const instance of making.instances.get(plan.alias) ?? []) {
      const resource = plan.make(instance, making)
      if (resource === null) continue
      references.add(instance.reference)
      made.push({ ...resource, ...same })
    }
  }
  const named: RecordChange[] = []
  for (const resource of making.named.values()) {
    if (!references.has(`${resource.resourceType}/${resource.id}`)) named.push({ resource, removed: [], weak: true, patientId: null, ...same })
  }
  return [...named, ...inOrder(made)]
}

/** Directory records first; the rest stands in the table's order. */
function inOrder (made: readonly RecordChange[]): readonly RecordChange[] {
  if (!made.some(({ resource }) => directoryTypes.includes(resource.resourceType))) return made
  return [...made.filter(({ resource }) => directoryTypes.includes(resource.resourceType)), ...made.filter(({ resource }) => !directoryTypes.includes(resource.resourceType))]
}

function headerOf (fill: Fill, top: Scope, making: Making, focus: readonly string[]): Mapped['header'] {
  const controlId = textIn(controlIdPath, top) ?? ''
  const { hospitalId, stableId } = making.context
  const into: Record<string, unknown> & { resourceType: 'MessageHeader', id: string } = { resourceType: 'MessageHeader', id: stableId(hospitalId, 'MessageHeader', controlId) }
  const draft: Draft = { into, deleted: [], weak: [], strong: [], told: making.trace === null ? null : [] }
  fill(draft, top, making)
  for (const element of draft.told ?? []) making.trace?.told.push({ resource: `MessageHeader/${into.id}`, ...element })
  const references = focus.flatMap((alias) => (making.instances.get(alias) ?? []).filter((instance) => !instance.isLeftOut).map(({ reference }) => reference))
  if (references.length > 0) into['focus'] = [...new Set(references)].map((reference) => ({ reference }))
  return into
}
