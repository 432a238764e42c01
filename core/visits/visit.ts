/** 就诊. One encounter of a patient at a hospital; the FHIR Encounter has the same id. */
export interface Visit {
  readonly id: string
  readonly hospitalId: string
  /** The hospital's visit number (PV1-19); of a visit registered here ours, until the hospital tells its own. */
  readonly visitNumber: string | null
  /** 取号. Ours, where the visit was registered here: of our own record, and of the hospital's that echoes it (PV1-50). */
  readonly placerNumber: string | null
  readonly patientId: string
  readonly class: VisitClass | null
  readonly state: VisitState
  /** Null: nobody has said how it is paid. */
  readonly payMode: PayMode | null
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly department: string | null
  readonly practitionerId: string | null
  /** The hospital keeps this visit under a number and a record of its own: that one goes on, this one only registered it. */
  readonly continuedAs: string | null
}

export type VisitClass = 'outpatient' | 'inpatient' | 'emergency' | 'other'
/** unconfirmed: something named the visit before the HIS registered it. */
export type VisitState = 'unconfirmed' | 'planned' | 'registered' | 'in_progress' | 'closed' | 'cancelled'
/** postpay: 医后付, under a contract. self_pay: at each counter, as ever. PV1-20, or the extension `urn:yiqiao:fhir:pay-mode`. */
export const payModes = ['postpay', 'self_pay'] as const
export type PayMode = typeof payModes[number]
