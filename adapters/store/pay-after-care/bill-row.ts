import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import { outstandingOf, type Allocation, type Bill, type BillLine, type CreditHold, type InsuranceSplit, type Settlement } from '../../../core/pay-after-care/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Scalar } from '../dialect.ts'

export interface BillRow {
  readonly id: string
  readonly contract_id: string
  readonly hospital_id: string
  readonly visit_id: string
  readonly patient_id: string
  readonly ordinal: number
  readonly is_emergency: number
  readonly opened_at_ms: number
  readonly charged_fen: number
  readonly insured_fen: number
  readonly paid_fen: number
  readonly written_off_fen: number
  readonly recovered_fen: number
  readonly disputed_fen: number
  readonly closed_on: string | null
  readonly last_charged_on: string | null
  readonly due_on: string | null
  readonly calendar_version: string | null
  readonly funder: string | null
  readonly settled_at_ms: number | null
}

export const billColumns = ['id', 'contract_id', 'hospital_id', 'visit_id', 'patient_id', 'ordinal', 'is_emergency', 'opened_at_ms', 'charged_fen', 'insured_fen', 'paid_fen', 'written_off_fen',
  'recovered_fen', 'disputed_fen', 'closed_on', 'last_charged_on', 'due_on', 'calendar_version', 'funder', 'settled_at_ms', 'outstanding_fen']

export function billRow (bill: Bill): readonly Scalar[] {
  return [bill.id, bill.contractId, bill.hospitalId, bill.visitId, bill.patientId, bill.ordinal, Number(bill.isEmergency), bill.openedAt.getTime(), bill.chargedFen, bill.insuredFen, bill.paidFen, bill.writtenOffFen,
    bill.recoveredFen, bill.disputedFen, bill.closedOn, bill.lastChargedOn, bill.dueOn, bill.calendarVersion, bill.funder, msOrNull(bill.settledAt), outstandingOf(bill)]
}

export function billOf (row: BillRow): Bill {
  return {
    id: row.id,
    contractId: row.contract_id,
    hospitalId: row.hospital_id,
    visitId: row.visit_id,
    patientId: row.patient_id,
    ordinal: row.ordinal,
    isEmergency: row.is_emergency === 1,
    openedAt: instant(row.opened_at_ms),
    chargedFen: fen(row.charged_fen),
    insuredFen: fen(row.insured_fen),
    paidFen: fen(row.paid_fen),
    writtenOffFen: fen(row.written_off_fen),
    recoveredFen: fen(row.recovered_fen),
    disputedFen: fen(row.disputed_fen),
    closedOn: row.closed_on as CalendarDate | null,
    lastChargedOn: row.last_charged_on as CalendarDate | null,
    dueOn: row.due_on as CalendarDate | null,
    calendarVersion: row.calendar_version,
    funder: row.funder,
    settledAt: instantOrNull(row.settled_at_ms)
  }
}

export interface LineRow {
  readonly bill_id: string
  readonly charge_id: string
  readonly kind: BillLine['kind']
  readonly amount_fen: number
  readonly occurred_on: string
  readonly at_ms: number
}

export function billLineOf (row: LineRow): BillLine {
  return { billId: row.bill_id, chargeId: row.charge_id, kind: row.kind, amountFen: fen(row.amount_fen), occurredOn: row.occurred_on as CalendarDate, at: instant(row.at_ms) }
}

export interface AllocationRow {
  readonly bill_id: string
  readonly kind: Allocation['kind']
  readonly source_id: string
  readonly amount_fen: number
  readonly at_ms: number
}

export function allocationOf (row: AllocationRow): Allocation {
  return { billId: row.bill_id, kind: row.kind, sourceId: row.source_id, amountFen: fen(row.amount_fen), at: instant(row.at_ms) }
}

export interface SettlementRow {
  readonly id: string
  readonly bill_id: string
  readonly attempt: number
  readonly state: Settlement['state']
  readonly charged_fen: number
  readonly quote_id: string | null
  readonly settlement_id: string | null
  readonly split: string | null
  readonly code: string | null
  readonly asked_at_ms: number
  readonly settled_at_ms: number | null
  readonly ended_at_ms: number | null
}

export const settlementColumns = ['id', 'bill_id', 'attempt', 'state', 'charged_fen', 'quote_id', 'settlement_id', 'split', 'code', 'asked_at_ms', 'settled_at_ms', 'ended_at_ms']

export function settlementRow (one: Settlement): readonly Scalar[] {
  return [one.id, one.billId, one.attempt, one.state, one.chargedFen, one.quoteId, one.settlementId, one.split === null ? null : JSON.stringify(one.split), one.code,
    one.askedAt.getTime(), msOrNull(one.settledAt), msOrNull(one.endedAt)]
}

export function settlementOf (row: SettlementRow): Settlement {
  return {
    id: row.id, billId: row.bill_id, attempt: row.attempt, state: row.state, chargedFen: fen(row.charged_fen), quoteId: row.quote_id, settlementId: row.settlement_id,
    split: row.split === null ? null : json<InsuranceSplit>(row.split), code: row.code, askedAt: instant(row.asked_at_ms), settledAt: instantOrNull(row.settled_at_ms), endedAt: instantOrNull(row.ended_at_ms)
  }
}

export interface HoldRow {
  readonly id: string
  readonly contract_id: string
  readonly visit_id: string
  readonly reference: string
  readonly amount_fen: number
  readonly state: CreditHold['state']
  readonly held_at_ms: number
  readonly expires_at_ms: number
  readonly ended_at_ms: number | null
}

export function holdOf (row: HoldRow): CreditHold {
  return {
    id: row.id, contractId: row.contract_id, visitId: row.visit_id, reference: row.reference, amountFen: fen(row.amount_fen), state: row.state,
    heldAt: instant(row.held_at_ms), expiresAt: instant(row.expires_at_ms), endedAt: instantOrNull(row.ended_at_ms)
  }
}
