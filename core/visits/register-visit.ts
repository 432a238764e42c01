import { DomainError } from '../errors.ts'
import { ownNumberFrom, placerSystem } from '../identity/index.ts'
import type { StableId } from '../ids.ts'
import type { RecordChange } from '../records/index.ts'
import type { PayMode } from './visit.ts'

/** Whether new visits of a person may be paid after care, and why not (context pay-after-care). */
export interface PayAfterCareAnswer {
  /** `none` or a state of the contract. */
  readonly state: string
  readonly mayPayAfterCare: boolean
  readonly reasons: readonly string[]
}

export interface RegisterVisit {
  readonly patientId: string
  readonly hospitalId: string
  readonly department: string
  readonly practitionerId: string | null
  readonly payMode: PayMode
  readonly isEmergency: boolean
  /** Who did it. */
  readonly by: string
}

interface RegisterDeps {
  readonly takeIn: (changes: readonly RecordChange[]) => Promise<unknown>
  readonly stableId: StableId
  /** In UUID form. */
  readonly nextId: () => string
}

/**
 * 挂号. A visit of ours, which goes out to the hospital (ADT^A04, Encounter) under our number. Emergencies are never
 * refused (finding 3 of the domain document). Refuses with CONTRACT_NOT_IN_FORCE.
 */
export async function registerVisit ({ takeIn, stableId, nextId }: RegisterDeps, command: RegisterVisit, { answer, at }: { readonly answer: PayAfterCareAnswer, readonly at: Date }): Promise<{ readonly visitId: string }> {
  refuseUnlessMayPayAfterCare(command, answer)
  const number = ownNumberFrom(nextId())
  // A HIS that takes our number for its own names the same record by it.
  const visitId = stableId(command.hospitalId, 'Encounter', number)
  await takeIn([encounterOf(command, { visitId, number, at })])
  return { visitId }
}

function refuseUnlessMayPayAfterCare ({ payMode, isEmergency }: RegisterVisit, { mayPayAfterCare, reasons }: PayAfterCareAnswer): void {
  if (payMode !== 'postpay' || isEmergency || mayPayAfterCare) return
  throw new DomainError('CONTRACT_NOT_IN_FORCE', `This visit cannot be paid after care (${reasons.join(', ')}). Register it with payMode self_pay and pay at each counter, or mend the reason first.`, 'payMode')
}

const kinds = 'http://terminology.hl7.org/CodeSystem/v2-0203'
const classes = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode' } as const
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'

function encounterOf (command: RegisterVisit, { visitId, number, at }: { readonly visitId: string, readonly number: string, readonly at: Date }): RecordChange {
  const { patientId, practitionerId } = command
  return {
    resource: {
      resourceType: 'Encounter',
      id: visitId,
      extension: [{ url: 'urn:yiqiao:fhir:pay-mode', valueCode: command.payMode }],
      identifier: [{ type: { coding: [{ system: kinds, code: 'VN' }] }, system: placerSystem, value: number, assigner: { display: 'YIQIAO' } }],
      status: 'planned',
      class: command.isEmergency ? { ...classes, code: 'EMER', display: 'emergency' } : { ...classes, code: 'AMB', display: 'ambulatory' },
      subject: { reference: `Patient/${patientId}` },
      serviceType: { text: command.department },
      ...practitionerId === null ? {} : { participant: [{ type: [{ coding: [{ system: participation, code: 'ATND', display: 'attender' }] }], individual: { reference: `Practitioner/${practitionerId}` } }] },
      period: { start: at.toISOString() }
    },
    removed: [],
    weak: false,
    asOf: at,
    hospitalId: command.hospitalId,
    patientId,
    isOurs: true,
    source: command.by,
    mappingVersion: null
  }
}
