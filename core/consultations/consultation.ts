import type { Fen } from '../money.ts'

/** 问诊 with a doctor and a clinical record; 咨询 a question without diagnosis. Both have the same order (seed 000 C2). */
export const consultationKinds = ['consultation', 'inquiry'] as const
export type ConsultationKind = typeof consultationKinds[number]

/** What the patient asked for; text is always there beside it, so that a weak network ends nothing (T11). */
export const consultationModes = ['text', 'voice', 'video'] as const
export type ConsultationMode = typeof consultationModes[number]

/**
 * telemedicine.md §1.4. created: not paid yet (an order of price 0 is paid at once). paid: waits for a doctor. assigned: waits for
 * acceptance. in_progress: they talk. refund_review: a person decides; nothing is settled meanwhile. Terminal: settled, refunded, cancelled.
 */
export const consultationStates = ['created', 'paid', 'assigned', 'in_progress', 'refund_review', 'finished', 'settled', 'refunded', 'cancelled'] as const
export type ConsultationState = typeof consultationStates[number]

/** Where it was asked for, which sets who accepts: `his` by default for the terminal, `doctor` for apps. */
export type ConsultationChannel = 'app' | 'terminal' | 'desk'
export type AcceptedBy = 'his' | 'doctor'

/**
 * 问诊单. What was asked of whom at which fixed price, and how far it is. What the patient wrote of their complaint stands in the
 * FHIR ServiceRequest of `requestId`, not here. Every change is an event (consultation_events); times are business time.
 */
export interface Consultation {
  readonly id: string
  /** CR-20270301-0001: for people and for the HIS (RF1-6, ServiceRequest.identifier). */
  readonly number: string
  readonly hospitalId: string
  readonly patientId: string
  readonly kind: ConsultationKind
  readonly mode: ConsultationMode
  readonly channel: ConsultationChannel
  readonly acceptedBy: AcceptedBy
  /** ServiceRequest/<id> of our records. */
  readonly requestId: string
  /** Whom the patient named; null: whoever is on duty. */
  readonly namedDoctorId: string | null
  /** Practitioner id of whoever has it now. */
  readonly doctorId: string | null
  /** Fixed at creation; reassignment never raises it. */
  readonly priceFen: Fen
  /** Of the price, already back with the patient (a cheaper doctor took over). */
  readonly returnedFen: Fen
  /** Platform fee in 1/1000 of what is settled, as it was at creation. */
  readonly feePermille: number
  readonly state: ConsultationState
  /** Of a refund review: the state it goes back to when it is rejected. */
  readonly reviewedFrom: Exclude<ConsultationState, 'refund_review'> | null
  readonly paymentOrderId: string | null
  readonly createdAt: Date
  readonly paidAt: Date | null
  readonly assignedAt: Date | null
  readonly acceptedAt: Date | null
  readonly finishedAt: Date | null
  readonly endedAt: Date | null
  /** The next instant at which a timer acts on it, and which: null where none runs. */
  readonly dueAt: Date | null
  readonly dueFor: ConsultationTimer | null
  /** Grows with every change: who saves an older one is refused. */
  readonly version: number
}

export const consultationTimers = ['pay', 'find_doctor', 'accept', 'finish', 'settle'] as const
export type ConsultationTimer = typeof consultationTimers[number]

/** What happened, append-only; the state follows from them. */
export interface ConsultationEvent {
  readonly id: string
  readonly consultationId: string
  readonly kind: ConsultationEventKind
  /** `patient`, `doctor:<id>`, `support:<token>`, `his`, `timer`, … */
  readonly by: string
  readonly at: Date
  /** Codes only, no personal data. */
  readonly detail: Readonly<Record<string, string | number | null>>
}

export const consultationEventKinds = ['created', 'paid', 'cancelled', 'pay_timed_out', 'assigned', 'no_doctor', 'accepted', 'declined', 'declined_to_reassign', 'accept_timed_out', 'urged', 'doctor_switched',
  'refund_requested', 'refund_approved', 'refund_rejected', 'finished', 'settled'] as const
export type ConsultationEventKind = typeof consultationEventKinds[number]
