import { nearest, type GroupNode } from './groups.ts'
import { filled, repetitionsOf, type Cell, type Hl7Path } from './path.ts'
import type { Run } from './run.ts'
import type { SegmentSource } from './source.ts'

/** Where a row stands while it is read: the segment (and repetition) its resource or item is made for, and its group. */
export interface Scope {
  readonly node: GroupNode
  readonly segment: SegmentSource | null
  /** With `repetition`, where the item is one repetition of a field; else 0. */
  readonly field: number
  readonly repetition: number
  readonly outer: Scope | null
}

/** A resource that the message makes; known before any is filled, so that references may go both ways. */
export interface Instance {
  readonly alias: string
  readonly scope: Scope
  readonly key: string
  readonly id: string
  readonly reference: string
  /** An optional one that lacks a required element is left out, and so are references to it. */
  isLeftOut: boolean
}

/** What rows need beside their source. */
export interface Making extends Run {
  readonly instances: ReadonlyMap<string, readonly Instance[]>
}

export function segmentIn (scope: Scope, name: string): SegmentSource | undefined {
  for (let each: Scope | null = scope; each !== null; each = each.outer) if (each.segment?.name === name) return each.segment
  return nearest(scope.node, name)
}

/** The repetition that the scope stands on, where the path means its field; else null. */
function pinned (path: Hl7Path, scope: Scope): number | null {
  for (let each: Scope | null = scope; each !== null; each = each.outer) {
    if (each.segment?.name === path.segment) return each.field !== 0 && each.field === path.field ? each.repetition : null
  }
  return null
}

export function repetitionsIn (path: Hl7Path, scope: Scope, segment: SegmentSource): readonly number[] {
  const only = pinned(path, scope)
  return only === null ? repetitionsOf(path, segment) : [only]
}

export function cellOf (path: Hl7Path, segment: SegmentSource, repetition: number): Cell {
  return { segment, field: path.field, repetition, component: path.component, subcomponent: path.subcomponent }
}

/** The first filled text of a path; `PRESENT` for a whole segment that is there. */
export function textIn (path: Hl7Path, scope: Scope): string | undefined {
  const segment = segmentIn(scope, path.segment)
  if (segment === undefined) return undefined
  if (path.field === 0) return 'PRESENT'
  if (path.where === null && scope.field === 0) return filled(segment.value(path.field, 1, path.component || 1, path.subcomponent || 1))
  for (const repetition of repetitionsIn(path, scope, segment)) {
    const text = filled(segment.value(path.field, repetition, path.component || 1, path.subcomponent || 1))
    if (text !== undefined) return text
  }
  return undefined
}

/** The instance a row's `ref` means: made for the same segment, else the nearest in the groups around it. */
export function instanceIn (alias: string, scope: Scope, making: Making): Instance | undefined {
  const instances = making.instances.get(alias)
  if (instances === undefined) return undefined
  for (let each: Scope | null = scope; each !== null; each = each.outer) {
    const { segment } = each
    const same = segment === null ? undefined : instances.find((instance) => instance.scope.segment === segment && !instance.isLeftOut)
    if (same !== undefined) return same
  }
  for (let node: GroupNode | null = scope.node; node !== null; node = node.parent) {
    const near = instances.find((instance) => instance.scope.node === node && !instance.isLeftOut)
    if (near !== undefined) return near
  }
  return undefined
}
