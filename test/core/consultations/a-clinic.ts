import { randomUUID } from 'node:crypto'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import { loadMappings } from '../../../app/load-mappings.ts'
import { calendarIn } from '../../../core/clock.ts'
import { takeIn } from '../../../core/intake/index.ts'
import {
  carryDueConsultations, consultationSubject, makeConsultation, nextConsultationDue, type ConsultationSettings, type ConsultationTools, type HospitalRules, type MakeConsultation
} from '../../../core/consultations/index.ts'
import type { Consultation } from '../../../core/consultations/consultation.ts'
import { escrowPurpose } from '../../../core/escrow/index.ts'
import { fen } from '../../../core/money.ts'
import type { PaymentOrder } from '../../../core/payments/index.ts'
import { compileFacts } from '../../../mappings/index.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'
import { depsOf } from '../intake/hospital-day.ts'

const { facts } = await loadMappings('mappings')
const factsOf = compileFacts(facts)

export const opensAt = new Date('2027-03-01T09:00:00+08:00')
export const minutes = (count: number, from = opensAt): Date => new Date(from.getTime() + count * 60_000)

const east: HospitalRules = { acceptedBy: {}, onDutyPrices: [{ kind: 'consultation', mode: 'text', priceFen: 2_500 }, { kind: 'inquiry', mode: 'text', priceFen: 0 }], onDutyDepartments: [], onDutyServiceTypes: [], payee: 'doctor' }

/** The defaults of SITE_CONFIG. */
export const plainSettings: ConsultationSettings = {
  payMinutes: 30, noDoctorMinutes: 30, lookAgainMinutes: 1, onDutyAcceptMinutes: 5, namedAcceptMinutes: { text: 1_440, voice: 5, video: 5 }, hospitalAnswerMinutes: 30, namedDeclined: 'refund', finishAfterHours: 48, settleAfterHours: 72,
  reviewHours: 48, urgeMinutes: 10, switchAllowsEqual: true, onlineMinutes: 5, platformFees: [{ kind: 'consultation', mode: 'text', permille: 100 }], hospitals: new Map([['east', east]])
}

export function aConsultation (given: Partial<Consultation> = {}): Consultation {
  return {
    id: 'c1', number: 'CR-20270301-0001', hospitalId: 'east', patientId: 'p1', kind: 'consultation', mode: 'text', channel: 'app', acceptedBy: 'doctor', by: 'p1', complaint: '咳嗽', namedDoctorId: null, doctorId: null, priceFen: fen(5_000), feePermille: 0,
    state: 'created', reviewedFrom: null, declinedBy: [], hospitalAnswer: null, endReason: null, createdAt: opensAt, paidAt: opensAt, assignedAt: null, acceptedAt: null, repliedAt: null, urgedAt: null, finishedAt: null, endedAt: null,
    dueAt: null, dueFor: null, version: 1, ...given
  }
}

export interface Clinic {
  readonly store: Store
  readonly tools: ConsultationTools<Stores>
  readonly within: <Result>(work: (stores: Stores, tools: ConsultationTools<Stores>) => Promise<Result>) => Promise<Result>
  /** A doctor of the east, by default on duty all day. */
  readonly doctor: (id: string, given?: { readonly isActive?: boolean, readonly isOnDuty?: boolean, readonly department?: string, readonly feeFen?: number | null }) => Promise<string>
  readonly make: (given?: Partial<MakeConsultation>, at?: Date) => Promise<Consultation>
  /** The channel tells of the money. */
  readonly pay: (order: Consultation, at?: Date) => Promise<void>
  readonly find: (id: string) => Promise<Consultation>
  /** Everything that is due up to an instant, each at its own time. */
  readonly until: (at: Date) => Promise<void>
  /** 0 where the books are whole: what each account holds, but for nothing. */
  readonly balances: () => Promise<Readonly<Record<string, number>>>
  readonly notices: () => Promise<readonly string[]>
}

