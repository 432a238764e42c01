import type { RecordVersion, Resource } from './record.ts'
import { slotsOf } from './slots.ts'

/**
 * What a whole new resource takes away from the one that stands: the slots it lacks. Tags stay, as FHIR R4 §3.1.0.5
 * wants it, and so do the links of a Patient, which are ended by undoing the merge (decision 0003).
 */
export function slotsTakenAway (standing: RecordVersion, resource: Resource): readonly string[] {
  const said = slotsOf(resource)
  return [...slotsOf(standing.resource).keys()].filter((name) => !said.has(name) && name !== 'meta' && !name.startsWith('link:'))
}

/** Who replaces a record has seen it, so the time is after everything that it says: a sender's clock may be ahead of ours. */
export function afterAllSaid ({ elementTimes }: RecordVersion, at: Date): Date {
  return new Date(Math.max(at.getTime(), ...Object.values(elementTimes).map((timeMs) => timeMs + 1)))
}
