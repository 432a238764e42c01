import type { OfflineOutcome, OfflineRefusal, OfflineSettlement, OfflineUse, OfflineUseStore } from '../../../core/vouchers/index.ts'
import { instant } from '../columns.ts'
import type { Scalar } from '../dialect.ts'
import type { Unit } from '../sql.ts'

interface UseRow {
  readonly id: string
  readonly hospital_id: string
  readonly entry_id: string
  readonly content_key: string
  readonly voucher_id: string | null
  readonly used_at_ms: number
  readonly list_sequence: number
  readonly synced_at_ms: number
  /** Null only inside the transaction that decides it. */
  readonly outcome: OfflineOutcome['kind'] | null
  readonly use_id: string | null
  readonly reason: OfflineRefusal | null
  readonly settled_at_ms: number | null
  readonly settled_by: string | null
  readonly settled_how: OfflineSettlement | null
}

export function sqlOfflineUses ({ sql }: Unit): OfflineUseStore {
  const one = async (condition: string, params: readonly Scalar[]): Promise<OfflineUse | null> => {
    const row = await sql.first<UseRow>(`select * from voucher_offline_uses where ${condition}`, params)
    return row && useOf(row)
  }
  return {
    find: (hospitalId, entryId) => one('hospital_id = ? and entry_id = ?', [hospitalId, entryId]),
    findById: (id) => one('id = ?', [id]),
    claim: async ({ id, hospitalId, entryId, contentKey, voucherId, usedAt, listSequence, syncedAt }) => await sql.run(
      `insert into voucher_offline_uses (id, hospital_id, entry_id, content_key, voucher_id, used_at_ms, list_sequence, synced_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (hospital_id, entry_id) do nothing`,
      [id, hospitalId, entryId, contentKey, voucherId, usedAt.getTime(), listSequence, syncedAt.getTime()]) === 1,
    decide: async (id, outcome) => {
      await sql.run('update voucher_offline_uses set outcome = ?, use_id = ?, reason = ?, proof_key = case when ? = 1 then proof_key end where id = ?',
        [outcome.kind, outcome.kind === 'taken' ? outcome.useId : null, outcome.kind === 'refused' ? outcome.reason : null, outcome.kind === 'taken' ? 1 : 0, id])
    },
    takeProof: async (id, proofKey) => await sql.run(
      'update voucher_offline_uses set proof_key = ? where id = ? and not exists (select 1 from voucher_offline_uses used where used.proof_key = ?)', [proofKey, id, proofKey]) === 1,
    settle: async (id, { at, by, how }) => await sql.run(
      'update voucher_offline_uses set settled_at_ms = ?, settled_by = ?, settled_how = ? where id = ? and outcome = \'refused\' and settled_at_ms is null', [at.getTime(), by, how, id]) === 1,
    list: async ({ hospitalId, outcome, isOpen }, { limit, offset }) => {
      const conditions: readonly (readonly [string, readonly Scalar[]])[] = [
        ['outcome is not null', []],
        ...(hospitalId === null ? [] : [['hospital_id = ?', [hospitalId]] as const]),
        ...(outcome === null ? [] : [['outcome = ?', [outcome]] as const]),
        ...(isOpen === null ? [] : [[isOpen ? 'outcome = \'refused\' and settled_at_ms is null' : '(outcome <> \'refused\' or settled_at_ms is not null)', []] as const])
      ]
      return (await sql.all<UseRow>(`select * from voucher_offline_uses where ${conditions.map(([text]) => text).join(' and ')} order by synced_at_ms desc, id limit ? offset ?`,
        [...conditions.flatMap(([, params]) => params), limit, offset])).map(useOf)
    }
  }
}

function useOf (row: UseRow): OfflineUse {
  return {
    id: row.id, hospitalId: row.hospital_id, entryId: row.entry_id, contentKey: row.content_key, voucherId: row.voucher_id, usedAt: instant(row.used_at_ms),
    listSequence: row.list_sequence, syncedAt: instant(row.synced_at_ms),
    outcome: row.outcome === 'taken' ? { kind: 'taken', useId: row.use_id ?? '' } : { kind: 'refused', reason: row.reason ?? 'unknown' },
    settled: row.settled_at_ms === null ? null : { at: instant(row.settled_at_ms), by: row.settled_by ?? '', how: row.settled_how ?? 'was_a_mistake' }
  }
}