/** 互联网诊室 over a real store, with the payee of payments and without channels. */
export async function aClinic (t: Teardown, settings: Partial<ConsultationSettings> = {}, acceptedBy: 'doctor' | 'his' = 'doctor'): Promise<Clinic> {
  const store = await freshStore(t)
  const ids = { next: randomUUID }
  const calendar = calendarIn('Asia/Shanghai')
  const tools: ConsultationTools<Stores> = {
    settings: { ...plainSettings, ...settings }, ids, stableId: (hospitalId, kind, name) => `${hospitalId}-${kind}-${name}`, calendar, escrow: { ids, calendar }, onCall: ['000-0000-0000'], acceptedBy: () => acceptedBy,
    takeIn: (stores, changes, at) => takeIn({ ...depsOf(stores), ids, factsOf }, changes, at)
  }
  const within: Clinic['within'] = (work) => store.inTransaction((stores) => work(stores, tools))
  const purpose = escrowPurpose<Stores>({ ids, calendar }, consultationSubject(tools))
  const lookAfter = { ...store, tools }
  await within(async ({ patients }) => patients.save({ id: 'p1', personId: 'p1', hospitalId: 'east', name: '许样例', birthDate: null, gender: null, active: true, identifiers: [] }))
  return {
    store, tools, within,
    doctor: (id, { isActive = true, isOnDuty = true, department = '内科', feeFen = 5_000 } = {}) => within(async (stores) => {
      await stores.practitioners.save({ id, hospitalId: 'east', name: id, department, active: isActive })
      await stores.slots.saveSchedule({ id: `shift-${id}`, hospitalId: 'east', owner: 'his', practitionerId: id, department, serviceType: null, isActive: true })
      if (isOnDuty) await stores.slots.save({ id: `slot-${id}`, scheduleId: `shift-${id}`, hospitalId: 'east', startsAt: opensAt, endsAt: minutes(24 * 60), capacity: 20, isOpen: true })
      if (feeFen !== null) await stores.doctorFees.replace(id, [{ doctorId: id, hospitalId: 'east', product: 'consultation.text', priceFen: fen(feeFen), setAt: opensAt, setBy: id }])
      return id
    }),
    make: (given = {}, at = opensAt) => within((stores) => makeConsultation(stores, tools, { kind: 'consultation', mode: 'text', hospitalId: 'east', patientId: 'p1', channel: 'app', complaint: '咳嗽', doctorId: null, by: 'p1', ...given }, at)),
    pay: (order, at = opensAt) => within(async (stores) => {
      const payment = aPayment(order, at)
      await stores.payments.save(payment)
      await purpose.payee.paid(stores, payment, at)
    }),
    find: (id) => store.inReading(async ({ consultations }) => {
      const found = await consultations.find(id)
      if (found === null) throw new Error('the order stands')
      return found
    }),
    until: async (at) => {
      for (;;) {
        const due = await store.inReading(nextConsultationDue)
        if (due === null || due > at) return
        await carryDueConsultations(lookAfter, due)
      }
    },
    balances: () => store.inReading(async ({ ledger }) => Object.fromEntries((await ledger.trialBalance(null)).filter(({ balanceFen }) => balanceFen !== 0).map(({ account, balanceFen }) => [account, balanceFen]))),
    notices: () => store.inReading(async ({ outbox }) => (await outbox.due(new Date('2099-01-01'), 1_000, 'notice')).map(({ payload }) => String(payload['template'])))
  }
}

function aPayment (order: Consultation, at: Date): PaymentOrder {
  const id = randomUUID()
  return {
    id, orderNumber: id.replaceAll('-', ''), purpose: 'consultation', subjectId: order.id, payerPatientId: order.patientId, payerOrganizationId: null, isHeld: true, channel: 'wechat', mode: 'qr', amountFen: order.priceFen,
    parts: [{ hospitalId: order.hospitalId, referenceId: order.id, patientId: order.patientId, amountFen: order.priceFen }], state: 'success', cashFen: order.priceFen, insuranceFen: fen(0), cashState: null, insuranceState: null,
    channelNumber: id, prepay: null, createdAt: at, expiresAt: minutes(30, at), paidAt: at, paidOn: calendarIn('Asia/Shanghai')(at), refundedFen: fen(0), queries: 0, nextQueryAt: null
  }
}
