import type { Fen } from '../money.ts'

/** consultation 问诊, inquiry 咨询: the same order. */
export const consultationKinds = ['consultation', 'inquiry'] as const
export type ConsultationKind = typeof consultationKinds[number]

/** What it begins with; a weaker one may always be used (T11). */
export const consultationModes = ['text', 'voice', 'video'] as const
export type ConsultationMode = typeof consultationModes[number]

/** Who says yes: the hospital's own system, or the doctor in the app. Set per hospital and channel. */
export type AcceptedBy = 'his' | 'doctor'
export const consultationChannels = ['app', 'terminal', 'desk'] as const
export type ConsultationChannel = typeof consultationChannels[number]

export const consultationStates = ['created', 'paid', 'assigned', 'in_progress', 'refund_review', 'finished', 'settled', 'refunded', 'cancelled'] as const
export type ConsultationState = typeof consultationStates[number]

/** Why it ended without having been done. */
export const endReasons = ['cancelled', 'unpaid', 'no_doctor', 'declined', 'not_accepted', 'hospital_refused', 'hospital_silent', 'refund_approved'] as const
export type EndReason = typeof endReasons[number]

/** What the hospital's own system has said last, where it is asked (RF1-1, FHIR Task). */
export type HospitalAnswer = 'accepted' | 'refused' | 'pending' | 'expired'

/** What happens by itself at `dueAt`. */
export type DueFor = 'pay' | 'find_doctor' | 'accept' | 'finish' | 'settle'

/** 问诊单. Seed 000; telemedicine document §1.4. A price of 0 skips payment and settlement. */
export interface Consultation {
  readonly id: string
  /** CR-20270301-0001: the placer number at the hospital, too. */
  readonly number: string
  readonly hospitalId: string
  readonly patientId: string
  readonly kind: ConsultationKind
  readonly mode: ConsultationMode
  readonly channel: ConsultationChannel
  readonly acceptedBy: AcceptedBy
  /** The terminal or account that asked. */
  readonly by: string
  /** The person's own words; never in notices or logs. */
  readonly complaint: string
  /** Null: whoever is on duty. */
  readonly namedDoctorId: string | null
  readonly doctorId: string | null
  /** Fixed when it is made, but for a switch to a cheaper doctor, whose difference goes back at once. */
  readonly priceFen: Fen
  readonly feePermille: number
  readonly state: ConsultationState
  /** Of one in refund_review: where a refusal leads back to. */
  readonly reviewedFrom: ConsultationState | null
  /** Doctors who declined or did not answer. */
  readonly declinedBy: readonly string[]
  /** Of one that a hospital's system decides on. */
  readonly hospitalAnswer: HospitalAnswer | null
  readonly endReason: EndReason | null
  readonly createdAt: Date
  readonly paidAt: Date | null
  readonly assignedAt: Date | null
  readonly acceptedAt: Date | null
  /** The last message of either side in the dialogue. */
  readonly repliedAt: Date | null
  readonly urgedAt: Date | null
  readonly finishedAt: Date | null
  readonly endedAt: Date | null
  readonly dueAt: Date | null
  readonly dueFor: DueFor | null
  /** Grows with every change. */
  readonly version: number
}

/** What is asked for and paid: the same words in prices and fees. */
export interface Product {
  readonly kind: ConsultationKind
  readonly mode: ConsultationMode
}

const ended: readonly ConsultationState[] = ['settled', 'refunded', 'cancelled']

export const isEnded = ({ state }: Pick<Consultation, 'state'>): boolean => ended.includes(state)

/** Whether the doctor has it before them: it counts as work that is open. */
export const isWithDoctor = ({ state }: Pick<Consultation, 'state'>): boolean => state === 'assigned' || state === 'in_progress'

/** Whether the patient wanted this very doctor. */
export const isNamed = ({ namedDoctorId, doctorId }: Pick<Consultation, 'namedDoctorId' | 'doctorId'>): boolean => doctorId !== null && namedDoctorId === doctorId
