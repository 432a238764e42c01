import type { SchemaWords } from '../dialect.ts'
import { dropTables, type Migration } from './migration.ts'

const slots = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table schedules (
      id text primary key,
      hospital_id text not null,
      owner text not null check (owner in ('his', 'ours')),
      practitioner_id text,
      department text,
      service_type text,
      is_active ${integer} not null check (is_active in (0, 1))
    ) ${table}`,
  'create index schedules_hospital on schedules (hospital_id, department)',
  'create index schedules_practitioner on schedules (practitioner_id) where practitioner_id is not null',
  `create table slots (
      id text primary key,
      schedule_id text not null,
      hospital_id text not null,
      starts_at_ms ${integer} not null,
      ends_at_ms ${integer} not null,
      capacity ${integer} not null check (capacity >= 0),
      taken ${integer} not null check (taken >= 0),
      is_open ${integer} not null check (is_open in (0, 1))
    ) ${table}`,
  'create index slots_schedule on slots (schedule_id, starts_at_ms)',
  'create index slots_start on slots (starts_at_ms, id)'
]

const appointmentColumns = ({ integer }: SchemaWords): string => `
      id text primary key,
      hospital_id text not null,
      slot_id text,
      is_ours ${integer} not null,
      is_made_here ${integer} not null,
      patient_id text not null,
      practitioner_id text,
      department text,
      service_type text,
      purpose_kind text not null,
      subject_id text,
      state text not null check (state in ('held', 'requested', 'unknown', 'booked', 'arrived', 'fulfilled', 'no_show', 'cancelled', 'refused', 'released')),
      is_live ${integer} not null check (is_live in (0, 1)),
      asking text check (asking in ('cancel', 'move')),
      wanted_slot_id text,
      starts_at_ms ${integer} not null,
      ends_at_ms ${integer} not null,
      placer_number text,
      filler_number text,
      hold_until_ms ${integer},
      moves ${integer} not null,
      answer_key text,
      reason text,
      made_at_ms ${integer} not null,
      made_by text not null,
      reminded_for_ms ${integer}`

const appointments = (words: SchemaWords): readonly string[] => [
  `create table appointments (${appointmentColumns(words)}
    ) ${words.table}`,
  // One live appointment of a subject: a voucher that is booked twice at once is booked once.
  'create unique index appointments_live_subject on appointments (purpose_kind, subject_id) where is_live = 1 and subject_id is not null',
  'create unique index appointments_placer on appointments (hospital_id, placer_number) where placer_number is not null',
  'create index appointments_filler on appointments (hospital_id, filler_number) where filler_number is not null',
  'create index appointments_patient on appointments (patient_id, starts_at_ms)',
  'create index appointments_slot on appointments (slot_id) where slot_id is not null',
  'create index appointments_hospital on appointments (hospital_id, starts_at_ms)',
  'create index appointments_subject on appointments (purpose_kind, subject_id) where subject_id is not null',
  "create index appointments_holds on appointments (hold_until_ms) where state = 'held'",
  'create index appointments_ends on appointments (ends_at_ms) where is_live = 1 and is_made_here = 1'
]

const waits = ({ integer, sequence, table }: SchemaWords): readonly string[] => [
  `create table slot_waits (
      sequence ${sequence},
      id text not null unique,
      slot_id text not null,
      hospital_id text not null,
      patient_id text not null,
      purpose_kind text not null,
      subject_id text,
      state text not null check (state in ('waiting', 'offered', 'taken', 'passed', 'left')),
      appointment_id text,
      joined_at_ms ${integer} not null,
      joined_by text not null
    ) ${table}`,
  "create unique index slot_waits_person on slot_waits (slot_id, patient_id) where state = 'waiting'",
  "create index slot_waits_line on slot_waits (slot_id, sequence) where state = 'waiting'",
  'create index slot_waits_offer on slot_waits (appointment_id) where appointment_id is not null',
  'create index slot_waits_patient on slot_waits (patient_id, sequence)',
  'create index slot_waits_hospital on slot_waits (hospital_id, sequence)'
]

/** 预约. Schedules and slots with the seats that are taken, appointments, and the lines that wait for a seat. */
export const appointmentTables: Migration = {
  name: '0028-appointments',
  up: (words) => [...slots(words), ...appointments(words), ...waits(words)],
  down: () => dropTables('slot_waits', 'appointments', 'slots', 'schedules')
}
