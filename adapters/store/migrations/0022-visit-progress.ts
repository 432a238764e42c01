import { dropTables, type Migration } from './migration.ts'

/** How a visit is paid, our number of it, what goes on in its place, and its course; readings of persons nobody knows yet. */
export const visitProgress: Migration = {
  name: '0022-visit-progress',
  up: ({ integer, table, clustered }) => [
    'alter table visits add column placer_number text',
    'alter table visits add column pay_mode text check (pay_mode in (\'postpay\', \'self_pay\'))',
    'alter table visits add column continued_as text',
    'create index visits_continued on visits (continued_as) where continued_as is not null',
    `create table visit_steps (
      visit_id text not null,
      kind text not null,
      key text not null,
      at_ms ${integer} not null,
      about text,
      queue_number text,
      room text,
      primary key (visit_id, kind, key)
    ) ${clustered}`,
    'alter table identity_readings add column unknown_identifier text',
    `create table personal_code_uses (
      token_id text not null,
      code_key text not null,
      used_at_ms ${integer} not null,
      primary key (token_id, code_key)
    ) ${table}`,
    'create index personal_code_uses_used on personal_code_uses (used_at_ms)'
  ],
  down: () => [
    ...dropTables('personal_code_uses', 'visit_steps'),
    'alter table identity_readings drop column unknown_identifier',
    'drop index visits_continued',
    ...['continued_as', 'pay_mode', 'placer_number'].map((column) => `alter table visits drop column ${column}`)
  ]
}
