import { DomainError } from '../errors.ts'
import type { Fen } from '../money.ts'
import type { Consultation, ConsultationState, EndReason } from './consultation.ts'
import { minutesAfter } from './settings.ts'

export type ConsultationEvent =
  /** The money has arrived, or there is none to pay. */
  | { readonly kind: 'pay' }
  | { readonly kind: 'pay_timeout' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'no_doctor' }
  | { readonly kind: 'assign', readonly doctorId: string }
  | { readonly kind: 'accept' }
  /** It goes to another doctor. */
  | { readonly kind: 'decline_reassign' }
  /** Nobody else is asked. */
  | { readonly kind: 'decline', readonly because: Extract<EndReason, 'declined' | 'hospital_refused'> }
  | { readonly kind: 'accept_timeout', readonly because: Extract<EndReason, 'not_accepted' | 'hospital_silent'> }
  | { readonly kind: 'urge', readonly everyMinutes: number }
  | { readonly kind: 'switch_doctor', readonly doctorId: string, readonly priceFen: Fen, readonly allowsEqual: boolean }
  | { readonly kind: 'request_refund' }
  | { readonly kind: 'approve' }
  | { readonly kind: 'reject' }
  | { readonly kind: 'finish' }
  | { readonly kind: 'settle' }
export type ConsultationEventKind = ConsultationEvent['kind']

type Of<Kind extends ConsultationEventKind> = Extract<ConsultationEvent, { readonly kind: Kind }>
type Rule<Kind extends ConsultationEventKind> = (consultation: Consultation, event: Of<Kind>, at: Date) => Partial<Consultation>
type Rules = { readonly [Kind in ConsultationEventKind]: { readonly from: readonly ConsultationState[], readonly to: Rule<Kind> } }

const ending = (state: 'refunded' | 'cancelled', endReason: EndReason, at: Date): Partial<Consultation> => ({ state, endReason, endedAt: at })

/** The whole table of telemedicine document §1.4; what is not here is refused. The money follows from what changed (moneyOf). */
const rules: Rules = {
  pay: { from: ['created'], to: (_, __, at) => ({ state: 'paid', paidAt: at }) },
  pay_timeout: { from: ['created'], to: (_, __, at) => ending('cancelled', 'unpaid', at) },
  cancel: { from: ['created', 'paid'], to: ({ state }, _, at) => ending(state === 'created' ? 'cancelled' : 'refunded', 'cancelled', at) },
  no_doctor: { from: ['paid'], to: (_, __, at) => ending('refunded', 'no_doctor', at) },
  assign: { from: ['paid'], to: (_, { doctorId }, at) => ({ state: 'assigned', doctorId, assignedAt: at, hospitalAnswer: null }) },
  accept: { from: ['assigned'], to: (_, __, at) => ({ state: 'in_progress', acceptedAt: at, repliedAt: null }) },
  decline_reassign: {
    from: ['assigned'],
    to: ({ doctorId, declinedBy }) => ({ state: 'paid', doctorId: null, namedDoctorId: null, assignedAt: null, hospitalAnswer: null, declinedBy: doctorId === null ? declinedBy : [...declinedBy, doctorId] })
  },
  decline: { from: ['assigned'], to: (_, { because }, at) => ending('refunded', because, at) },
  accept_timeout: { from: ['assigned'], to: (_, { because }, at) => ending('refunded', because, at) },
  urge: { from: ['assigned', 'in_progress'], to: urged },
  switch_doctor: { from: ['assigned', 'in_progress'], to: switched },
  request_refund: { from: ['assigned', 'in_progress', 'finished'], to: ({ state }) => ({ state: 'refund_review', reviewedFrom: state }) },
  approve: { from: ['refund_review'], to: (_, __, at) => ({ ...ending('refunded', 'refund_approved', at), reviewedFrom: null }) },
  reject: { from: ['refund_review'], to: ({ reviewedFrom }) => ({ state: reviewedFrom ?? 'finished', reviewedFrom: null }) },
  finish: { from: ['in_progress'], to: (_, __, at) => ({ state: 'finished', finishedAt: at }) },
  settle: { from: ['finished'], to: (_, __, at) => ({ state: 'settled', endedAt: at }) }
}

/** The consultation after an event. Refuses with CONSULTATION_STATE_REFUSED, _URGED_LATELY, _DOCTOR_DEARER or _DOCTOR_SAME. */
export function decideConsultation (consultation: Consultation, event: ConsultationEvent, at: Date): Consultation {
  const { from, to } = rules[event.kind] as { readonly from: readonly ConsultationState[], readonly to: (consultation: Consultation, event: ConsultationEvent, at: Date) => Partial<Consultation> }
  if (!from.includes(consultation.state)) throw refused(consultation, event.kind)
  return { ...consultation, ...to(consultation, event, at) }
}

/** Whether the event is one that its state knows: for timers and answers, which only tell what is so. */
export function mayHappen (consultation: Pick<Consultation, 'state'>, kind: ConsultationEventKind): boolean {
  return rules[kind].from.includes(consultation.state)
}

const refused = ({ state }: Consultation, kind: ConsultationEventKind): DomainError =>
  new DomainError('CONSULTATION_STATE_REFUSED', `A consultation that is ${state} knows no ${kind}. Read it again; its state says what may be done.`)

function urged ({ urgedAt }: Consultation, { everyMinutes }: Of<'urge'>, at: Date): Partial<Consultation> {
  if (urgedAt !== null && at < minutesAfter(urgedAt, everyMinutes)) throw new DomainError('CONSULTATION_URGED_LATELY', `The doctor was reminded a moment ago. Urge again after ${everyMinutes} minutes.`)
  return { urgedAt: at }
}

/** 换医生 (seed 000 claim 5, D1): never a dearer one. The patient chose, so it is a named doctor from then on. */
function switched ({ doctorId, priceFen }: Consultation, wanted: Of<'switch_doctor'>, at: Date): Partial<Consultation> {
  if (wanted.doctorId === doctorId) throw new DomainError('CONSULTATION_DOCTOR_SAME', 'This doctor has the order already. Choose another one of the candidates.', 'doctorId')
  if (!maySwitchTo(wanted.priceFen, priceFen, wanted)) throw new DomainError('CONSULTATION_DOCTOR_DEARER', 'This doctor costs too much for this order. Choose one of the candidates, or make a new order.', 'doctorId')
  return { state: 'assigned', doctorId: wanted.doctorId, namedDoctorId: wanted.doctorId, priceFen: wanted.priceFen, assignedAt: at, acceptedAt: null, repliedAt: null, hospitalAnswer: null }
}

export const maySwitchTo = (feeFen: number, priceFen: number, { allowsEqual }: { readonly allowsEqual: boolean }): boolean => feeFen < priceFen || (allowsEqual && feeFen === priceFen)
