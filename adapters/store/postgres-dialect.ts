import type { Dialect } from './dialect.ts'

/** SQLSTATE codes, https://www.postgresql.org/docs/15/errcodes-appendix.html. */
const conflict = new Set(['23505', '40001', '40P01', '55P03'])
const unavailable = /^(08|53|57P0|58|25006)/
const brokenSocket = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])
const lostConnection = /Connection terminated|Connection ended|Client has encountered a connection error|not queryable|Timeout acquiring a connection/i

export const postgresDialect: Dialect = {
  name: 'postgres',
  hasNumberedPlaceholders: true,
  hasArrayParameters: true,
  hasWritingCtes: true,
  isIn: (column) => `${column} = any(?)`,
  list: (values) => values,
  orderedCommits: '(select pg_advisory_xact_lock(hashtext(current_schema()), 1)) as taken',
  oneByOne: 'select pg_advisory_xact_lock(hashtextextended(current_schema() || \' \' || ?, 0))',
  lockRows: (alias) => ` for update of ${alias}`,
  randomUuid: 'gen_random_uuid()::text',
  series: 'generate_series(?::bigint, ?::bigint) as series (n)',
  refusalOf: (error) => {
    if (!(error instanceof Error)) return null
    const code = 'code' in error ? String(error.code) : ''
    if (conflict.has(code)) return 'STORE_WRITE_CONFLICT'
    return unavailable.test(code) || brokenSocket.has(code) || lostConnection.test(error.message) ? 'STORE_UNAVAILABLE' : null
  },
  words: {
    integer: 'bigint',
    real: 'double precision',
    bytes: 'bytea',
    sequence: 'bigint generated always as identity primary key',
    table: '',
    clustered: '',
    byBytes: 'collate "C"',
    appendOnly: (table) => [
      `create function ${table}_refuse() returns trigger language plpgsql as $$ begin raise exception '${table} is append-only'; end $$`,
      `create trigger ${table}_refuse_change before update or delete on ${table} for each row execute function ${table}_refuse()`,
      `create trigger ${table}_refuse_truncate before truncate on ${table} for each statement execute function ${table}_refuse()`
    ],
    mayPurge: (table, condition) => [
      `create or replace function ${table}_refuse() returns trigger language plpgsql as $$ begin
        ${condition === null ? '' : `if tg_op = 'DELETE' then if ${condition} then return old; end if; end if;`}
        raise exception '${table} is append-only'; end $$`
    ],
    dropCheck: (table, column) => `alter table ${table} drop constraint if exists ${table}_${column}_check`,
    dropAppendOnly: (table) => [`drop function ${table}_refuse()`]
  }
}
