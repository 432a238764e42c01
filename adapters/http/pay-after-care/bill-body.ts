import { Type } from '@fastify/type-provider-typebox'
import { billState, payableOf, type Bill } from '../../../core/pay-after-care/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { AmountFen, Day, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

const billStates = ['accruing', 'due', 'partially_paid', 'owing', 'overdue', 'paid', 'reversed', 'written_off', 'recovered', 'disputed', 'assigned'] as const

export const BillBody = Type.Object({
  id: Id,
  contractId: Id,
  hospitalId: Id,
  visitId: Id,
  patientId: Id,
  ordinal: Type.Integer(),
  isEmergency: Type.Boolean(),
  state: oneOf(billStates),
  chargedFen: AmountFen,
  insuredFen: AmountFen,
  paidFen: AmountFen,
  writtenOffFen: AmountFen,
  recoveredFen: AmountFen,
  disputedFen: AmountFen,
  outstandingFen: Type.Integer({ description: 'charged less insured, paid and written off; below zero: paid too much at the window' }),
  amountFen: Type.Integer({ description: 'what is to be paid of it now' }),
  openedAt: Instant,
  closedOn: nullable(Day),
  lastChargedOn: nullable(Day),
  dueOn: nullable(Type.String({ format: 'date', description: 'last day on which it is paid in time, until 24:00' })),
  calendarVersion: nullable(Type.String()),
  funder: nullable(Type.String()),
  settledAt: nullable(Instant)
})

export function billBody (writeInstant: WriteInstant, today: () => CalendarDate) {
  return (bill: Bill) => ({
    ...bill,
    state: billState(bill, today()),
    outstandingFen: bill.chargedFen - bill.insuredFen - bill.paidFen - bill.writtenOffFen,
    amountFen: payableOf(bill),
    dueOn: bill.closedOn === null ? null : bill.dueOn,
    openedAt: writeInstant(bill.openedAt),
    settledAt: orNull(bill.settledAt, writeInstant)
  })
}
