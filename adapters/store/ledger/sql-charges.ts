import type { CalendarDate } from '../../../core/clock.ts'
import type { Charge, ChargeState, ChargeStore } from '../../../core/ledger/index.ts'
import { fen } from '../../../core/money.ts'
import { instant } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface ChargeRow {
  readonly id: string
  readonly hospital_id: string
  readonly kind: Charge['kind']
  readonly transaction_id: string
  readonly order_number: string | null
  readonly patient_id: string
  readonly visit_id: string | null
  readonly amount_fen: number | null
  readonly occurred_on: string | null
  readonly code: string | null
  readonly text: string | null
  readonly credited_by: string | null
  readonly credited_fen: number | null
  readonly credited_on: string | null
  readonly state: ChargeState
  readonly received_at_ms: number
}

const columns = ['id', 'hospital_id', 'kind', 'transaction_id', 'patient_id', 'visit_id', 'amount_fen', 'occurred_on', 'code', 'text', 'credited_by',
  'credited_fen', 'credited_on', 'state', 'received_at_ms', 'order_number']
const save = upsert('charges', ['id'], columns)

export function sqlCharges ({ sql, dialect, build }: Unit): ChargeStore {
  return {
    find: async (id) => {
      const row = await sql.first<ChargeRow>('select * from charges where id = ?', [id])
      return row && chargeOf(row)
    },
    save: async (charge) => {
      const credit = charge.creditedBy
      await sql.run(save, [charge.id, charge.hospitalId, charge.kind, charge.transactionId, charge.patientId, charge.visitId, charge.amountFen,
        charge.occurredOn, charge.code, charge.text, credit?.transactionId ?? null, credit?.amountFen ?? null, credit?.occurredOn ?? null,
        charge.state, charge.receivedAt.getTime(), charge.orderNumber ?? null])
    },
    byTransaction: async (hospitalId, transactionId) => {
      const row = await sql.first<ChargeRow>('select * from charges where hospital_id = ? and transaction_id = ? order by id limit 1', [hospitalId, transactionId]) ??
        await sql.first<ChargeRow>('select * from charges where hospital_id = ? and credited_by = ? order by id limit 1', [hospitalId, transactionId])
      return row && chargeOf(row)
    },
    isOrderCharged: async (visitId, orderNumber) => await sql.first(
      "select id from charges where visit_id = ? and order_number = ? and kind = 'charge' and state = 'posted' limit 1", [visitId, orderNumber]) !== null,
    occurredOn: async ({ hospitalId, day, by }, { limit, after }) => (await sql.all<ChargeRow>(
      `select * from charges where hospital_id = ? and ${by === 'charge' ? 'occurred_on' : 'credited_on'} = ? and id > ? order by id limit ?`, [hospitalId, day, after ?? '', limit])).map(chargeOf),
    countAwaiting: async (before) => Number((await sql.first<{ readonly n: number }>("select cast(count(*) as bigint) as n from charges where state = 'awaiting_charge' and received_at_ms < ?", [before.getTime()]))?.n ?? 0),
    list: async ({ patientIds, visitId, hospitalId, state }, { limit, offset }) => {
      const query = build('charges').select('*').limit(limit).offset(offset).orderByRaw('occurred_on desc nulls last, received_at_ms desc, id')
      if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
      if (visitId !== null) query.where('visit_id', visitId)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (state !== null) query.where('state', state)
      return (await sql.built<ChargeRow>(query)).map(chargeOf)
    }
  }
}

function chargeOf (row: ChargeRow): Charge {
  return {
    id: row.id,
    hospitalId: row.hospital_id,
    kind: row.kind,
    transactionId: row.transaction_id,
    orderNumber: row.order_number,
    patientId: row.patient_id,
    visitId: row.visit_id,
    amountFen: row.amount_fen === null ? null : fen(row.amount_fen),
    occurredOn: row.occurred_on as CalendarDate | null,
    code: row.code,
    text: row.text,
    creditedBy: row.credited_by === null
      ? null
      : {
          transactionId: row.credited_by,
          amountFen: row.credited_fen === null ? null : fen(row.credited_fen),
          occurredOn: row.credited_on as CalendarDate
        },
    state: row.state,
    receivedAt: instant(row.received_at_ms)
  }
}
