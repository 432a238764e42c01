import { hasSeat, type Invitation, type InvitationEvent, type InvitationStore } from '../../../core/invitations/index.ts'
import { fen } from '../../../core/money.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import { listByParty, partiesOf, partyColumns, partyValues, type PartyRow } from './party-columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface InvitationRow extends PartyRow {
  readonly id: string
  readonly kind: Invitation['kind']
  readonly slot_id: string | null
  readonly starts_at_ms: number | null
  readonly ends_at_ms: number | null
  readonly note: string
  readonly price_fen: number
  readonly fee_permille: number
  readonly payee: Invitation['payee']
  readonly needs_approval: number
  readonly state: Invitation['state']
  readonly made_by: string
  readonly created_at_ms: number
  readonly paid_at_ms: number | null
  readonly accepted_at_ms: number | null
  readonly performed_at_ms: number | null
  readonly ended_at_ms: number | null
  readonly reason: string | null
  readonly asks: number
  readonly due_at_ms: number | null
  readonly due_for: Invitation['dueFor']
}

interface EventRow {
  readonly invitation_id: string
  readonly what: string
  readonly from_state: InvitationEvent['from']
  readonly to_state: InvitationEvent['to']
  readonly reason: string | null
  readonly done_by: string
  readonly at_ms: number
}

const columns = ['id', ...partyColumns, 'kind', 'slot_id', 'has_seat', 'starts_at_ms', 'ends_at_ms', 'note', 'price_fen', 'fee_permille', 'payee', 'needs_approval', 'state', 'made_by', 'created_at_ms',
  'paid_at_ms', 'accepted_at_ms', 'performed_at_ms', 'ended_at_ms', 'reason', 'asks', 'due_at_ms', 'due_for']
const save = upsert('invitations', ['id'], columns)

/** 邀约. One of a slot by its unique index. */
export function sqlInvitations (unit: Unit): InvitationStore {
  const { sql, dialect } = unit
  const one = async (text: string, params: readonly string[]): Promise<Invitation | null> => {
    const row = await sql.first<InvitationRow>(text, params)
    return row && invitationOf(row)
  }
  const find = (id: string): Promise<Invitation | null> => one('select * from invitations where id = ?', [id])
  return {
    find,
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`invitation ${id}`])
      return await find(id)
    },
    save: async (invitation) => { await sql.run(save, valuesOf(invitation)) },
    addEvent: async ({ invitationId, what, from, to, reason, by, at }) => {
      await sql.run('insert into invitation_events (invitation_id, what, from_state, to_state, reason, done_by, at_ms) values (?, ?, ?, ?, ?, ?, ?)', [invitationId, what, from, to, reason, by, at.getTime()])
    },
    events: async (id) => (await sql.all<EventRow>('select * from invitation_events where invitation_id = ? order by sequence', [id])).map(eventOf),
    list: async ({ kind, state, hidesUnpaid, ...filter }, page) => (await listByParty<InvitationRow>(unit, { table: 'invitations', by: 'created_at_ms', filter, equal: { kind, state }, hidesUnpaid, page })).map(invitationOf),
    seatedIn: (slotId) => one('select * from invitations where slot_id = ? and has_seat = 1', [slotId]),
    due: async (by, limit) => (await sql.all<InvitationRow>('select * from invitations where due_at_ms <= ? order by due_at_ms, id limit ?', [by.getTime(), limit])).map(invitationOf),
    nextDue: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(due_at_ms) as at_ms from invitations where due_at_ms is not null', []))?.at_ms ?? null),
    lockSlot: async (slotId) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`invitations for ${slotId}`])
    }
  }
}

function valuesOf (invitation: Invitation): ReadonlyArray<string | number | null> {
  const { id, kind, slotId, startsAt, endsAt, note, priceFen, feePermille, payee, needsApproval, state, by, createdAt } = invitation
  return [id, ...partyValues(invitation), kind, slotId, hasSeat(invitation) ? 1 : 0, msOrNull(startsAt), msOrNull(endsAt), note, priceFen, feePermille, payee, needsApproval ? 1 : 0, state, by, createdAt.getTime(),
    msOrNull(invitation.paidAt), msOrNull(invitation.acceptedAt), msOrNull(invitation.performedAt), msOrNull(invitation.endedAt), invitation.reason, invitation.asks, msOrNull(invitation.dueAt), invitation.dueFor]
}

function invitationOf (row: InvitationRow): Invitation {
  return {
    id: row.id,
    ...partiesOf(row),
    kind: row.kind,
    slotId: row.slot_id,
    startsAt: instantOrNull(row.starts_at_ms),
    endsAt: instantOrNull(row.ends_at_ms),
    note: row.note,
    priceFen: fen(row.price_fen),
    feePermille: row.fee_permille,
    payee: row.payee,
    needsApproval: row.needs_approval === 1,
    state: row.state,
    by: row.made_by,
    createdAt: instant(row.created_at_ms),
    paidAt: instantOrNull(row.paid_at_ms),
    acceptedAt: instantOrNull(row.accepted_at_ms),
    performedAt: instantOrNull(row.performed_at_ms),
    endedAt: instantOrNull(row.ended_at_ms),
    reason: row.reason,
    asks: row.asks,
    dueAt: instantOrNull(row.due_at_ms),
    dueFor: row.due_for
  }
}

function eventOf (row: EventRow): InvitationEvent {
  return { invitationId: row.invitation_id, what: row.what, from: row.from_state, to: row.to_state, reason: row.reason, by: row.done_by, at: instant(row.at_ms) }
}
