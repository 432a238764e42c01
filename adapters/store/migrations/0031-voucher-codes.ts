import { dropTables, type Migration } from './migration.ts'

/** 券码: which keys have signed, deny lists, and uses that hospitals noted with no line. */
export const voucherCodes: Migration = {
  name: '0031-voucher-codes',
  up: ({ integer, bytes, table }) => [
    `create table voucher_code_keys (
      key_id text primary key,
      signs_from_ms ${integer} not null,
      signed_until_ms ${integer}
    ) ${table}`,
    `create table voucher_deny_lists (
      sequence ${integer} primary key,
      issued_at_ms ${integer} not null,
      valid_until_ms ${integer} not null,
      manifest text,
      key_id text,
      signature text,
      entries ${bytes}
    ) ${table}`,
    `create table voucher_offline_uses (
      id text primary key,
      hospital_id text not null,
      entry_id text not null,
      content_key text not null,
      voucher_id text,
      used_at_ms ${integer} not null,
      list_sequence ${integer} not null,
      synced_at_ms ${integer} not null,
      outcome text,
      use_id text,
      reason text,
      proof_key text unique,
      settled_at_ms ${integer},
      settled_by text,
      settled_how text,
      unique (hospital_id, entry_id)
    ) ${table}`,
    'create index voucher_offline_uses_synced on voucher_offline_uses (synced_at_ms, id)',
    'create index voucher_offline_uses_open on voucher_offline_uses (synced_at_ms, id) where outcome = \'refused\' and settled_at_ms is null',
    'create index vouchers_denied on vouchers (batch, seq) where state in (\'used\', \'examined\', \'redeemed\', \'void\', \'expired\')'
  ],
  down: () => ['drop index vouchers_denied', ...dropTables('voucher_offline_uses', 'voucher_deny_lists', 'voucher_code_keys')]
}
