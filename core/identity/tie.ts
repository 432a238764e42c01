import { personOf } from './person-of.ts'
import type { Patient, PatientLink } from './patient.ts'
import type { PatientStore } from './ports.ts'

/** Everything that active links tie to a patient, directly or over others. */
export async function linksAround ({ patients }: { patients: Pick<PatientStore, 'links'> }, patientId: string): Promise<{ readonly ids: ReadonlySet<string>, readonly links: readonly PatientLink[] }> {
  const ids = new Set([patientId])
  const links = new Map<string, PatientLink>()
  let fresh = [patientId]
  while (fresh.length > 0) {
    const found = await patients.links(fresh)
    for (const link of found) links.set(link.id, link)
    fresh = [...new Set(found.flatMap(({ fromId, toId }) => [fromId, toId]))].filter((id) => !ids.has(id))
    for (const id of fresh) ids.add(id)
  }
  return { ids, links: [...links.values()] }
}

/**
 * Sets anew which record stands for each group that these patients are in. Groups follow from the active links alone,
 * so a chain of merges in any order, and an unmerge in its middle, come out right. A link may point to a patient who
 * is not known yet; his registration ties him.
 */
export async function tie ({ patients }: { patients: Pick<PatientStore, 'find' | 'links' | 'setPerson'> }, patientIds: readonly string[]): Promise<void> {
  const done = new Set<string>()
  for (const patientId of patientIds) {
    if (done.has(patientId)) continue
    const { ids, links } = await linksAround({ patients }, patientId)
    const group: Patient[] = []
    for (const id of ids) {
      done.add(id)
      const patient = await patients.find(id)
      if (patient !== null) group.push(patient)
    }
    const personId = personOf(group, links)
    const moved = group.filter((patient) => patient.personId !== personId).map(({ id }) => id)
    if (personId !== null && moved.length > 0) await patients.setPerson(moved, personId)
  }
}
