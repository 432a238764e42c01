import type { SchemaWords } from '../dialect.ts'
import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

const records = ({ integer, table, appendOnly }: SchemaWords): readonly string[] => [
  `create table consult_record_versions (
      consultation_id text not null,
      version ${integer} not null,
      id text not null,
      hospital_id text not null,
      patient_id text not null,
      doctor_id text not null,
      content text not null,
      amended_because text,
      signature text not null,
      signed_at_ms ${integer} not null,
      primary key (consultation_id, version)
    ) ${table}`,
  ...appendOnly('consult_record_versions')
]

const documents = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table prescriptions (
      id text primary key,
      number text not null,
      consultation_id text not null,
      hospital_id text not null,
      patient_id text not null,
      doctor_id text not null,
      record_id text not null,
      record_version ${integer} not null,
      diagnoses text not null,
      items text not null,
      is_guardian_present ${integer} not null,
      state text not null check (state in ('draft', 'signed', 'pharmacist_approved', 'rejected', 'dispensed', 'expired', 'void')),
      drafted_at_ms ${integer} not null,
      signature text,
      valid_until_ms ${integer},
      review text,
      ended_at_ms ${integer},
      reason text
    ) ${table}`,
  'create index prescriptions_patient on prescriptions (patient_id, drafted_at_ms)',
  'create index prescriptions_doctor on prescriptions (doctor_id, drafted_at_ms)',
  'create index prescriptions_consultation on prescriptions (consultation_id)',
  "create index prescriptions_to_review on prescriptions (hospital_id, drafted_at_ms) where state = 'signed'",
  "create index prescriptions_expiring on prescriptions (valid_until_ms) where state in ('signed', 'pharmacist_approved')",
  `create table sick_notes (
      id text primary key,
      code_key text not null unique,
      consultation_id text not null,
      hospital_id text not null,
      patient_id text not null,
      doctor_id text not null,
      record_id text not null,
      record_version ${integer} not null,
      diagnoses text not null,
      first_day text not null,
      days ${integer} not null,
      advice text,
      state text not null check (state in ('issued', 'void')),
      signature text not null,
      signed_at_ms ${integer} not null,
      voided_at_ms ${integer},
      voided_because text
    ) ${table}`,
  'create index sick_notes_patient on sick_notes (patient_id, signed_at_ms)',
  'create index sick_notes_consultation on sick_notes (consultation_id)'
]

/** An item of a prescription is in one live order: its row goes with the order. */
const orders = ({ integer, table, clustered }: SchemaWords): readonly string[] => [
  `create table drug_orders (
      id text primary key,
      number text not null,
      prescription_id text not null,
      hospital_id text not null,
      patient_id text not null,
      items text not null,
      delivery text not null check (delivery in ('pick_up', 'mail')),
      sealed_address text,
      drugs_fen ${integer} not null check (drugs_fen >= 0),
      logistics_fen ${integer} not null check (logistics_fen >= 0),
      state text not null check (state in ('created', 'paid', 'rx_checked', 'dispensed', 'shipped', 'delivered', 'returned', 'refunded', 'cancelled')),
      payment_order_id text,
      refund_fen ${integer} not null check (refund_fen <= drugs_fen + logistics_fen),
      return_asked_because text,
      return_asked_at_ms ${integer},
      reason text,
      created_at_ms ${integer} not null,
      paid_at_ms ${integer},
      checked_by text,
      checked_at_ms ${integer},
      dispensed_by text,
      dispensed_at_ms ${integer},
      shipped_at_ms ${integer},
      delivered_at_ms ${integer},
      ended_at_ms ${integer},
      due_at_ms ${integer}
    ) ${table}`,
  'create index drug_orders_patient on drug_orders (patient_id, created_at_ms)',
  'create index drug_orders_hospital on drug_orders (hospital_id, created_at_ms)',
  'create index drug_orders_prescription on drug_orders (prescription_id)',
  'create index drug_orders_due on drug_orders (due_at_ms) where due_at_ms is not null',
  `create table drug_order_items (
      prescription_id text not null,
      item ${integer} not null,
      order_id text not null,
      primary key (prescription_id, item)
    ) ${clustered}`,
  'create index drug_order_items_order on drug_order_items (order_id)'
]

const parcels = ({ integer, table, appendOnly }: SchemaWords): readonly string[] => [
  `create table parcels (
      drug_order_id text primary key,
      number text not null unique,
      tracking_number text,
      state text not null,
      requested_at_ms ${integer} not null,
      next_track_at_ms ${integer}
    ) ${table}`,
  'create index parcels_to_track on parcels (next_track_at_ms) where next_track_at_ms is not null',
  `create table parcel_events (
      drug_order_id text not null,
      event_id text not null,
      kind text not null,
      at_ms ${integer} not null,
      place text,
      primary key (drug_order_id, event_id)
    ) ${table}`,
  ...appendOnly('parcel_events')
]

/** 病历、处方、病假单、药品订单、包裹. Versions of records and what a carrier told are never changed or deleted. */
export const prescriptions: Migration = {
  name: '0035-prescriptions',
  up: (words) => [...records(words), ...documents(words), ...orders(words), ...parcels(words)],
  down: (words) => [
    ...dropAppendOnly(words, 'parcel_events'),
    ...dropTables('parcels', 'drug_order_items', 'drug_orders', 'sick_notes', 'prescriptions'),
    ...dropAppendOnly(words, 'consult_record_versions')
  ]
}
