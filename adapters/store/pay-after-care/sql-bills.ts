import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import type { BillStore } from '../../../core/pay-after-care/index.ts'
import { allocationOf, billColumns, billLineOf, billOf, billRow, settlementColumns, settlementOf, settlementRow, type AllocationRow, type BillRow, type LineRow, type SettlementRow } from './bill-row.ts'
import type { Unit } from '../sql.ts'
import { sqlHolds } from './sql-holds.ts'
import { upsert } from '../upsert.ts'

interface OwedRow {
  readonly hospital_id: string
  readonly due_on: string | null
  readonly is_closed: number
  readonly bills: number
  readonly outstanding_fen: number
}

const save = upsert('bills', ['id'], billColumns)
const saveSettlement = upsert('insurance_settlements', ['id'], settlementColumns)
/** As the index bills_owing says it. */
const owing = 'outstanding_fen > 0 and closed_on is not null and funder is null'

export function sqlBills (unit: Unit): BillStore {
  return { ...billReads(unit), ...billWrites(unit), ...billParts(unit), ...sqlHolds(unit) }
}

function billReads ({ sql, dialect, build }: Unit): Pick<BillStore, 'find' | 'findAll' | 'ofVisit' | 'list' | 'outstanding' | 'outstandingOf' | 'openAt' | 'owingContracts' | 'left' | 'owedByDeadline' | 'owingCounts'> {
  return {
    find: async (id) => {
      const row = await sql.first<BillRow>('select * from bills where id = ?', [id])
      return row && billOf(row)
    },
    findAll: async (ids) => (await sql.all<BillRow>(`select * from bills where ${dialect.isIn('id')}`, [dialect.list(ids)])).map(billOf),
    ofVisit: async (visitId) => (await sql.all<BillRow>('select * from bills where visit_id = ? order by ordinal', [visitId])).map(billOf),
    list: async ({ patientIds, contractId, hospitalId, isOutstanding }, { limit, offset }) => {
      const query = build('bills').select('*').limit(limit).offset(offset).orderByRaw('opened_at_ms desc, id')
      if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
      if (contractId !== null) query.where('contract_id', contractId)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (isOutstanding !== null) query.where('outstanding_fen', isOutstanding ? '>' : '<=', 0)
      return (await sql.built<BillRow>(query)).map(billOf)
    },
    outstanding: async (contractId) => (await sql.all<BillRow>(
      'select * from bills where contract_id = ? and outstanding_fen > 0 order by due_on nulls last, opened_at_ms, id', [contractId])).map(billOf),
    outstandingOf: async (contractIds) => (await sql.all<BillRow>(
      `select * from bills where ${dialect.isIn('contract_id')} and outstanding_fen > 0 order by due_on nulls last, opened_at_ms, id`, [dialect.list(contractIds)])).map(billOf),
    openAt: async (hospitalId, patientId, today) => (await sql.all<BillRow>(
      `select b.* from patients named join patients tied on tied.person_id = named.person_id join bills b on b.patient_id = tied.id
       where named.id = ? and b.hospital_id = ? and (b.outstanding_fen > 0 or b.closed_on is null or b.due_on >= ?) order by b.due_on nulls last, b.opened_at_ms, b.id`, [patientId, hospitalId, today])).map(billOf),
    owingContracts: async ({ limit, after, dueBy }) => (await sql.all<{ readonly contract_id: string }>(
      `select distinct contract_id from bills where ${owing} and contract_id > ?${dueBy === null ? '' : ' and due_on <= ?'} order by contract_id limit ?`, [after ?? '', ...dueBy === null ? [] : [dueBy], limit])).map(({ contract_id: id }) => id),
    left: async (before, limit) => (await sql.all<BillRow>(
      `select b.* from bills b left join visits v on v.id = b.visit_id
       where b.closed_on is null and b.last_charged_on < ? and coalesce(v.class, 'outpatient') <> 'inpatient' order by b.last_charged_on, b.id limit ?`, [before, limit])).map(billOf),
    owedByDeadline: async (hospitalId) => (await sql.all<OwedRow>(
      `select hospital_id, due_on, case when closed_on is null then 0 else 1 end as is_closed, count(*) as bills, cast(sum(outstanding_fen) as bigint) as outstanding_fen
       from bills where outstanding_fen > 0 and funder is null and (cast(? as text) is null or hospital_id = ?)
       group by hospital_id, due_on, case when closed_on is null then 0 else 1 end order by hospital_id, due_on nulls last`, [hospitalId, hospitalId])).map((row) => ({
      hospitalId: row.hospital_id, dueOn: row.due_on as CalendarDate | null, isClosed: row.is_closed === 1, bills: row.bills, outstandingFen: fen(row.outstanding_fen)
    })),
    owingCounts: async (today) => {
      const row = await sql.first<{ readonly owing: number, readonly overdue: number }>(
        `select count(distinct contract_id) as owing, count(distinct case when due_on < ? then contract_id end) as overdue from bills where ${owing} and closed_on < ?`, [today, today])
      return { owing: row?.owing ?? 0, overdue: row?.overdue ?? 0 }
    }
  }
}

