import type { RecordChange } from '../core/records/index.ts'
import { compileConditions, type Holds } from './compile-condition.ts'
import { compileKey, compileKeyPath, type KeyOf } from './compile-key.ts'
import type { Draft, Fill } from './compile-row.ts'
import { compileRows, type TableCompiling } from './compile-rows.ts'
import type { JsonObject } from './element-path.ts'
import { occurrences, within, type GroupNode } from './groups.ts'
import { MappingError } from './mapping-error.ts'
import { parsePath } from './path.ts'
import { directoryTypes, isRequired, requiredElements } from './required-elements.ts'
import { aliasOf } from './resolve-site.ts'
import type { Row } from './row.ts'
import { instanceIn, type Instance, type Making, type Scope } from './scope.ts'
import type { Origin, ResolvedRow, ResourceTable } from './tables.ts'
import type { Trace, ToldElement } from './trace.ts'

/** One line of a message table, ready to run. */
export interface ResourcePlan {
  readonly alias: string
  readonly type: string
  readonly isWeak: boolean
  readonly isNumbered: boolean
  readonly scopes: (root: GroupNode) => readonly Scope[]
  readonly holds: Holds | null
  readonly keyOf: KeyOf | null
  /** Aliases that its key may begin with. */
  readonly keyWithin: readonly string[]
  /** Refused without a key; else a key is made of the message's own id. */
  readonly keyPlace: string | null
  /** Where the `id` row stands; null where there is none. */
  readonly keyOrigin: Origin | null
  readonly make: (instance: Instance, making: Making) => MadeResource | null
}

type MadeResource = Pick<RecordChange, 'resource' | 'removed' | 'weak' | 'weakElements' | 'patientId'>

export interface ResourceCompiling extends TableCompiling {
  readonly tableFault: (why: string) => void
  readonly groups: ReadonlySet<string>
}

