import { MappingError } from './mapping-error.ts'
import type { JsonObject } from './element-path.ts'
import type { MappingContext, UnmappedCode } from './mapping.ts'
import type { Zone } from './time.ts'
import { elementsOf, type Trace } from './trace.ts'

/** A resource that a converter made out of a field: a doctor, a place, an organisation. */
interface NamedResource extends JsonObject {
  readonly resourceType: string
  readonly id: string
}

/** What is gathered while one message is mapped. */
export interface Run {
  readonly context: MappingContext
  readonly zone: Zone
  readonly notes: string[]
  /** By type and key; a later mention fills what an earlier one left out. */
  readonly named: Map<string, NamedResource>
  readonly unmapped: UnmappedCode[]
  /** Null unless origins were asked for. */
  readonly trace: Trace | null
}

/** Where a value comes from, for notes and errors: an HL7 path, never a value. */
export function leaveOut (run: Run, place: string, why: string): undefined {
  const note = `${place}: ${why}; left out`
  if (!run.notes.includes(note)) run.notes.push(note)
  return undefined
}

export function refuse (place: string, why: string): never {
  throw new MappingError('MAPPING_VALUE_INVALID', `${place} ${why}; have the sender correct it or change the site's row.`, place)
}

/** Names a resource by the hospital's own key and answers its reference. Weak: others know more of it. */
export function nameResource (run: Run, type: string, key: string, elements: JsonObject): string {
  const name = `${type}|${key}`
  const known = run.named.get(name)
  const id = known?.id ?? run.context.stableId(run.context.hospitalId, type, key)
  if (run.trace !== null) run.trace.mentions = [...run.trace.mentions, { reference: `${type}/${id}`, elements: elementsOf(elements).filter((element) => known?.[element.replace('[0]', '')] === undefined) }]
  run.named.set(name, { resourceType: type, id, ...elements, ...known })
  return `${type}/${id}`
}

/** Longer than any code of a table; what is longer is a text in the wrong place. */
const longestCode = 64
/** Of one message. */
const mostUnmapped = 100

/** Whether a code may be shown and kept apart from its message: text that could be about a person is not. */
export function isTellable (code: string): boolean {
  return code.length <= longestCode && !/[\u0000-\u001f\u007f-\u009f]/.test(code)
}

/** Collects a code that a table lacks, for an operator to resolve. */
export function lacking (run: Run, { table, code, place }: UnmappedCode): void {
  if (!isTellable(code)) {
    const note = `${place}: table ${table} lacks a code that is longer than ${longestCode} characters or has control characters; not collected`
    if (!run.notes.includes(note)) run.notes.push(note)
    return
  }
  if (run.unmapped.length >= mostUnmapped || run.unmapped.some((known) => known.code === code && known.table === table)) return
  run.unmapped.push({ table, code, place })
}
