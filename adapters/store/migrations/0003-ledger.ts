import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

/** Decision 4: entries and postings are never changed; sums come from the postings alone. */
export const ledger: Migration = {
  name: '0003-ledger',
  up: ({ integer, sequence, table, clustered, appendOnly }) => [
    `create table entries (
      sequence ${sequence},
      id text not null unique,
      hospital_id text not null,
      kind text not null check (kind in ('charge', 'adjustment', 'payment', 'reversal')),
      source_key text not null unique,
      effective_on text not null,
      posted_at_ms ${integer} not null,
      reverses text,
      memo text,
      check ((kind = 'reversal') = (reverses is not null))
    ) ${table}`,
    'create unique index entries_reverses on entries (reverses) where reverses is not null',
    `create table postings (
      entry ${integer} not null references entries (sequence),
      place ${integer} not null,
      hospital_id text not null,
      account text not null,
      amount_fen ${integer} not null check (amount_fen <> 0 and amount_fen between -9000000000000000 and 9000000000000000),
      primary key (entry, place)
    ) ${clustered}`,
    'create index postings_account on postings (account, hospital_id, entry, amount_fen)',
    ...appendOnly('entries'),
    ...appendOnly('postings'),
    `create table charges (
      id text primary key,
      hospital_id text not null,
      kind text not null check (kind in ('charge', 'adjustment', 'payment')),
      transaction_id text not null,
      patient_id text not null,
      visit_id text,
      amount_fen ${integer} check (amount_fen between -9000000000000000 and 9000000000000000),
      occurred_on text,
      code text,
      text text,
      credited_by text,
      credited_fen ${integer} check (credited_fen between -9000000000000000 and 9000000000000000),
      credited_on text,
      state text not null check (state in ('posted', 'reversed', 'awaiting_charge')),
      received_at_ms ${integer} not null
    ) ${table}`,
    'create index charges_patient on charges (patient_id, occurred_on)',
    'create index charges_visit on charges (visit_id) where visit_id is not null',
    'create index charges_hospital on charges (hospital_id, occurred_on)'
  ],
  down: (words) => [...dropTables('charges'), ...dropAppendOnly(words, 'postings', 'entries')]
}
