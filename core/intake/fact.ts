import type { AppointmentFacts, ScheduleFacts, SlotFacts } from '../appointments/index.ts'
import type { Calendar } from '../clock.ts'
import type { RequestAnswerFacts } from '../consultations/index.ts'
import type { PractitionerFacts } from '../directory/index.ts'
import type { FaceConsent } from '../faces/index.ts'
import type { Patient } from '../identity/index.ts'
import type { Charge } from '../ledger/index.ts'
import type { AnaesthesiaFacts } from '../marketplace/index.ts'
import type { Resource } from '../records/index.ts'
import type { Visit, VisitStepFacts } from '../visits/index.ts'
import type { ExaminationFacts } from '../vouchers/index.ts'

/** What a Consent record says of its patient's face. */
export interface FaceConsentFacts {
  readonly id: string
  readonly hospitalId: string
  readonly patientId: string
  readonly state: FaceConsent['state']
  /** It says what is not allowed. */
  readonly denies: boolean
  /** Null: the record does not tell when; then when its state was said. */
  readonly at: Date | null
  /** `Type/id` of who gave it. */
  readonly givenBy: string | null
}

/** What the contexts need of a stored record: a pure projection, read by a table in mappings. */
export type Fact =
  | {
    readonly kind: 'patient'
    readonly patient: Omit<Patient, 'personId' | 'sequence'>
    /** Ids of the patients in `Patient.link` of type replaced-by; usually none, after ADT^A40 one. */
    readonly replacedBy: readonly string[]
  }
  | { readonly kind: 'visit', readonly visit: Visit }
  | { readonly kind: 'step', readonly step: VisitStepFacts }
  | { readonly kind: 'charge', readonly charge: Omit<Charge, 'state' | 'receivedAt'> }
  | { readonly kind: 'practitioner', readonly practitioner: PractitionerFacts }
  | { readonly kind: 'schedule', readonly schedule: ScheduleFacts }
  | { readonly kind: 'slot', readonly slot: SlotFacts }
  | { readonly kind: 'appointment', readonly appointment: AppointmentFacts }
  | { readonly kind: 'examination', readonly examination: ExaminationFacts }
  | { readonly kind: 'request_answer', readonly request_answer: RequestAnswerFacts }
  | { readonly kind: 'anaesthesia', readonly anaesthesia: AnaesthesiaFacts }
  | { readonly kind: 'face_consent', readonly face_consent: FaceConsentFacts }

export type FactsOf = (resource: Resource, context: { readonly hospitalId: string, readonly calendar: Calendar }) => readonly Fact[]
