import type { CodeKeyStore, DenyListStore } from '../../../core/vouchers/index.ts'
import { bytes, instant, json } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface ListRow {
  readonly sequence: number
  readonly issued_at_ms: number
  readonly valid_until_ms: number
  readonly manifest: string | null
  readonly key_id: string | null
  readonly signature: string | null
  readonly entries: Uint8Array | ArrayBuffer | null
}

export function sqlCodeKeys ({ sql }: Unit): CodeKeyStore {
  return {
    noteSigning: async (keyId, at) => {
      await sql.run('update voucher_code_keys set signed_until_ms = ? where key_id <> ? and signed_until_ms is null', [at.getTime(), keyId])
      // A key that is put back signs again.
      await sql.run('insert into voucher_code_keys (key_id, signs_from_ms) values (?, ?) on conflict (key_id) do update set signed_until_ms = null where voucher_code_keys.signed_until_ms is not null', [keyId, at.getTime()])
    },
    needed: async (at) => (await sql.all<{ readonly key_id: string }>(
      `select key_id from voucher_code_keys where exists (
        select 1 from voucher_batches where valid_until_ms > ? and (signed_until_ms is null or created_at_ms < signed_until_ms)
      ) order by key_id`, [at.getTime()])).map((row) => row.key_id)
  }
}

export function sqlDenyLists ({ sql }: Unit): DenyListStore {
  const head = async (text: string, params: readonly number[]) => {
    const row = await sql.first<Pick<ListRow, 'sequence' | 'issued_at_ms' | 'valid_until_ms'>>(`select sequence, issued_at_ms, valid_until_ms from voucher_deny_lists ${text}`, params)
    return row && { sequence: row.sequence, issuedAt: instant(row.issued_at_ms), validUntil: instant(row.valid_until_ms) }
  }
  return {
    liveBatches: async (at, limit) => (await sql.all<{ readonly number: number, readonly hospital_ids: string, readonly examination_name: string }>(
      'select number, hospital_ids, examination_name from voucher_batches where valid_until_ms > ? and voided_at_ms is null order by number limit ?', [at.getTime(), limit]
    )).map((row) => ({ batch: row.number, hospitals: json(row.hospital_ids), service: row.examination_name })),
    denied: ({ batch, afterSeq, limit }) => sql.all(
      'select id, seq from vouchers where batch = ? and seq > ? and state in (\'used\', \'examined\', \'redeemed\', \'void\', \'expired\') order by seq limit ?', [batch, afterSeq, limit]),
    lastHead: () => head('order by sequence desc limit 1', []),
    head: (sequence) => head('where sequence = ?', [sequence]),
    signed: async (sequence) => {
      const row = await sql.first<ListRow>('select * from voucher_deny_lists where sequence = ?', [sequence])
      const { manifest = null, key_id: keyId = null, signature = null, entries = null } = row ?? {}
      return manifest === null || keyId === null || signature === null || entries === null ? null : { sequence, manifest, keyId, signature, entries: bytes(entries) }
    },
    add: async ({ sequence, issuedAt, validUntil, manifest, keyId, signature, entries }) => {
      const isNew = await sql.run('insert into voucher_deny_lists (sequence, issued_at_ms, valid_until_ms, manifest, key_id, signature, entries) values (?, ?, ?, ?, ?, ?, ?) on conflict (sequence) do nothing',
        [sequence, issuedAt.getTime(), validUntil.getTime(), manifest, keyId, signature, entries]) === 1
      if (isNew) await sql.run('update voucher_deny_lists set manifest = null, signature = null, entries = null where sequence < ? and manifest is not null', [sequence])
      return isNew
    },
    dropHeads: async (validBefore) => { await sql.run('delete from voucher_deny_lists where valid_until_ms < ?', [validBefore.getTime()]) }
  }
}
