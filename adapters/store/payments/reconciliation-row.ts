import type { CalendarDate } from '../../../core/clock.ts'
import { fen, type Fen } from '../../../core/money.ts'
import type { Discrepancy, Reconciliation, StatementItem } from '../../../core/payments/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Scalar } from '../dialect.ts'

export interface ReconciliationRow {
  readonly id: string
  readonly source: Reconciliation['source']
  readonly hospital_id: string | null
  readonly day: string
  readonly state: Reconciliation['state']
  readonly sha256: string | null
  readonly taken_from: Reconciliation['takenFrom']
  readonly taken_by: string | null
  readonly lines: number
  readonly matched: number
  readonly our_fen: number
  readonly their_fen: number
  readonly fee_fen: number
  readonly refused_because: string | null
  readonly attempts: number
  readonly updated_at_ms: number
  readonly reconciled_at_ms: number | null
}

export const reconciliationColumns = ['id', 'source', 'hospital_id', 'day', 'state', 'sha256', 'taken_from', 'taken_by', 'lines', 'matched', 'our_fen',
  'their_fen', 'fee_fen', 'refused_because', 'attempts', 'updated_at_ms', 'reconciled_at_ms']

export function reconciliationValues (one: Reconciliation): readonly Scalar[] {
  return [one.id, one.source, one.hospitalId, one.day, one.state, one.sha256, one.takenFrom, one.takenBy, one.lines, one.matched, one.ourFen, one.theirFen, one.feeFen,
    one.refusedBecause, one.attempts, one.updatedAt.getTime(), msOrNull(one.reconciledAt)]
}

export function reconciliationOf (row: ReconciliationRow): Reconciliation {
  return {
    id: row.id,
    source: row.source,
    hospitalId: row.hospital_id,
    day: row.day as CalendarDate,
    state: row.state,
    sha256: row.sha256,
    takenFrom: row.taken_from,
    takenBy: row.taken_by,
    lines: row.lines,
    matched: row.matched,
    ourFen: fen(row.our_fen),
    theirFen: fen(row.their_fen),
    feeFen: fen(row.fee_fen),
    refusedBecause: row.refused_because,
    attempts: row.attempts,
    updatedAt: instant(row.updated_at_ms),
    reconciledAt: instantOrNull(row.reconciled_at_ms)
  }
}

export interface LineRow {
  readonly line: number
  readonly item_kind: StatementItem['kind']
  readonly item_key: string
  readonly amount_fen: number
  readonly fee_fen: number
  readonly fund_fen: number | null
  readonly account_fen: number | null
  readonly cash_fen: number | null
  readonly merchant: string | null
  readonly hospital_id: string | null
  readonly channel_number: string | null
  readonly at_ms: number | null
}

export function lineValues (id: string, item: StatementItem): readonly Scalar[] {
  return [id, item.line, item.kind, item.key, item.amountFen, item.feeFen, item.split?.fundFen ?? null, item.split?.accountFen ?? null, item.split?.cashFen ?? null,
    item.merchant, item.hospitalId, item.channelNumber, msOrNull(item.at)]
}

export function lineOf (row: LineRow): StatementItem {
  const { fund_fen: fund, account_fen: account, cash_fen: cash } = row
  return {
    line: row.line,
    kind: row.item_kind,
    key: row.item_key,
    isDone: true,
    amountFen: fen(row.amount_fen),
    feeFen: fen(row.fee_fen),
    split: fund === null || account === null || cash === null ? null : { fundFen: fen(fund), accountFen: fen(account), cashFen: fen(cash) },
    merchant: row.merchant,
    hospitalId: row.hospital_id,
    channelNumber: row.channel_number,
    at: instantOrNull(row.at_ms)
  }
}

export interface DiscrepancyRow {
  readonly reconciliation_id: string
  readonly number: number
  readonly scope: string
  readonly day: string
  readonly kind: Discrepancy['kind']
  readonly item_kind: Discrepancy['itemKind']
  readonly item_key: string
  readonly line: number | null
  readonly hospital_id: string | null
  readonly our_fen: number | null
  readonly their_fen: number | null
  readonly fee_fen: number
  readonly merchant: string | null
  readonly channel_number: string | null
  readonly state: Discrepancy['state']
  readonly resolution: Discrepancy['resolution']
  readonly reason: string | null
  readonly proposed_by: string | null
  readonly decided_by: string | null
  readonly opened_at_ms: number
  readonly settled_at_ms: number | null
}

export const discrepancyColumns = ['reconciliation_id', 'number', 'scope', 'day', 'kind', 'item_kind', 'item_key', 'line', 'hospital_id', 'our_fen', 'their_fen', 'fee_fen',
  'merchant', 'channel_number', 'state', 'resolution', 'reason', 'proposed_by', 'decided_by', 'opened_at_ms', 'settled_at_ms']

export function discrepancyValues (one: Discrepancy): readonly Scalar[] {
  return [one.reconciliationId, one.number, one.scope, one.day, one.kind, one.itemKind, one.key, one.line, one.hospitalId, one.ourFen, one.theirFen, one.feeFen,
    one.merchant, one.channelNumber, one.state, one.resolution, one.reason, one.proposedBy, one.decidedBy, one.openedAt.getTime(), msOrNull(one.settledAt)]
}

const fenOrNull = (value: number | null): Fen | null => value === null ? null : fen(value)

export function discrepancyOf (row: DiscrepancyRow): Discrepancy {
  return {
    reconciliationId: row.reconciliation_id,
    number: row.number,
    scope: row.scope,
    day: row.day as CalendarDate,
    kind: row.kind,
    itemKind: row.item_kind,
    key: row.item_key,
    line: row.line,
    hospitalId: row.hospital_id,
    ourFen: fenOrNull(row.our_fen),
    theirFen: fenOrNull(row.their_fen),
    feeFen: fen(row.fee_fen),
    merchant: row.merchant,
    channelNumber: row.channel_number,
    state: row.state,
    resolution: row.resolution,
    reason: row.reason,
    proposedBy: row.proposed_by,
    decidedBy: row.decided_by,
    openedAt: instant(row.opened_at_ms),
    settledAt: instantOrNull(row.settled_at_ms)
  }
}
