import { admitConsultation, afterSalesRoutes, consultationDoctorRoutes, consultationRoutes, doctorFeeRoutes, payRoute, placeOfConsultation, readingIn, threadByParties } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import {
  acceptConsultation, alertLateReviews, askAfterSales, assignConsultation, cancelConsultation, carryDueConsultations, consultationPaymentPurpose, declineConsultation, finishConsultation, isOnlineNow, makeConsultation, nextConsultationDue,
  nextLateReview, readRouting, setFees, settleAfterSales, switchCandidates, type ConsultationTools
} from '../../core/consultations/index.ts'
import { DomainError } from '../../core/errors.ts'
import { createPayment } from '../../core/payments/index.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { consultationTools } from './consultation-tools.ts'
import { threadsFor } from './dialogue.ts'
import { paymentTools } from './payment-tools.ts'
import { tiedPatientIds } from './tied-patient-ids.ts'
import { doctorChooser } from './vitals.ts'

/** 在线问诊: orders, assignment, after-sales, fees and presence of doctors, and their timers. */
export function composeConsultations (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, clock, notifyOutbox } = deps
  const tools = consultationTools(deps)
  const lookAfter = { inTransaction, inReading, tools }
  const telling = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work
    notifyOutbox()
    return result
  }
  return {
    ...plainArea,
    timers: [
      { name: 'consultations', nextDue: nextConsultationDue, run: (dueAt) => telling(carryDueConsultations(lookAfter, dueAt)) },
      { name: 'refund-reviews', nextDue: nextLateReview, run: (dueAt) => telling(alertLateReviews(lookAfter, dueAt)) }
    ],
    routes: [
      ...orderRoutes(deps, { tools, telling }),
      ...payingAndTalking(deps, telling),
      doctorFeeRoutes({
        inReading, writeInstant: deps.writeInstant,
        setFees: (command) => inTransaction((stores) => setFees(stores, command, clock.now())),
        tellPresence: async ({ doctorId, isOnline }) => {
          const presence = { doctorId, isOnline, seenAt: clock.now() }
          await inTransaction(({ presences }) => presences.save(presence))
          return presence
        },
        isOnline: (presence) => isOnlineNow(presence, tools.settings, clock.now())
      })
    ]
  }
}

type Telling = <Result>(work: Promise<Result>) => Promise<Result>

function orderRoutes (deps: AreaDeps, { tools, telling }: { readonly tools: ConsultationTools<Stores>, readonly telling: Telling }): Area['routes'] {
  const { store: { inTransaction, inReading }, clock, writeInstant, stableId } = deps
  const making = <Command, Made>(work: (stores: Stores, tools: ConsultationTools<Stores>, command: Command, at: Date) => Promise<Made>) => (command: Command): Promise<Made> =>
    telling(inTransaction((stores) => work(stores, tools, command, clock.now())))
  const reading = { inReading, now: clock.now, writeInstant }
  const choose = doctorChooser(deps)
  return [
    consultationRoutes<Stores>({
      ...reading,
      make: making(makeConsultation),
      cancel: making(cancelConsultation),
      chooseFromVisits: async (asked) => {
        const chosen = await choose(asked)
        if (chosen.kind === 'chosen') return chosen.candidate.practitionerId
        throw new DomainError('DOCTOR_NOT_CHOSEN', 'No doctor of the visit records is chosen today. Read the advice, name a doctor of the recommendation, or leave it open for whoever is on duty.', 'choose', [chosen.kind === 'none' ? chosen.because : chosen.kind])
      },
      routingOf: (stores, order) => readRouting(stores, stableId, order)
    }),
    consultationDoctorRoutes({ ...reading, accept: making(acceptConsultation), decline: making(declineConsultation), finish: making(finishConsultation), assign: making(assignConsultation) }),
    afterSalesRoutes<Stores>({ ...reading, ask: making(askAfterSales), decide: making(settleAfterSales), candidates: (stores, order) => switchCandidates(stores, tools.settings, order, clock.now()) })
  ]
}

/** POST …/pay, and the dialogue below each order and each talk with support. */
function payingAndTalking (deps: AreaDeps, telling: Telling): Area['routes'] {
  const { store: { inReading }, clock, writeInstant, keys } = deps
  const payments = paymentTools(deps)
  const threads = threadsFor(deps)
  return [
    payRoute({ createPayment: (command) => telling(createPayment(payments, command)), walletKeyOf: (openid) => keys.fingerprint('openid', openid), writeInstant }, {
      path: '/v1/consultations', access: 'consultation.create', requirements: ['C4'], tag: 'consultations', purpose: consultationPaymentPurpose,
      payerOf: (request, id) => inReading(async (stores) => {
        const { patientId } = await admitConsultation(request, 'consultation.create', stores, { id, readingId: readingIn(request), now: clock.now() })
        return { payer: { kind: 'person', patientId }, patientIds: await tiedPatientIds(stores.patients, patientId) }
      })
    }),
    ...threads.at({ path: '/v1/consultations', access: 'consultation.read', requirements: ['C7', 'C8', 'T9', 'T11'], threadOf: placeOfConsultation<Stores>({ inReading, now: clock.now }) }),
    ...threads.at({ path: '/v1/aftersales', access: 'after_sales.read', requirements: ['C9'], threadOf: threadByParties({ inReading }) })
  ]
}
