import { dropTables, type Migration } from './migration.ts'

export const notices: Migration = {
  name: '0020-notices',
  up: ({ integer, table }) => [
    `create table notices (
      key text primary key,
      template text not null,
      patient_id text not null,
      state text not null,
      channel text,
      proof_id text,
      reason text,
      queued_at_ms ${integer} not null,
      sent_at_ms ${integer},
      proven_at_ms ${integer},
      message_id text not null,
      params text not null,
      tried text not null,
      look_at_ms ${integer},
      asks ${integer} not null
    ) ${table}`,
    'create index notices_patient on notices (patient_id, queued_at_ms)',
    'create index notices_look on notices (look_at_ms) where look_at_ms is not null',
    `create table devices (
      id text primary key,
      owner_id text not null,
      token_key text not null unique,
      token text not null,
      platform text not null,
      registered_at_ms ${integer} not null
    ) ${table}`,
    'create index devices_owner on devices (owner_id)',
    // Sealed: a template message can only be sent to the openid itself.
    'alter table wechat_followers add column openid text'
  ],
  down: () => ['alter table wechat_followers drop column openid', ...dropTables('devices', 'notices')]
}
