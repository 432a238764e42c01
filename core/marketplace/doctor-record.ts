import { ownNumberFrom, placerSystem } from '../identity/index.ts'
import type { RecordChange } from '../records/index.ts'
import type { Doctor } from './doctor.ts'
import type { MarketTools } from './settings.ts'

const anaesthetics = { system: 'http://snomed.info/sct', code: '394577000', display: 'Anesthetics' }

interface SayDoctor {
  readonly doctor: Doctor
  /** Whether the market offers the doctor. */
  readonly isActive: boolean
  readonly by: string
}

/**
 * FHIR Practitioner and PractitionerRole of a doctor of the market. A Practitioner of the hospital's own stays as the
 * hospital says it; the role in the market is ours in any case.
 */
export async function sayDoctor<Stores extends object> (stores: Stores, { stableId, takeIn, connectedIds }: MarketTools<Stores>, { doctor, isActive, by }: SayDoctor, at: Date): Promise<void> {
  const { id, hospitalId, name, title, licenceNumber, specialty, staffNumber, employer } = doctor
  if (hospitalId === null) return
  const isTheirs = staffNumber !== null && connectedIds.includes(hospitalId) && id === stableId(hospitalId, 'Practitioner', staffNumber)
  const changeOf = (resource: RecordChange['resource']): RecordChange => ({ resource, removed: [], weak: false, asOf: at, hospitalId, patientId: null, isOurs: true, source: by, mappingVersion: null })
  const practitioner = changeOf({
    resourceType: 'Practitioner', id, active: isActive, name: [{ text: name }],
    identifier: [{ system: placerSystem, value: ownNumberFrom(id) }], qualification: [{ identifier: [{ value: licenceNumber }], code: { text: title } }]
  })
  const role = changeOf({
    resourceType: 'PractitionerRole', id: stableId(hospitalId, 'PractitionerRole', `market:${id}`), active: isActive, practitioner: { reference: `Practitioner/${id}` },
    ...isTheirs ? {} : { organization: { display: employer } }, code: [{ text: title }], ...specialty === 'anaesthesia' ? { specialty: [{ coding: [anaesthetics], text: '麻醉科' }] } : {}
  })
  await takeIn(stores, isTheirs ? [role] : [practitioner, role], at)
}
