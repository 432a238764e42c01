import type { SchemaWords } from '../dialect.ts'
import { dropTables, type Migration } from './migration.ts'

const orders = ({ integer, table, clustered }: SchemaWords): readonly string[] => [
  `create table consultations (
    id text primary key,
    number text not null unique,
    hospital_id text not null,
    patient_id text not null,
    kind text not null,
    mode text not null,
    channel text not null,
    accepted_by text not null,
    made_by text not null,
    complaint text not null,
    named_doctor_id text,
    doctor_id text,
    price_fen ${integer} not null check (price_fen >= 0),
    fee_permille ${integer} not null,
    state text not null check (state in ('created', 'paid', 'assigned', 'in_progress', 'refund_review', 'finished', 'settled', 'refunded', 'cancelled')),
    reviewed_from text,
    declined_by text not null,
    hospital_answer text,
    end_reason text,
    created_at_ms ${integer} not null,
    paid_at_ms ${integer},
    assigned_at_ms ${integer},
    accepted_at_ms ${integer},
    replied_at_ms ${integer},
    urged_at_ms ${integer},
    finished_at_ms ${integer},
    ended_at_ms ${integer},
    due_at_ms ${integer},
    due_for text,
    version ${integer} not null
  ) ${table}`,
  'create index consultations_patient on consultations (patient_id, created_at_ms)',
  'create index consultations_doctor on consultations (doctor_id, created_at_ms) where doctor_id is not null',
  'create index consultations_hospital on consultations (hospital_id, created_at_ms)',
  'create index consultations_made on consultations (created_at_ms)',
  'create index consultations_state on consultations (state, created_at_ms)',
  'create index consultations_due on consultations (due_at_ms) where due_at_ms is not null',
  "create index consultations_open on consultations (doctor_id) where state in ('assigned', 'in_progress')",
  `create table consultation_days (
    day text primary key,
    last ${integer} not null
  ) ${clustered}`
]

const afterSales = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table after_sales (
    id text primary key,
    consultation_id text not null,
    hospital_id text not null,
    patient_id text not null,
    type text not null check (type in ('support', 'urge', 'refund', 'switch_doctor')),
    state text not null check (state in ('open', 'approved', 'rejected', 'done')),
    reason text,
    doctor_id text,
    asked_at_ms ${integer} not null,
    asked_by text not null,
    due_at_ms ${integer},
    alerted_at_ms ${integer},
    decided_at_ms ${integer},
    decided_by text,
    decision text
  ) ${table}`,
  'create index after_sales_consultation on after_sales (consultation_id, asked_at_ms)',
  'create index after_sales_asked on after_sales (asked_at_ms)',
  "create index after_sales_late on after_sales (due_at_ms) where state = 'open' and alerted_at_ms is null and due_at_ms is not null"
]

const doctors = ({ integer, clustered }: SchemaWords): readonly string[] => [
  `create table doctor_fees (
    doctor_id text not null,
    hospital_id text not null,
    product text not null,
    price_fen ${integer} not null check (price_fen >= 0),
    set_at_ms ${integer} not null,
    set_by text not null,
    primary key (doctor_id, product)
  ) ${clustered}`,
  'create index doctor_fees_hospital on doctor_fees (hospital_id, product, price_fen)',
  `create table doctor_presences (
    doctor_id text primary key,
    is_online ${integer} not null,
    seen_at_ms ${integer} not null
  ) ${clustered}`
]

/** A notice may be for somebody of the staff: made anew, since SQLite cannot let a column be empty afterwards. */
const notices = ({ integer, table }: SchemaWords, { ofPatients }: { readonly ofPatients: boolean }): readonly string[] => [
  `create table notices_anew (
    key text primary key,
    template text not null,
    patient_id text${ofPatients ? ' not null' : ',\n    staff_id text'},
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
    asks ${integer} not null${ofPatients ? '' : ',\n    check ((patient_id is null) <> (staff_id is null))'}
  ) ${table}`,
  `insert into notices_anew (key, template, patient_id, state, channel, proof_id, reason, queued_at_ms, sent_at_ms, proven_at_ms, message_id, params, tried, look_at_ms, asks)
    select key, template, patient_id, state, channel, proof_id, reason, queued_at_ms, sent_at_ms, proven_at_ms, message_id, params, tried, look_at_ms, asks from notices where patient_id is not null`,
  'drop table notices',
  'alter table notices_anew rename to notices',
  'create index notices_patient on notices (patient_id, queued_at_ms)',
  'create index notices_look on notices (look_at_ms) where look_at_ms is not null',
  ...ofPatients ? [] : ['create index notices_staff on notices (staff_id, queued_at_ms) where staff_id is not null']
]

/** 问诊单、售后、医生定价与在线, and notices to doctors. */
export const consultationTables: Migration = {
  name: '0033-consultations',
  up: (words) => [...orders(words), ...afterSales(words), ...doctors(words), ...notices(words, { ofPatients: false })],
  down: (words) => [...notices(words, { ofPatients: true }), ...dropTables('doctor_presences', 'doctor_fees', 'after_sales', 'consultation_days', 'consultations')]
}
