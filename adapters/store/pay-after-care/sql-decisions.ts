import { fen } from '../../../core/money.ts'
import type { Decision, DecisionStore } from '../../../core/pay-after-care/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface DecisionRow {
  readonly id: string
  readonly kind: Decision['kind']
  readonly bill_id: string
  readonly hospital_id: string
  readonly amount_fen: number
  readonly funder: string | null
  readonly reason: string
  readonly state: Decision['state']
  readonly requested_by: string
  readonly requested_at_ms: number
  readonly decided_by: string | null
  readonly decided_at_ms: number | null
}

export function sqlDecisions ({ sql, build }: Unit): DecisionStore {
  return {
    saveDecision: async (one) => {
      await sql.run(`insert into bill_decisions (id, kind, bill_id, hospital_id, amount_fen, funder, reason, state, requested_by, requested_at_ms, decided_by, decided_at_ms)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
      [one.id, one.kind, one.billId, one.hospitalId, one.amountFen, one.funder, one.reason, one.state, one.requestedBy, one.requestedAt.getTime(), one.decidedBy, msOrNull(one.decidedAt)])
    },
    decide: async ({ id, state, decidedBy, decidedAt }) => await sql.run(
      "update bill_decisions set state = ?, decided_by = ?, decided_at_ms = ? where id = ? and state = 'requested'", [state, decidedBy, msOrNull(decidedAt), id]) === 1,
    findDecision: async (id) => {
      const row = await sql.first<DecisionRow>('select * from bill_decisions where id = ?', [id])
      return row && decisionOf(row)
    },
    decisions: async ({ billId, state, hospitalId }, { limit, offset }) => {
      const query = build('bill_decisions').select('*').limit(limit).offset(offset).orderByRaw('requested_at_ms desc, id')
      if (billId !== null) query.where('bill_id', billId)
      if (state !== null) query.where('state', state)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      return (await sql.built<DecisionRow>(query)).map(decisionOf)
    }
  }
}

function decisionOf (row: DecisionRow): Decision {
  return {
    id: row.id, kind: row.kind, billId: row.bill_id, hospitalId: row.hospital_id, amountFen: fen(row.amount_fen), funder: row.funder, reason: row.reason, state: row.state,
    requestedBy: row.requested_by, requestedAt: instant(row.requested_at_ms), decidedBy: row.decided_by, decidedAt: instantOrNull(row.decided_at_ms)
  }
}
