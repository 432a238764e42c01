import { dropTables, type Migration } from './migration.ts'

export const people: Migration = {
  name: '0004-people',
  up: ({ integer, sequence, table, clustered }) => [
    `create table patients (
      sequence ${sequence},
      id text not null unique,
      hospital_id text not null,
      person_id text not null,
      name text,
      birth_date text,
      gender text check (gender in ('male', 'female', 'other', 'unknown')),
      active ${integer} not null,
      identifiers text not null
    ) ${table}`,
    'create index patients_person on patients (person_id)',
    'create index patients_hospital on patients (hospital_id, sequence)',
    `create table patient_identifiers (
      system text not null,
      value text not null,
      patient_id text not null,
      primary key (system, value, patient_id)
    ) ${clustered}`,
    'create index patient_identifiers_patient on patient_identifiers (patient_id)',
    `create table patient_links (
      id text primary key,
      kind text not null check (kind in ('merge', 'same_person')),
      from_id text not null,
      to_id text not null,
      because text not null,
      created_at_ms ${integer} not null,
      ended_at_ms ${integer}
    ) ${table}`,
    'create unique index patient_links_active on patient_links (from_id, to_id, kind) where ended_at_ms is null',
    'create index patient_links_to on patient_links (to_id) where ended_at_ms is null',
    `create table visits (
      id text primary key,
      hospital_id text not null,
      visit_number text,
      patient_id text not null,
      class text check (class in ('outpatient', 'inpatient', 'emergency', 'other')),
      state text not null check (state in ('unconfirmed', 'planned', 'registered', 'in_progress', 'closed', 'cancelled')),
      started_at_ms ${integer},
      ended_at_ms ${integer},
      department text,
      practitioner_id text
    ) ${table}`,
    'create index visits_patient on visits (patient_id, started_at_ms)',
    'create index visits_hospital on visits (hospital_id, started_at_ms)',
    `create table practitioners (
      id text primary key,
      hospital_id text not null,
      name text,
      department text,
      active ${integer} not null
    ) ${table}`,
    'create index practitioners_hospital on practitioners (hospital_id, id)'
  ],
  down: () => dropTables('practitioners', 'visits', 'patient_links', 'patient_identifiers', 'patients')
}
