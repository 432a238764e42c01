import type { NamedConverter, Use } from './converters/index.ts'
import { compileConditions, type ConditionCompiling } from './compile-condition.ts'
import { compileGuard } from './choice-guard.ts'
import { compilePut, isObject, parseElementPath, type ElementPath, type JsonObject, type Put } from './element-path.ts'
import { compileItemScopes } from './item-scopes.ts'
import { isWithin, within, type GroupNode } from './groups.ts'
import { MappingError } from './mapping-error.ts'
import { isDeleted, parsePath, type Hl7Path } from './path.ts'
import { cellOf, instanceIn, repetitionsIn, segmentIn, type Making, type Scope } from './scope.ts'
import type { Row } from './row.ts'
import type { Origin } from './tables.ts'
import { nextPlace, tell, type ToldElement } from './trace.ts'

/** A resource or an item of one, while its rows fill it. */
export interface Draft {
  readonly into: JsonObject
  /** Top-level elements whose source the sender deleted (`""`). */
  readonly deleted: string[]
  /** Top-level elements that rows marked weak, or strong, against their resource. */
  readonly weak: string[]
  readonly strong: string[]
  /** Null unless origins were asked for. */
  readonly told: ToldElement[] | null
}

/** constant: something, but nothing of the sender's. missing: a required value is absent. */
type Outcome = 'nothing' | 'constant' | 'value' | 'missing'
export type Fill = (draft: Draft, scope: Scope, making: Making) => Outcome

export interface RowCompiling extends ConditionCompiling {
  readonly converters: ReadonlyMap<string, NamedConverter>
  readonly aliases: ReadonlySet<string>
  /** Inside `rows`: a missing required value leaves the item out instead of refusing the message. */
  readonly isItem: boolean
  /** A row of the same target list under a name like `value[x]`. */
  readonly siblings: readonly ElementPath[]
  readonly compileItems: (row: Row, target: Target) => Fill
  /** Where the row stands in its file. */
  readonly origin: Origin | null
}

/** Where a row puts its values. */
export interface Target {
  readonly path: ElementPath
  readonly put: Put
  readonly isList: boolean
}

/** Puts a value and, where somebody asked, tells where it came from; `from` is null for what is not the sender's. */
type Place = (draft: Draft, making: Making, value: unknown, from: string | null) => void

function compilePlace (row: Row, path: ElementPath, put: Put, origin: Origin | null): Place {
  const by = origin === null ? null : { ...origin, as: row.as ?? null, table: row.table ?? null }
  return (draft, making, value, from) => {
    if (draft.told !== null && making.trace !== null && by !== null) tell(draft.told, making.trace, nextPlace(path, draft.into, value), { ...by, from })
    put(draft.into, value)
  }
}

export function compileRow (row: Row, compiling: RowCompiling): Fill {
  const path = parseElementPath(row.to)
  if (path === null) {
    compiling.fault(`no element path: "${row.to}"`)
    return () => 'nothing'
  }
  const put = compilePut(path, row.with ?? null)
  const isEach = row.per !== undefined && row.rows === undefined
  const holds = row.rows === undefined && !isEach ? compileConditions(row.when, compiling) : null
  const source = isEach ? compileEach(row, compileSource(row, path, put, compiling), compiling) : compileSource(row, path, put, compiling)
  const guard = compileGuard(path, compiling.siblings)
  const top = path[0]?.name ?? ''
  const { weak } = row
  const { origin } = compiling
  return (draft, scope, making) => {
    if (making.trace !== null) making.trace.at = origin
    if (holds !== null && !holds(scope)) return 'nothing'
    if (guard !== null && guard(draft.into)) return 'nothing'
    const outcome = source(draft, scope, making)
    if (weak !== undefined && (outcome === 'value' || outcome === 'constant')) (weak ? draft.weak : draft.strong).push(top)
    return outcome
  }
}

/** `per` without `rows`: the row is read once for each segment. */
function compileEach (row: Row, source: Fill, compiling: RowCompiling): Fill {
  const scopes = compileItemScopes(row.per ?? '', compiling)
  const holds = compileConditions(row.when, compiling)
  return (draft, scope, making) => {
    let said: Outcome = 'nothing'
    for (const at of scopes(scope)) {
      if (holds !== null && !holds(at)) continue
      const outcome = source(draft, at, making)
      if (outcome !== 'nothing') said = outcome
    }
    return said
  }
}

function compileSource (row: Row, path: ElementPath, put: Put, compiling: RowCompiling): Fill {
  const isList = path.some((step) => step.list === 'append')
  if (row.rows !== undefined) return compiling.compileItems(row, { path, put, isList })
  if (row.deletes === true) return compileDeletion(path)
  const place = compilePlace(row, path, put, compiling.origin)
  if (row.value !== undefined) {
    const { value } = row
    return (draft, _scope, making) => {
      place(draft, making, copyOf(value), null)
      return 'constant'
    }
  }
  if (row.ref !== undefined) return required(row, compileReference(row, place, isList, compiling), compiling)
  return required(row, compileFrom(row, path, place, compiling), compiling)
}

function compileDeletion (path: ElementPath): Fill {
  const top = path[0]?.name ?? ''
  return (draft) => {
    draft.deleted.push(top)
    return 'constant'
  }
}

