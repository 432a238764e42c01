import type { Choice, ElementPath, JsonObject } from './element-path.ts'
import { isObject } from './element-path.ts'
import type { Origin } from './tables.ts'

/** Which row made an element: positions only, never a value. */
export interface RowOrigin extends Origin {
  /** `Type/id` of the resource. */
  readonly resource: string
  /** e.g. `name[0]`, `period.start`. */
  readonly element: string
  /** The path that filled it, e.g. `PID-5`; null where the row gives a constant, its default or a reference. */
  readonly from: string | null
  /** The row's converter. */
  readonly as: string | null
  /** The row's code table. */
  readonly table: string | null
}

/** An element of a draft, whose resource is told when it is whole. */
export type ToldElement = Omit<RowOrigin, 'resource'>

/** What is gathered of one message where somebody asked for origins; else there is none of it, so that nothing is paid. */
export interface Trace {
  readonly told: RowOrigin[]
  /** Of what converters made out of fields; told at the end, since another table may have made the same. */
  readonly named: RowOrigin[]
  /** What the converter at work named so far. */
  mentions: ReadonlyArray<{ readonly reference: string, readonly elements: readonly string[] }>
  /** The row at work, for a refusal. */
  at: Origin | null
}

export function newTrace (): Trace {
  return { told: [], named: [], mentions: [], at: null }
}

/** Where the path's next value goes: call it before the value is put. */
export function nextPlace (path: ElementPath, into: JsonObject, value: unknown): string {
  let container: unknown = into
  return path.map(({ name, list, choice }) => {
    const here: unknown = isObject(container) ? container[name] : undefined
    if (list === 'none') {
      container = here
      return choice ? name + (value as Choice).choice : name
    }
    const items: readonly unknown[] = Array.isArray(here) ? here : []
    const index = list === 'append' ? items.length : list
    container = items[index]
    return `${name}[${index}]`
  }).join('.')
}

/** The elements of a named resource, lists by their first item. */
export function elementsOf (elements: JsonObject): readonly string[] {
  return Object.entries(elements).map(([name, value]) => Array.isArray(value) ? `${name}[0]` : name)
}

/** Tells a value that a row is about to put, and what its converter named on the way. */
export function tell (told: ToldElement[], trace: Trace, element: string, by: Omit<ToldElement, 'element'>): void {
  told.push({ element, ...by })
  if (trace.mentions.length === 0) return
  for (const { reference, elements } of trace.mentions) for (const named of elements) trace.named.push({ resource: reference, element: named, ...by })
  trace.mentions = []
}
