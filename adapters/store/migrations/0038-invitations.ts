import type { SchemaWords } from '../dialect.ts'
import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

const invitationStates = "'draft', 'paid', 'offered', 'home_hospital_approval', 'negotiating', 'accepted', 'performed', 'contested', 'confirmed', 'settled', 'evaluated', 'declined', 'expired', 'not_provided', 'cancelled'"

const parties = `
    hospital_id text not null,
    doctor_id text not null,
    payer_patient_id text,
    payer_hospital_id text`

const payerIsOne = 'check ((payer_patient_id is null) <> (payer_hospital_id is null))'

function listed (table: string, time: string): readonly string[] {
  return [
    `create index ${table}_patient on ${table} (payer_patient_id, ${time}) where payer_patient_id is not null`,
    `create index ${table}_payer on ${table} (payer_hospital_id, ${time}) where payer_hospital_id is not null`,
    `create index ${table}_doctor on ${table} (doctor_id, ${time})`,
    `create index ${table}_hospital on ${table} (hospital_id, ${time})`
  ]
}

const invitationTables = ({ integer, sequence, table, appendOnly }: SchemaWords): readonly string[] => [
  `create table invitations (
    id text primary key,${parties},
    kind text not null check (kind in ('invite', 'consult')),
    slot_id text,
    has_seat ${integer} not null check (has_seat in (0, 1)),
    starts_at_ms ${integer},
    ends_at_ms ${integer},
    note text not null,
    price_fen ${integer} not null check (price_fen >= 0),
    fee_permille ${integer} not null,
    payee text not null check (payee in ('doctor', 'home_hospital')),
    needs_approval ${integer} not null,
    state text not null check (state in (${invitationStates})),
    made_by text not null,
    created_at_ms ${integer} not null,
    paid_at_ms ${integer},
    accepted_at_ms ${integer},
    performed_at_ms ${integer},
    ended_at_ms ${integer},
    reason text,
    asks ${integer} not null,
    due_at_ms ${integer},
    due_for text,
    ${payerIsOne}
  ) ${table}`,
  // One doctor, one slot.
  'create unique index invitations_seat on invitations (slot_id) where has_seat = 1',
  'create index invitations_due on invitations (due_at_ms) where due_at_ms is not null',
  ...listed('invitations', 'created_at_ms'),
  `create table invitation_events (
    sequence ${sequence},
    invitation_id text not null,
    what text not null,
    from_state text,
    to_state text not null,
    reason text,
    done_by text not null,
    at_ms ${integer} not null
  ) ${table}`,
  'create index invitation_events_of on invitation_events (invitation_id, sequence)',
  ...appendOnly('invitation_events')
]

const judged = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table evaluations (
    id text primary key,
    invitation_id text not null unique,${parties},
    stars ${integer} not null check (stars between 1 and 5),
    words text,
    hidden_by text,
    hidden_for text,
    at_ms ${integer} not null,
    ${payerIsOne}
  ) ${table}`,
  ...listed('evaluations', 'at_ms'),
  `create table tips (
    id text primary key,
    invitation_id text not null,${parties},
    payee text not null,
    amount_fen ${integer} not null check (amount_fen > 0),
    state text not null check (state in ('open', 'paid', 'expired')),
    created_at_ms ${integer} not null,
    paid_at_ms ${integer},
    due_at_ms ${integer},
    ${payerIsOne}
  ) ${table}`,
  "create unique index tips_standing on tips (invitation_id) where state in ('open', 'paid')",
  'create index tips_due on tips (due_at_ms) where due_at_ms is not null',
  ...listed('tips', 'created_at_ms'),
  `create table complaints (
    id text primary key,
    invitation_id text not null unique,${parties},
    words text not null,
    state text not null check (state in ('open', 'investigating', 'upheld', 'overturned', 'dismissed')),
    made_by text not null,
    opened_at_ms ${integer} not null,
    taken_by text,
    findings text,
    decided_by text,
    decided_at_ms ${integer},
    reason text,
    appeal text,
    ${payerIsOne}
  ) ${table}`,
  'create index complaints_state on complaints (state, opened_at_ms)',
  ...listed('complaints', 'opened_at_ms')
]

const stars = ({ integer, sequence, table, appendOnly }: SchemaWords): readonly string[] => [
  `create table doctor_stars (
    doctor_id text primary key,
    level ${integer} not null check (level between 1 and 5),
    parts text not null,
    changes_at_ms ${integer},
    at_ms ${integer} not null
  ) ${table}`,
  'create index doctor_stars_due on doctor_stars (changes_at_ms) where changes_at_ms is not null',
  `create table star_changes (
    sequence ${sequence},
    doctor_id text not null,
    level_before ${integer},
    level ${integer} not null,
    parts text not null,
    cause text not null,
    at_ms ${integer} not null
  ) ${table}`,
  'create index star_changes_of on star_changes (doctor_id, sequence)',
  ...appendOnly('star_changes')
]

/** 邀约: invitations with their steps, evaluations, tips, complaints, star levels with every change. */
export const invitationsAndStars: Migration = {
  name: '0038-invitations',
  up: (words) => [...invitationTables(words), ...judged(words), ...stars(words)],
  down: (words) => [...dropAppendOnly(words, 'star_changes', 'invitation_events'), ...dropTables('doctor_stars', 'complaints', 'tips', 'evaluations', 'invitations')]
}