function required (row: Row, fill: Fill, compiling: RowCompiling): Fill {
  if (row.required !== true) return fill
  const place = typeof row.from === 'string' ? row.from : row.from?.[0] ?? row.to
  if (compiling.isItem) return (draft, scope, making) => fill(draft, scope, making) === 'nothing' ? 'missing' : 'value'
  return (draft, scope, making) => {
    const notes = making.notes.length
    const outcome = fill(draft, scope, making)
    if (outcome !== 'nothing') return outcome
    if (making.notes.length > notes) throw new MappingError('MAPPING_VALUE_INVALID', `${place} cannot be read and ${row.to} needs it; have the sender correct it.`, place)
    throw new MappingError('MAPPING_VALUE_MISSING', `${place} is empty and ${row.to} needs it; have the sender fill it or give the site's row another source.`, place)
  }
}

function compileReference (row: Row, place: Place, isList: boolean, compiling: RowCompiling): Fill {
  const aliases = typeof row.ref === 'string' ? [row.ref] : row.ref ?? []
  for (const alias of aliases) if (!compiling.aliases.has(alias)) compiling.fault(`no resource with the alias "${alias}" in this message`)
  if (isList && row.per === undefined && row.with === undefined) {
    return (draft, scope, making) => {
      const found = aliases.flatMap((alias) => referencesWithin(alias, scope.node, making))
      for (const reference of found) place(draft, making, { reference }, null)
      return found.length > 0 ? 'value' : 'nothing'
    }
  }
  return (draft, scope, making) => {
    for (const alias of aliases) {
      const found = instanceIn(alias, scope, making)
      if (found === undefined) continue
      place(draft, making, { reference: found.reference }, null)
      return 'value'
    }
    return 'nothing'
  }
}

function referencesWithin (alias: string, node: GroupNode, making: Making): readonly string[] {
  const inside = (making.instances.get(alias) ?? []).filter((instance) => !instance.isLeftOut && isWithin(instance.scope.node, node))
  return [...new Set(inside.map((instance) => instance.reference))]
}

interface Source {
  readonly path: Hl7Path
  readonly use: Use
}

function compileFrom (row: Row, path: ElementPath, place: Place, compiling: RowCompiling): Fill {
  const name = row.as ?? 'string'
  const converter = compiling.converters.get(name)
  if (converter === undefined) {
    compiling.fault(`no converter "${name}"`)
    return () => 'nothing'
  }
  const sources = sourcesOf(row, converter, compiling)
  const read = converter.reads === 'segments' ? readSegments(sources, converter.convert) : readFields(sources, converter.convert, path.some((step) => step.list === 'append'))
  const top = path[0]?.name ?? ''
  return (draft, scope, making) => {
    if (read(draft, scope, making, place)) return 'value'
    if (row.default !== undefined) {
      place(draft, making, copyOf(row.default), null)
      return 'constant'
    }
    if (sources.some((source) => wasDeleted(source.path, scope))) draft.deleted.push(top)
    return 'nothing'
  }
}

function sourcesOf (row: Row, converter: NamedConverter, compiling: RowCompiling): readonly Source[] {
  const table = row.table === undefined ? null : compiling.codeTables.get(row.table) ?? null
  if (row.table !== undefined && table === null) compiling.fault(`no table "${row.table}"`)
  const texts = typeof row.from === 'string' ? [row.from] : row.from ?? []
  return texts.flatMap((text) => {
    const path = parsePath(text, compiling.columns)
    if (path === null) {
      compiling.fault(`no such path: "${text}"`)
      return []
    }
    if ((path.field === 0) !== (converter.reads !== 'field')) compiling.fault(`converter "${row.as ?? 'string'}" reads a ${converter.reads}, "${text}" is none`)
    compiling.read(path.segment)
    return [{ path, use: { place: text, table, hasDefault: row.default !== undefined } }]
  })
}

type Read = (draft: Draft, scope: Scope, making: Making, place: Place) => boolean

function readFields (sources: readonly Source[], convert: (NamedConverter & { reads: 'field' })['convert'], isList: boolean): Read {
  return (draft, scope, making, place) => {
    for (const { path, use } of sources) {
      const segment = segmentIn(scope, path.segment)
      if (segment === undefined) continue
      let isFilled = false
      for (const repetition of path.field === 0 ? [1] : repetitionsIn(path, scope, segment)) {
        const value = convert(cellOf(path, segment, repetition), making, use)
        if (value === undefined) continue
        place(draft, making, value, use.place)
        isFilled = true
        if (!isList) break
      }
      if (isFilled) return true
    }
    return false
  }
}

function readSegments (sources: readonly Source[], convert: (NamedConverter & { reads: 'segments' })['convert']): Read {
  return (draft, scope, making, place) => {
    for (const { path, use } of sources) {
      const value = convert(within(scope.node, path.segment).map(({ segment }) => cellOf(path, segment, 1)), making, use)
      if (value === undefined) continue
      place(draft, making, value, use.place)
      return true
    }
    return false
  }
}

function wasDeleted (path: Hl7Path, scope: Scope): boolean {
  const segment = path.field === 0 ? undefined : segmentIn(scope, path.segment)
  return segment !== undefined && segment.count(path.field) > 0 && isDeleted(cellOf(path, segment, 1))
}

/** Constants of a table are never handed out themselves: a later row may fill more into them. */
function copyOf (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copyOf(inner)])) : value
}
