import { DomainError } from '../errors.ts'
import type { VisitStore } from './ports.ts'
import type { Visit } from './visit.ts'

/**
 * A visit by any id it was known by: one that was registered here and that the hospital goes on with under a record of
 * its own is that one. Whether the caller may see it is for the caller to check: the visit names patient and hospital.
 */
export async function findVisit ({ visits }: { visits: Pick<VisitStore, 'find'> }, id: string): Promise<Visit> {
  const visit = await visits.find(id)
  if (visit === null) throw new DomainError('VISIT_NOT_FOUND', 'No visit has this id; list the patient\'s visits.')
  return visit.continuedAs === null ? visit : await visits.find(visit.continuedAs) ?? visit
}