export function compileResource (table: ResourceTable, rows: readonly ResolvedRow[], compiling: ResourceCompiling): ResourcePlan {
  const alias = aliasOf(table)
  const plain = rows.map(({ row }) => row)
  const keyRows = plain.filter((row) => row.to === 'id')
  const keyRow = keyRows.find(({ when }) => when === undefined)
  const fill = compileRows(plain.filter((row) => row.to !== 'id'), compiling)
  const required = requiredElements[table.resource] ?? []
  for (const element of required) {
    if (!plain.some((row) => isRequired(element, row.to.split(/[.[]/)[0] + (row.to.endsWith('[x]') ? '[x]' : '')))) compiling.tableFault(`${alias}: no row fills ${element}, which R4 requires`)
  }
  return {
    alias,
    type: table.resource,
    isWeak: table.weak === true,
    isNumbered: table.numbered === true,
    scopes: compileScopes(table.per, compiling),
    holds: compileConditions(table.when, { ...compiling, fault: compiling.tableFault }),
    keyOf: keyRows.length === 0 ? null : compileFirstKey(keyRows, compiling),
    keyWithin: keyRows.flatMap((row) => aliasesOf(row, compiling)),
    keyPlace: keyRow?.required === true ? placeOf(keyRow) : null,
    keyOrigin: keyRow === undefined ? null : compiling.originOf(keyRow),
    make: compileMake(table, { fill, required, tellKey: keyRow === undefined ? null : compileTellKey(keyRow, compiling) })
  }
}

/** The first `id` row whose conditions hold, up to the one without any. */
function compileFirstKey (rows: readonly Row[], compiling: ResourceCompiling): KeyOf {
  const keys = rows.map((row) => {
    const own = { ...compiling, fault: (why: string) => { compiling.fault(row, why) } }
    return { holds: compileConditions(row.when, own), keyOf: compileKey(row, own) }
  })
  return (scope, making) => keys.find(({ holds }) => holds === null || holds(scope))?.keyOf(scope, making)
}

function aliasesOf (row: Row, compiling: ResourceCompiling): readonly string[] {
  const named = row.within === undefined ? [] : typeof row.within === 'string' ? [row.within] : row.within
  for (const alias of named) if (!compiling.aliases.has(alias)) compiling.fault(row, `no resource with the alias "${alias}"`)
  return named
}

function placeOf (row: Row): string {
  return typeof row.from === 'string' ? row.from : row.from?.[0] ?? 'id'
}

function compileScopes (per: string, compiling: ResourceCompiling): (root: GroupNode) => readonly Scope[] {
  if (compiling.groups.has(per)) {
    return (root) => occurrences(root, per).map((node) => ({ node, segment: node.segments[0] ?? null, field: 0, repetition: 0, outer: null }))
  }
  const path = parsePath(per, compiling.columns)
  if (path === null || path.component !== 0) {
    compiling.tableFault(`"per" is neither a segment, a field nor a group: "${per}"`)
    return () => []
  }
  compiling.read(path.segment)
  const { segment: name, field } = path
  if (field === 0) return (root) => within(root, name).map(({ node, segment }) => ({ node, segment, field: 0, repetition: 0, outer: null }))
  return (root) => within(root, name).flatMap(({ node, segment }) =>
    Array.from({ length: segment.count(field) }, (_, index) => ({ node, segment, field, repetition: index + 1, outer: null })))
}

interface MakeParts {
  readonly fill: Fill
  readonly required: readonly string[]
  readonly tellKey: ((scope: Scope) => ToldElement) | null
}

function compileTellKey (row: Row, compiling: ResourceCompiling): MakeParts['tellKey'] {
  const origin = compiling.originOf(row)
  const pathIn = compileKeyPath(row, { ...compiling, fault: () => undefined })
  return origin === null ? null : (scope) => ({ element: 'id', ...origin, from: pathIn(scope), as: null, table: null })
}

/** Now that the resource is whole. */
function tellResource ({ told }: Trace, { reference, scope }: Instance, elements: readonly ToldElement[], tellKey: MakeParts['tellKey']): void {
  if (tellKey !== null) told.push({ resource: reference, ...tellKey(scope) })
  for (const element of elements) told.push({ resource: reference, ...element })
}

function compileMake (table: ResourceTable, { fill, required, tellKey }: MakeParts): ResourcePlan['make'] {
  const isWeak = table.weak === true
  const type = table.resource
  return (instance, making) => {
    const into: JsonObject & { resourceType: string, id: string } = { resourceType: type, id: instance.id }
    const draft: Draft = { into, deleted: [], weak: [], strong: [], told: making.trace === null ? null : [] }
    fill(draft, instance.scope, making)
    const missing = required.find((element) => !Object.keys(into).some((name) => isRequired(element, name)))
    if (missing !== undefined) {
      if (table.optional !== true) throw new MappingError('MAPPING_VALUE_MISSING', `${type}.${missing} has no source in ${instance.scope.segment?.name ?? 'the message'}; have the sender fill it or give the site a row.`, `${type}.${missing}`)
      making.notes.push(`${instance.scope.segment?.name ?? type}: ${type} left out, it has no ${missing}`)
      instance.isLeftOut = true
      return null
    }
    if (making.trace !== null) tellResource(making.trace, instance, draft.told ?? [], tellKey)
    return {
      resource: into,
      removed: isWeak ? draft.strong.filter((element) => !(element in into)) : removedOf(draft),
      ...strengthOf(draft, isWeak),
      patientId: patientOf(type, instance, making)
    }
  }
}

/** What no other row filled; a required element is never taken away. */
function removedOf ({ deleted, into }: Draft): readonly string[] {
  return deleted.length === 0 ? deleted : [...new Set(deleted)].filter((element) => !(element in into))
}

function strengthOf ({ into, weak, strong }: Draft, isWeak: boolean): Pick<RecordChange, 'weak' | 'weakElements'> {
  if (!isWeak) return weak.length === 0 ? { weak: false } : { weak: false, weakElements: [...new Set(weak)] }
  if (strong.length === 0) return { weak: true }
  return { weak: false, weakElements: Object.keys(into).filter((name) => name !== 'resourceType' && name !== 'id' && !strong.includes(name)) }
}

function patientOf (type: string, instance: Instance, making: Making): string | null {
  if (type === 'Patient') return instance.id
  if (directoryTypes.includes(type)) return null
  return instanceIn('Patient', instance.scope, making)?.id ?? null
}
