import { dropTables, type Migration } from './migration.ts'

/**
 * 人脸库. Templates are sealed: this database alone shows nobody's face. What was dropped is told by id, so that the index of every
 * node follows. Photos are listed with what became of them, never kept here. A binary's content may be taken away for good, which
 * the history of records refuses for anything else.
 */
export const faces: Migration = {
  name: '0025-faces',
  up: ({ integer, bytes, sequence, table, mayPurge }) => [
    `create table face_templates (
      sequence ${sequence},
      id text not null unique,
      patient_id text not null,
      hospital_id text not null,
      model_id text not null,
      sealed ${bytes} not null,
      photo_id text,
      terminal_id text,
      created_at_ms ${integer} not null,
      matched_at_ms ${integer}
    ) ${table}`,
    'create index face_templates_patient on face_templates (patient_id)',
    'create index face_templates_model on face_templates (model_id, sequence)',
    'create unique index face_templates_photo on face_templates (patient_id, photo_id, model_id) where photo_id is not null',
    `create table face_drops (
      sequence ${sequence},
      template_id text not null,
      dropped_at_ms ${integer} not null
    ) ${table}`,
    `create table face_consents (
      number ${sequence},
      id text not null unique,
      patient_id text not null,
      hospital_id text not null,
      state text not null check (state in ('given', 'withdrawn')),
      channel text not null check (channel in ('his', 'app', 'terminal', 'desk')),
      text_version text,
      guardian_patient_id text,
      at_ms ${integer} not null
    ) ${table}`,
    'create index face_consents_patient on face_consents (patient_id, at_ms)',
    `create table face_tombstones (
      key text primary key,
      at_ms ${integer} not null
    ) ${table}`,
    `create table face_photos (
      number ${sequence},
      patient_id text not null,
      photo_id text not null,
      hospital_id text not null,
      outcome text not null check (outcome in ('waiting', 'enrolled', 'not_allowed', 'unusable', 'expired')),
      reasons text not null,
      model_id text,
      at_ms ${integer} not null,
      unique (patient_id, photo_id)
    ) ${table}`,
    'create index face_photos_outcome on face_photos (outcome, number)',
    ...mayPurge('record_versions', "old.type = 'Binary'")
  ],
  down: (words) => [
    ...words.mayPurge('record_versions', null),
    ...dropTables('face_photos', 'face_tombstones', 'face_consents', 'face_drops', 'face_templates')
  ]
}
