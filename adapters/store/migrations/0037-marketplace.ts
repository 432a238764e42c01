import type { SchemaWords } from '../dialect.ts'
import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

const parties = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table market_doctors (
      id text primary key,
      account_id text not null unique,
      name text not null,
      hospital_id text,
      employer text not null,
      staff_number text,
      title text not null,
      licence_number text not null,
      licensed_on text not null,
      specialty text not null check (specialty in ('anaesthesia', 'other')),
      phone text not null,
      phone_tail text not null,
      introduction text not null,
      registered_at_ms ${integer} not null,
      changed_at_ms ${integer} not null
    ) ${table}`,
  'create index market_doctors_hospital on market_doctors (hospital_id, name)',
  'create index market_doctors_licence on market_doctors (licence_number)',
  `create table market_hospitals (
      id text primary key,
      account_id text not null unique,
      name text not null,
      credit_code text not null,
      licence_number text not null,
      contact_name text not null,
      contact_phone text not null,
      registered_at_ms ${integer} not null,
      changed_at_ms ${integer} not null
    ) ${table}`,
  'create index market_hospitals_code on market_hospitals (credit_code)'
]

const audits = ({ integer, sequence, table, clustered, appendOnly }: SchemaWords): readonly string[] => [
  `create table market_audits (
      kind text not null check (kind in ('doctor', 'hospital')),
      id text not null,
      state text not null check (state in ('draft', 'submitted', 'under_review', 'approved', 'rejected', 'changed', 'suspended', 'revoked')),
      version ${integer} not null,
      submitted_by text,
      submitted_at_ms ${integer},
      taken_by text,
      decided_by text,
      decided_at_ms ${integer},
      reason text,
      findings text not null,
      was_approved ${integer} not null check (was_approved in (0, 1)),
      primary key (kind, id)
    ) ${clustered}`,
  'create index market_audits_queue on market_audits (state, submitted_at_ms, id)',
  `create table market_audit_steps (
      sequence ${sequence},
      kind text not null,
      id text not null,
      what text not null,
      from_state text,
      to_state text not null,
      reason text,
      findings text not null,
      done_by text not null,
      at_ms ${integer} not null
    ) ${table}`,
  'create index market_audit_steps_subject on market_audit_steps (kind, id, sequence)',
  ...appendOnly('market_audit_steps'),
  `create table market_evidence (
      id text primary key,
      kind text not null,
      subject_id text not null,
      what text not null,
      content_type text not null,
      byte_count ${integer} not null,
      sha256 text not null,
      added_by text not null,
      at_ms ${integer} not null,
      content text not null
    ) ${table}`,
  'create index market_evidence_subject on market_evidence (kind, subject_id, at_ms)'
]

const seen = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table admission_declarations (
      id text primary key,
      patient_id text not null,
      hospital_id text not null,
      declared_at_ms ${integer} not null,
      declared_by text not null,
      until_ms ${integer} not null
    ) ${table}`,
  'create index admission_declarations_patient on admission_declarations (patient_id, until_ms)',
  `create table anaesthesias (
      procedure_id text primary key,
      practitioner_id text,
      performed_at_ms ${integer}
    ) ${table}`,
  'create index anaesthesias_practitioner on anaesthesias (practitioner_id) where practitioner_id is not null'
]

/** 麻醉医师市场. Doctors and hospitals that registered here, their audits, who lies in by own word, and anaesthesias by record. */
export const marketplace: Migration = {
  name: '0037-marketplace',
  up: (words) => [...parties(words), ...audits(words), ...seen(words)],
  down: (words) => [...dropAppendOnly(words, 'market_audit_steps'), ...dropTables('anaesthesias', 'admission_declarations', 'market_evidence', 'market_audits', 'market_hospitals', 'market_doctors')]
}
