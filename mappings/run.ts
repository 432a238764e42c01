import { MappingError } from './mapping-error.ts'
import type { JsonObject } from './element-path.ts'
import type { MappingContext } from './mapping.ts'
import type { Zone } from './time.ts'

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
  run.named.set(name, { resourceType: type, id, ...elements, ...known })
  return `${type}/${id}`
}
