import type { SchemaWords } from '../dialect.ts'
import type { Migration } from './migration.ts'

/** Which kinds there are is told by core/ledger/entry.ts alone; here only that a reversal names what it reverses. */
const madeAnew = ({ integer, sequence, table, clustered, appendOnly }: SchemaWords): readonly string[] => [
  `create table entries_anew (
    sequence ${sequence},
    id text not null unique,
    hospital_id text not null,
    kind text not null,
    source_key text not null unique,
    effective_on text not null,
    posted_at_ms ${integer} not null,
    reverses text,
    memo text,
    check ((kind = 'reversal') = (reverses is not null))
  ) ${table}`,
  'insert into entries_anew select sequence, id, hospital_id, kind, source_key, effective_on, posted_at_ms, reverses, memo from entries order by sequence',
  `create table postings_anew (
    entry ${integer} not null references entries_anew (sequence),
    place ${integer} not null,
    hospital_id text not null,
    account text not null,
    amount_fen ${integer} not null check (amount_fen <> 0 and amount_fen between -9000000000000000 and 9000000000000000),
    primary key (entry, place)
  ) ${clustered}`,
  'insert into postings_anew select entry, place, hospital_id, account, amount_fen from postings order by entry, place',
  'drop table postings',
  'drop table entries',
  'alter table entries_anew rename to entries',
  'alter table postings_anew rename to postings',
  'create unique index entries_reverses on entries (reverses) where reverses is not null',
  'create index postings_account on postings (account, hospital_id, entry, amount_fen)',
  ...appendOnly('entries'),
  ...appendOnly('postings')
]

/**
 * Entries of every effect of money: settlements, refunds, write-offs and the rest. The index by day serves closed days.
 * Down leaves the kinds open, since entries of the new kinds may stand.
 */
export const entryKinds: Migration = {
  name: '0014-entry-kinds',
  up: (words) => [
    ...words.dropCheck === null ? madeAnew(words) : [words.dropCheck('entries', 'kind')],
    'create index entries_effective on entries (effective_on, sequence)'
  ],
  down: () => ['drop index entries_effective']
}
