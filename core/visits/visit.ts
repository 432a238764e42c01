/** 就诊. One encounter of a patient at a hospital; the FHIR Encounter has the same id. */
export interface Visit {
  readonly id: string
  readonly hospitalId: string
  /** The hospital's visit number (PV1-19). */
  readonly visitNumber: string | null
  readonly patientId: string
  readonly class: VisitClass | null
  readonly state: VisitState
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly department: string | null
  readonly practitionerId: string | null
}

export type VisitClass = 'outpatient' | 'inpatient' | 'emergency' | 'other'
/** unconfirmed: something named the visit before the HIS registered it. */
export type VisitState = 'unconfirmed' | 'planned' | 'registered' | 'in_progress' | 'closed' | 'cancelled'
