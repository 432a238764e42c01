import type { Practitioner } from './directory.ts'
import type { PractitionerStore } from './ports.ts'

/** What one record says of a doctor. A key that is absent says nothing: the department comes from another record. */
export type PractitionerFacts = Pick<Practitioner, 'id' | 'hospitalId'> & Partial<Practitioner>

export async function savePractitioner ({ practitioners }: { practitioners: Pick<PractitionerStore, 'find' | 'save'> }, facts: PractitionerFacts): Promise<void> {
  const stands = await practitioners.find(facts.id)
  const practitioner: Practitioner = { name: null, department: null, active: true, ...stands, ...facts }
  if (stands === null || !isSame(stands, practitioner)) await practitioners.save(practitioner)
}

function isSame (one: Practitioner, other: Practitioner): boolean {
  return one.name === other.name && one.department === other.department && one.active === other.active && one.hospitalId === other.hospitalId
}
