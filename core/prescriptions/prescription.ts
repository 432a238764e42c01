import { DomainError } from '../errors.ts'
import { fen, sumFen, type Fen } from '../money.ts'
import type { Diagnosis } from './consult-record.ts'
import type { Signature } from './signature.ts'

export const prescriptionStates = ['draft', 'signed', 'pharmacist_approved', 'rejected', 'dispensed', 'expired', 'void'] as const
export type PrescriptionState = typeof prescriptionStates[number]

export interface PrescriptionItem {
  /** 1, 2, 3 … within its prescription. */
  readonly number: number
  readonly code: string
  readonly name: string
  /** 规格, e.g. 0.25 g × 24. */
  readonly form: string
  readonly dose: { readonly value: number, readonly unit: string }
  readonly route: string
  /** HL7 GTSAbbreviation: QD, BID, TID, QID, Q8H, PRN … */
  readonly frequency: string
  readonly days: number
  /** Packs of `form` that are dispensed. */
  readonly quantity: number
  readonly unit: string
  /** Of one pack. */
  readonly priceFen: Fen
}

export interface PharmacistReview {
  readonly isApproved: boolean
  readonly reason: string | null
  readonly signature: Signature
}

/**
 * 处方. draft → signed (doctor) → pharmacist_approved | rejected → dispensed | expired | void (telemedicine §1.4). What
 * is signed never changes; a rejected one is written anew.
 */
export interface Prescription {
  readonly id: string
  readonly number: string
  readonly consultationId: string
  readonly hospitalId: string
  readonly patientId: string
  readonly doctorId: string
  /** The signed record that it rests on. */
  readonly recordId: string
  readonly recordVersion: number
  readonly diagnoses: readonly Diagnosis[]
  readonly items: readonly PrescriptionItem[]
  readonly isGuardianPresent: boolean
  readonly state: PrescriptionState
  readonly draftedAt: Date
  readonly signature: Signature | null
  /** Drugs may be ordered until then. */
  readonly validUntil: Date | null
  readonly review: PharmacistReview | null
  readonly endedAt: Date | null
  /** Why it is void. */
  readonly reason: string | null
}

export const itemFen = ({ priceFen, quantity }: Pick<PrescriptionItem, 'priceFen' | 'quantity'>): Fen => fen(priceFen * quantity)
export const itemsFen = (items: readonly PrescriptionItem[]): Fen => sumFen(items.map(itemFen))

/** What the doctor's signature covers. */
export const prescriptionToSign = ({ id, number, consultationId, hospitalId, patientId, doctorId, recordId, recordVersion, diagnoses, items, isGuardianPresent }: Prescription): object =>
  ({ kind: 'prescription', id, number, consultationId, hospitalId, patientId, doctorId, recordId, recordVersion, diagnoses, items, isGuardianPresent })

/** What the pharmacist's covers: the doctor's signature, so the very text, and the verdict. */
export const reviewToSign = ({ id, signature }: Prescription, { isApproved, reason }: Pick<PharmacistReview, 'isApproved' | 'reason'>): object =>
  ({ kind: 'prescription-review', id, prescriptionSignature: signature?.value ?? null, isApproved, reason })

export type PrescriptionEvent =
  | { readonly kind: 'sign', readonly signature: Signature, readonly validUntil: Date }
  | { readonly kind: 'review', readonly review: PharmacistReview }
  | { readonly kind: 'dispense' }
  | { readonly kind: 'expire' }
  | { readonly kind: 'void', readonly reason: string }

const moves: Readonly<Record<PrescriptionState, ReadonlyArray<PrescriptionEvent['kind']>>> = {
  draft: ['sign', 'void'], signed: ['review', 'expire', 'void'], pharmacist_approved: ['dispense', 'expire', 'void'], rejected: [], dispensed: [], expired: [], void: []
}

/** Refuses with PRESCRIPTION_STATE_REFUSED and changes nothing where the state does not know the event. */
export function decidePrescription (prescription: Prescription, event: PrescriptionEvent, at: Date): Prescription {
  if (!moves[prescription.state].includes(event.kind)) throw stateRefused(prescription.state)
  switch (event.kind) {
    case 'sign': return { ...prescription, state: 'signed', signature: event.signature, validUntil: event.validUntil }
    case 'review': return reviewed(prescription, event.review, at)
    case 'dispense': return { ...prescription, state: 'dispensed', endedAt: at }
    case 'expire': return { ...prescription, state: 'expired', endedAt: at }
    case 'void': return { ...prescription, state: 'void', endedAt: at, reason: event.reason }
  }
}

function reviewed (prescription: Prescription, review: PharmacistReview, at: Date): Prescription {
  if (isOver(prescription, at)) throw expired()
  // 处方管理办法: whoever prescribes does not review.
  if (review.signature.by === prescription.doctorId) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Whoever has written the prescription does not review it. Ask a pharmacist.')
  return { ...prescription, state: review.isApproved ? 'pharmacist_approved' : 'rejected', review, ...review.isApproved ? {} : { endedAt: at } }
}

const isOver = ({ validUntil }: Pick<Prescription, 'validUntil'>, at: Date): boolean => validUntil !== null && validUntil <= at

const stateRefused = (state: PrescriptionState): DomainError => new DomainError('PRESCRIPTION_STATE_REFUSED', `The prescription is ${state}, which does not allow this. Read it again.`)
const expired = (): DomainError => new DomainError('PRESCRIPTION_EXPIRED', 'The prescription is not valid any more. The doctor has to write a new one.')

/** 凭处方购药. Drugs are only ordered on a prescription that is signed, reviewed and still valid (acceptance §8.11). */
export function refuseUnlessOrderable (prescription: Prescription, at: Date): void {
  const { state } = prescription
  if (state === 'draft') throw new DomainError('PRESCRIPTION_NOT_SIGNED', 'The doctor has not signed this prescription yet.')
  if (state === 'signed' && !isOver(prescription, at)) throw new DomainError('PRESCRIPTION_NOT_REVIEWED', 'A pharmacist has not reviewed this prescription yet.')
  if (state === 'rejected') throw new DomainError('PRESCRIPTION_REJECTED', 'The pharmacist has rejected this prescription. The doctor has to write a new one.')
  if (state === 'expired' || ((state === 'signed' || state === 'pharmacist_approved') && isOver(prescription, at))) throw expired()
  if (state !== 'pharmacist_approved') throw stateRefused(state)
}
