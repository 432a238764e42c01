import type { Stores } from '../../../adapters/store/index.ts'
import { calendarIn } from '../../../core/clock.ts'
import { recordCharge, type ChargeFacts } from '../../../core/ledger/index.ts'
import { fen } from '../../../core/money.ts'
import type { PaymentOrder, PaymentPart, Refund } from '../../../core/payments/index.ts'
import { takeCharge, takeVisit, type Bill, type BillTools } from '../../../core/pay-after-care/index.ts'
import { saveVisit, type Visit } from '../../../core/visits/index.ts'
import { day, seedSettings } from '../../fixtures/pay-after-care.ts'

export const at = new Date('2027-03-01T02:00:00Z')
export const calendar = calendarIn('Asia/Shanghai')
/** 10:00 in Beijing. */
export const on = (text: string): Date => new Date(`${text}T02:00:00Z`)

let last = 0
const ids = { next: () => `n${++last}` }
export const tools: BillTools = { ids, calendar, settings: seedSettings, hasInsurance: false }

export function aVisit (given: Partial<Visit> = {}): Visit {
  return {
    id: 'V', hospitalId: 'east', visitNumber: null, placerNumber: null, patientId: 'A', class: 'outpatient', state: 'registered', payMode: null, startedAt: at, endedAt: null, department: null, practitionerId: null, continuedAs: null, ...given
  }
}

export function aLine (id: string, amountFen: number, given: Partial<ChargeFacts> = {}): ChargeFacts {
  return { id, hospitalId: 'east', kind: 'charge', transactionId: id, patientId: 'A', visitId: 'V', amountFen: fen(amountFen), occurredOn: day('2027-03-01'), code: null, text: `item ${id}`, creditedBy: null, ...given }
}

/** As the HIS takes a line back. */
export const credited = (facts: ChargeFacts, by = `credit of ${facts.id}`): ChargeFacts => ({ ...facts, creditedBy: { transactionId: by, amountFen: facts.amountFen, occurredOn: day('2027-03-01') } })

export async function seeVisit (stores: Stores, visit: Visit, when: Date = at, given = tools): Promise<readonly Bill[]> {
  const before = await stores.visits.find(visit.id)
  await saveVisit(stores, visit)
  return await takeVisit(stores, given, { visit, before }, when)
}

export async function charge (stores: Stores, facts: ChargeFacts, when: Date = at, given = tools): Promise<void> {
  await takeCharge(stores, given, await recordCharge({ ...stores, ids, calendar }, { facts, overruled: [], isNew: false }, when), when)
}

export const anOrder = (id: string, parts: readonly PaymentPart[], given: Partial<PaymentOrder> = {}): PaymentOrder => {
  const amountFen = fen(parts.reduce((sum, part) => sum + part.amountFen, 0))
  return {
    id, orderNumber: id, purpose: 'bills', subjectId: 'C', payerPatientId: 'A', channel: 'wechat', mode: 'app', amountFen, parts, state: 'success', cashFen: amountFen, insuranceFen: fen(0), cashState: null, insuranceState: null,
    channelNumber: `w-${id}`, prepay: null, createdAt: at, expiresAt: at, paidAt: at, paidOn: day('2027-03-01'), refundedFen: fen(0), queries: 0, nextQueryAt: null, ...given
  }
}

export const aPart = (bill: Pick<Bill, 'id'> & Partial<Bill>, amountFen: number): PaymentPart => ({ hospitalId: bill.hospitalId ?? 'east', referenceId: bill.id, patientId: bill.patientId ?? 'A', amountFen: fen(amountFen) })

export const aRefund = (id: string, order: PaymentOrder, parts: readonly PaymentPart[], given: Partial<Refund> = {}): Refund => ({
  id, orderId: order.id, refundNumber: id, sourceKey: id, amountFen: fen(parts.reduce((sum, part) => sum + part.amountFen, 0)), parts, reason: 'asked for', state: 'approved', requestedBy: 't1', requestedAt: at, approvedBy: null,
  channelNumber: null, doneAt: null, doneOn: null, queries: 0, nextQueryAt: null, ...given
})

export async function balances (stores: Stores, hospitalId = 'east'): Promise<Readonly<Record<string, number>>> {
  const accounts = await stores.ledger.trialBalance(null)
  return Object.fromEntries(accounts.filter((one) => one.hospitalId === hospitalId && one.balanceFen !== 0).map(({ account, balanceFen }) => [account, balanceFen]))
}

/** What of the outbox is about money going back, told or asked. */
export async function waiting (stores: Stores, kind: string): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> {
  return (await stores.outbox.due(new Date('2030-01-01T00:00:00Z'), 500, kind)).map(({ payload }) => payload)
}
