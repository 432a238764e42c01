import type { CodeCopy, VoucherCopyStore, VoucherParty, VoucherPartyStore, WriteOff } from '../../../core/vouchers/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface CodeRow {
  readonly voucher_id: string
  readonly community_id: string
  readonly code: string
  readonly stored_at_ms: number
  readonly spent_at_ms: number | null
  readonly spent_because: CodeCopy['spentBecause']
}

interface WriteOffRow {
  readonly use_id: string
  readonly voucher_id: string
  readonly batch: number
  readonly hospital_id: string
  readonly state: WriteOff['state']
  readonly redeemed_at_ms: number
  readonly received_at_ms: number
}

const saveWriteOff = upsert('voucher_write_offs', ['use_id'], ['use_id', 'voucher_id', 'batch', 'hospital_id', 'state', 'redeemed_at_ms', 'received_at_ms'])

/**
 * What each side must say: the back office of every use that is or was redeemed, the community of every voucher that is
 * over, the person's list of every voucher that is redeemed.
 */
const differing = `
  select 'back_office ' || u.id as what from voucher_uses u left join voucher_write_offs w on w.use_id = u.id
    where u.state in ('redeemed', 'rolled_back') and (w.state is null or w.state <> u.state)
  union all select 'back_office ' || w.use_id from voucher_write_offs w left join voucher_uses u on u.id = w.use_id where u.id is null
  union all select 'community ' || v.id from voucher_codes c join vouchers v on v.id = c.voucher_id
    where case when v.state in ('redeemed', 'void', 'expired') then 0 else 1 end <> case when c.spent_at_ms is null then 1 else 0 end
  union all select 'person ' || v.id from vouchers v where v.patient_id is not null and v.is_hidden <> case when v.state = 'redeemed' then 1 else 0 end
  limit ?`

export function sqlVoucherCopies ({ sql, build, dialect }: Unit): VoucherCopyStore {
  return {
    keepCode: async ({ voucherId, communityId, code, storedAt }) => {
      await sql.run('insert into voucher_codes (voucher_id, community_id, code, stored_at_ms) values (?, ?, ?, ?) on conflict (voucher_id) do nothing', [voucherId, communityId, code, storedAt.getTime()])
    },
    codeOf: async (voucherId) => {
      const row = await sql.first<CodeRow>('select * from voucher_codes where voucher_id = ?', [voucherId])
      return row && copyOf(row)
    },
    codesOf: async (voucherIds) => (await sql.all<CodeRow>(`select * from voucher_codes where ${dialect.isIn('voucher_id')}`, [dialect.list(voucherIds)])).map(copyOf),
    spendCode: async (voucherId, spent) => {
      const [at, because] = [msOrNull(spent?.at ?? null), spent?.because ?? null]
      await sql.run('update voucher_codes set spent_at_ms = ?, spent_because = ? where voucher_id = ? and (spent_at_ms is null or cast(? as text) is null)', [at, because, voucherId, because])
    },
    keepWriteOff: async ({ useId, voucherId, batch, hospitalId, state, redeemedAt, receivedAt }) => { await sql.run(saveWriteOff, [useId, voucherId, batch, hospitalId, state, redeemedAt.getTime(), receivedAt.getTime()]) },
    writeOffs: async ({ batch, hospitalId }, { limit, offset }) => {
      const query = build('voucher_write_offs').select('*').orderBy([{ column: 'received_at_ms', order: 'desc' }, { column: 'use_id' }]).limit(limit).offset(offset)
      if (batch !== null) query.where('batch', batch)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      return (await sql.built<WriteOffRow>(query)).map((row) => ({
        useId: row.use_id, voucherId: row.voucher_id, batch: row.batch, hospitalId: row.hospital_id, state: row.state, redeemedAt: instant(row.redeemed_at_ms), receivedAt: instant(row.received_at_ms)
      }))
    },
    differing: async (limit) => (await sql.all<{ readonly what: string }>(differing, [limit])).map(({ what }) => what)
  }
}

function copyOf (row: CodeRow): CodeCopy {
  return { voucherId: row.voucher_id, communityId: row.community_id, code: row.code, storedAt: instant(row.stored_at_ms), spentAt: instantOrNull(row.spent_at_ms), spentBecause: row.spent_because }
}

interface PartyRow { readonly kind: VoucherParty['kind'], readonly id: string, readonly name: string, readonly is_active: number, readonly registered_at_ms: number, readonly registered_by: string }

const saveParty = upsert('voucher_parties', ['kind', 'id'], ['kind', 'id', 'name', 'is_active', 'registered_at_ms', 'registered_by'])

export function sqlVoucherParties ({ sql }: Unit): VoucherPartyStore {
  return {
    find: async (kind, id) => {
      const row = await sql.first<PartyRow>('select * from voucher_parties where kind = ? and id = ?', [kind, id])
      return row && partyOf(row)
    },
    list: async (kind) => (await sql.all<PartyRow>('select * from voucher_parties where kind = coalesce(cast(? as text), kind) order by kind, id limit 10000', [kind])).map(partyOf),
    save: async ({ kind, id, name, isActive, registeredAt, by }) => { await sql.run(saveParty, [kind, id, name, isActive ? 1 : 0, registeredAt.getTime(), by]) }
  }
}

function partyOf ({ kind, id, name, is_active: isActive, registered_at_ms: ms, registered_by: by }: PartyRow): VoucherParty {
  return { kind, id, name, isActive: isActive === 1, registeredAt: instant(ms), by }
}
