import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import type { Bill, Contract } from '../../../core/pay-after-care/index.ts'

export const on = (day: string): CalendarDate => day as CalendarDate

/** A bill of 148.30 yuan for a visit that was closed on Monday, 1 March 2027, so due on the 8th. */
export function aBill (given: Omit<Partial<Bill>, 'chargedFen' | 'insuredFen' | 'paidFen' | 'writtenOffFen' | 'recoveredFen' | 'disputedFen'> & Partial<Record<'chargedFen' | 'insuredFen' | 'paidFen' | 'writtenOffFen' | 'recoveredFen' | 'disputedFen', number>> = {}): Bill {
  const { chargedFen = 14830, insuredFen = 0, paidFen = 0, writtenOffFen = 0, recoveredFen = 0, disputedFen = 0, ...rest } = given
  return {
    id: 'b1', contractId: 'c1', hospitalId: 'east', visitId: 'v1', patientId: 'p1', ordinal: 1, isEmergency: false, openedAt: new Date('2027-03-01T01:00:00Z'),
    closedOn: on('2027-03-01'), lastChargedOn: on('2027-03-01'), dueOn: on('2027-03-08'), calendarVersion: 'test', funder: null, settledAt: null,
    ...rest,
    chargedFen: fen(chargedFen), insuredFen: fen(insuredFen), paidFen: fen(paidFen), writtenOffFen: fen(writtenOffFen), recoveredFen: fen(recoveredFen), disputedFen: fen(disputedFen)
  }
}

export function aContract (given: Partial<Contract> = {}): Contract {
  return {
    id: 'c1', patientId: 'p1', guardianPatientId: null, state: 'active', agreement: { version: '1', sha256: 'a'.repeat(64) }, basis: { ruleSetVersion: '1', rule: 'locally_insured', assertionIds: [] },
    consents: ['pay_after_care', 'score_query', 'bureau_report', 'sms'], phone: 'sealed:phone', phoneKey: 'k', creditLimitFen: fen(100_000), signedAt: new Date('2027-02-01T01:00:00Z'),
    signedBy: { channel: 'app', assurance: 'account_and_code', tokenId: 't1' }, suspendedAt: null, suspendedBecause: null, endedAt: null, endedBecause: null, endedBy: null, ...given
  }
}
