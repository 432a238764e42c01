import type { Dialect } from './dialect.ts'

/** Result codes by their names, https://sqlite.org/rescode.html; the extended code holds the primary one in its low byte. */
const unavailable = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM|PROTOCOL)/
const conflict = /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY|ROWID)/

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  hasNumberedPlaceholders: false,
  hasArrayParameters: false,
  hasWritingCtes: false,
  isIn: (column) => `${column} in (select value from json_each(?))`,
  list: (values) => JSON.stringify(values),
  orderedCommits: null,
  oneByOne: null,
  lockRows: () => '',
  randomUuid: "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))",
  series: '(with recursive counted (n) as (select cast(? as integer) union all select n + 1 from counted where n < ?) select n from counted) as series',
  refusalOf: (error) => {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
    if (unavailable.test(code)) return 'STORE_UNAVAILABLE'
    return conflict.test(code) ? 'STORE_WRITE_CONFLICT' : null
  },
  words: {
    integer: 'integer',
    real: 'real',
    bytes: 'blob',
    sequence: 'integer primary key autoincrement',
    table: 'strict',
    clustered: 'strict, without rowid',
    byBytes: '',
    appendOnly: (table) => ['update', 'delete'].map((change) =>
      `create trigger ${table}_refuse_${change} before ${change} on ${table} begin select raise(abort, '${table} is append-only'); end`),
    mayPurge: (table, condition) => [
      `drop trigger ${table}_refuse_delete`,
      `create trigger ${table}_refuse_delete before delete on ${table} ${condition === null ? '' : `when not (${condition}) `}begin select raise(abort, '${table} is append-only'); end`
    ],
    dropCheck: null,
    dropAppendOnly: () => []
  }
}