function billWrites ({ sql, dialect }: Unit): Pick<BillStore, 'save' | 'lockContract'> {
  return {
    save: async (bill) => { await sql.run(save, billRow(bill)) },
    lockContract: async (contractId) => { if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`contract ${contractId}`]) }
  }
}

interface HospitalSettlementRow extends SettlementRow { readonly hospital_id: string }
const withHospital = (row: HospitalSettlementRow): ReturnType<typeof settlementOf> & { readonly hospitalId: string } => ({ ...settlementOf(row), hospitalId: row.hospital_id })

function billParts ({ sql }: Unit): Pick<BillStore, 'addLine' | 'lineOf' | 'lines' | 'addAllocation' | 'allocations' | 'allocationsFrom' | 'saveSettlement' | 'settlements' | 'settlementsWithin' | 'settlementByNumber'> {
  return {
    addLine: async ({ billId, chargeId, kind, amountFen, occurredOn, at }) => await sql.run(
      'insert into bill_lines (bill_id, charge_id, kind, amount_fen, occurred_on, at_ms) values (?, ?, ?, ?, ?, ?) on conflict do nothing', [billId, chargeId, kind, amountFen, occurredOn, at.getTime()]) === 1,
    lineOf: async (chargeId) => {
      const row = await sql.first<LineRow>("select * from bill_lines where charge_id = ? and kind = 'charge'", [chargeId])
      return row && billLineOf(row)
    },
    lines: async (billId) => (await sql.all<LineRow>('select * from bill_lines where bill_id = ? order by sequence', [billId])).map(billLineOf),
    addAllocation: async ({ billId, kind, sourceId, amountFen, at }) => await sql.run(
      'insert into bill_allocations (bill_id, kind, source_id, amount_fen, at_ms) values (?, ?, ?, ?, ?) on conflict do nothing', [billId, kind, sourceId, amountFen, at.getTime()]) === 1,
    allocations: async (billId) => (await sql.all<AllocationRow>('select * from bill_allocations where bill_id = ? order by sequence', [billId])).map(allocationOf),
    allocationsFrom: async (kind, sourceId) => (await sql.all<AllocationRow>('select * from bill_allocations where source_id = ? and kind = ? order by sequence', [sourceId, kind])).map(allocationOf),
    saveSettlement: async (settlement) => { await sql.run(saveSettlement, settlementRow(settlement)) },
    settlements: async (billId) => (await sql.all<SettlementRow>('select * from insurance_settlements where bill_id = ? order by attempt', [billId])).map(settlementOf),
    settlementsWithin: async ({ by, from, until }, { limit, after }) => {
      const [column, condition] = by === 'settled' ? ['s.settled_at_ms', ''] : ['s.ended_at_ms', "s.state = 'reversed' and"]
      return (await sql.all<HospitalSettlementRow>(
        `select s.*, b.hospital_id from insurance_settlements s join bills b on b.id = s.bill_id where ${condition} ${column} >= ? and ${column} < ? and s.id > ? order by s.id limit ?`,
        [from.getTime(), until.getTime(), after ?? '', limit])).map(withHospital)
    },
    settlementByNumber: async (number) => {
      const row = await sql.first<HospitalSettlementRow>(
        "select s.*, b.hospital_id from insurance_settlements s join bills b on b.id = s.bill_id where s.settlement_id = ? or s.settlement_id like ? || '.%' order by s.asked_at_ms desc limit 1", [number, number.replaceAll(/[%_]/g, '')])
      return row && withHospital(row)
    }
  }
}
