import type { BillStore } from '../../../core/pay-after-care/index.ts'
import { holdOf, type HoldRow } from './bill-row.ts'
import type { Unit } from '../sql.ts'

const insert = `insert into credit_holds (id, contract_id, visit_id, reference, amount_fen, state, held_at_ms, expires_at_ms, ended_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (id) do update set amount_fen = excluded.amount_fen, expires_at_ms = excluded.expires_at_ms where credit_holds.state = 'held'`

/** 授信占用. The part of the bill store that reserves the limit. */
export function sqlHolds ({ sql }: Unit): Pick<BillStore, 'saveHold' | 'endHold' | 'findHold' | 'holds' | 'holdByReference' | 'holdsExpiring' | 'nextHoldExpiry'> {
  return {
    saveHold: async (hold) => {
      await sql.run(insert, [hold.id, hold.contractId, hold.visitId, hold.reference, hold.amountFen, hold.state, hold.heldAt.getTime(), hold.expiresAt.getTime(), hold.endedAt?.getTime() ?? null])
    },
    endHold: async (id, { state, at }) => await sql.run("update credit_holds set state = ?, ended_at_ms = ? where id = ? and state = 'held'", [state, at.getTime(), id]) === 1,
    findHold: async (id) => {
      const row = await sql.first<HoldRow>('select * from credit_holds where id = ?', [id])
      return row && holdOf(row)
    },
    holds: async (contractId) => (await sql.all<HoldRow>("select * from credit_holds where contract_id = ? and state = 'held' order by held_at_ms, id", [contractId])).map(holdOf),
    holdByReference: async (visitId, reference) => {
      const row = await sql.first<HoldRow>("select * from credit_holds where visit_id = ? and reference = ? order by case when state = 'held' then 0 else 1 end, held_at_ms desc limit 1", [visitId, reference])
      return row && holdOf(row)
    },
    holdsExpiring: async (by, limit) => (await sql.all<HoldRow>("select * from credit_holds where state = 'held' and expires_at_ms <= ? order by expires_at_ms, id limit ?", [by.getTime(), limit])).map(holdOf),
    nextHoldExpiry: async () => {
      const row = await sql.first<{ readonly at: number | null }>("select min(expires_at_ms) as at from credit_holds where state = 'held'", [])
      return row === null || row.at === null ? null : new Date(row.at)
    }
  }
}
