import { dropTables, type Migration } from './migration.ts'

export const identityReadings: Migration = {
  name: '0015-identity-readings',
  up: ({ integer, table }) => [
    `create table identity_readings (
      id text primary key,
      token_id text not null,
      hospital_id text not null,
      kind text not null,
      patient_id text not null,
      read_at_ms ${integer} not null,
      expires_at_ms ${integer} not null
    ) ${table}`,
    'create index identity_readings_expires on identity_readings (expires_at_ms)'
  ],
  down: () => dropTables('identity_readings')
}
