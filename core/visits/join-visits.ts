import type { StableId } from '../ids.ts'
import type { RecordChange } from '../records/index.ts'
import type { VisitStore } from './ports.ts'
import type { Visit } from './visit.ts'

interface JoinDeps {
  readonly visits: Pick<VisitStore, 'find'>
  readonly stableId: StableId
}

/**
 * What follows where a hospital echoes the number that we registered a visit under: its own record goes on, ours points
 * to it, and what only we know (how it is paid) is said of it too. A link, as with patients (decision 0003): nothing is
 * rewritten, and charges that name the hospital's number may come before the echo or after it.
 */
export async function joinedVisits ({ visits, stableId }: JoinDeps, told: readonly Visit[], { source, at }: { readonly source: string, readonly at: Date }): Promise<readonly RecordChange[]> {
  const changes: RecordChange[] = []
  for (const visit of told) {
    if (visit.placerNumber === null) continue
    const registeredId = stableId(visit.hospitalId, 'Encounter', visit.placerNumber)
    const registered = registeredId === visit.id ? null : await visits.find(registeredId)
    if (registered === null || registered.continuedAs === visit.id) continue
    const said = (of: Visit, extension: object, weak: boolean): RecordChange => ({
      resource: { resourceType: 'Encounter', id: of.id, extension: [extension] }, removed: [], weak, asOf: at, hospitalId: of.hospitalId, patientId: of.patientId, source, mappingVersion: null
    })
    changes.push(said(registered, { url: 'urn:yiqiao:fhir:visit-continued-as', valueReference: { reference: `Encounter/${visit.id}` } }, false))
    if (registered.payMode !== null) changes.push(said(visit, { url: 'urn:yiqiao:fhir:pay-mode', valueCode: registered.payMode }, true))
  }
  return changes
}
