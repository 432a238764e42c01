import { dropAppendOnly, type Migration } from './migration.ts'

/** 审计链: heads over entries and audit events. */
export const seals: Migration = {
  name: '0024-seals',
  up: ({ integer, clustered, appendOnly }) => [
    `create table seals (
      chain text not null check (chain in ('ledger', 'access')),
      number ${integer} not null,
      from_sequence ${integer} not null,
      to_sequence ${integer} not null,
      row_count ${integer} not null,
      root text not null,
      previous_head text not null,
      head text not null,
      sealed_at_ms ${integer} not null,
      primary key (chain, number)
    ) ${clustered}`,
    ...appendOnly('seals')
  ],
  down: (words) => dropAppendOnly(words, 'seals')
}
