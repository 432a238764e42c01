import { dropTables, type Migration } from './migration.ts'

/** 终端: sessions, challenges and looks into the camera, for a day; reviews of faces, for good. */
export const terminals: Migration = {
  name: '0026-terminals',
  up: ({ integer, real, table }) => [
    `create table terminal_sessions (
      id text primary key,
      terminal_id text not null,
      token_id text not null,
      hospital_id text not null,
      opened_at_ms ${integer} not null,
      seen_at_ms ${integer} not null,
      ended_at_ms ${integer}
    ) ${table}`,
    'create index terminal_sessions_open on terminal_sessions (token_id, terminal_id) where ended_at_ms is null',
    'create index terminal_sessions_silent on terminal_sessions (seen_at_ms) where ended_at_ms is null',
    'create index terminal_sessions_opened on terminal_sessions (opened_at_ms)',
    `create table terminal_challenges (
      id text primary key,
      session_id text not null references terminal_sessions (id) on delete cascade,
      steps text not null,
      asked_at_ms ${integer} not null,
      expires_at_ms ${integer} not null
    ) ${table}`,
    'create index terminal_challenges_session on terminal_challenges (session_id)',
    `create table terminal_identifications (
      id text primary key,
      session_id text not null references terminal_sessions (id) on delete cascade,
      hospital_id text not null,
      result text not null,
      state text not null,
      patient_id text,
      candidates text not null,
      frames text not null,
      digit_tries ${integer} not null,
      asked_at_ms ${integer} not null,
      reading_id text
    ) ${table}`,
    'create index terminal_identifications_session on terminal_identifications (session_id, asked_at_ms)',
    `create table terminal_readings (
      session_id text not null references terminal_sessions (id) on delete cascade,
      reading_id text not null,
      primary key (session_id, reading_id)
    ) ${table}`,
    `create table face_reviews (
      id text primary key,
      hospital_id text not null,
      reason text not null,
      patient_id text not null,
      other_id text,
      pair_key text unique,
      score ${real},
      terminal_id text not null,
      session_id text not null,
      state text not null,
      opened_at_ms ${integer} not null,
      decided_by text,
      decided_at_ms ${integer}
    ) ${table}`,
    'create index face_reviews_list on face_reviews (state, hospital_id, opened_at_ms)',
    'create index face_reviews_nameless on face_reviews (session_id) where other_id is null'
  ],
  down: () => dropTables('face_reviews', 'terminal_readings', 'terminal_identifications', 'terminal_challenges', 'terminal_sessions')
}
