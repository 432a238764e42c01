import type { Complaint, ComplaintStore, Evaluation, EvaluationStore, Tip, TipStore } from '../../../core/invitations/index.ts'
import type { WalletId } from '../../../core/escrow/index.ts'
import { fen } from '../../../core/money.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import { listByParty, partiesOf, partyColumns, partyValues, type PartyRow } from './party-columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface EvaluationRow extends PartyRow {
  readonly id: string
  readonly invitation_id: string
  readonly stars: number
  readonly words: string | null
  readonly hidden_by: string | null
  readonly hidden_for: string | null
  readonly at_ms: number
}

interface TipRow extends PartyRow {
  readonly id: string
  readonly invitation_id: string
  readonly payee: WalletId
  readonly amount_fen: number
  readonly state: Tip['state']
  readonly created_at_ms: number
  readonly paid_at_ms: number | null
  readonly due_at_ms: number | null
}

interface ComplaintRow extends PartyRow {
  readonly id: string
  readonly invitation_id: string
  readonly words: string
  readonly state: Complaint['state']
  readonly made_by: string
  readonly opened_at_ms: number
  readonly taken_by: string | null
  readonly findings: string | null
  readonly decided_by: string | null
  readonly decided_at_ms: number | null
  readonly reason: string | null
  readonly appeal: string | null
}

const saveEvaluation = upsert('evaluations', ['id'], ['id', 'invitation_id', ...partyColumns, 'stars', 'words', 'hidden_by', 'hidden_for', 'at_ms'])
const saveTip = upsert('tips', ['id'], ['id', 'invitation_id', ...partyColumns, 'payee', 'amount_fen', 'state', 'created_at_ms', 'paid_at_ms', 'due_at_ms'])
const saveComplaint = upsert('complaints', ['id'], ['id', 'invitation_id', ...partyColumns, 'words', 'state', 'made_by', 'opened_at_ms', 'taken_by', 'findings', 'decided_by', 'decided_at_ms', 'reason', 'appeal'])

interface Finding<Found> {
  readonly find: (id: string) => Promise<Found | null>
  readonly findForChange: (id: string) => Promise<Found | null>
  readonly first: (text: string, params: readonly string[]) => Promise<Found | null>
}

function finding<Row, Found> ({ sql, dialect }: Unit, table: string, read: (row: Row) => Found): Finding<Found> {
  const first = async (text: string, params: readonly string[]): Promise<Found | null> => {
    const row = await sql.first<Row>(text, params)
    return row === null ? null : read(row)
  }
  const find = (id: string): Promise<Found | null> => first(`select * from ${table} where id = ?`, [id])
  return {
    first,
    find,
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`${table} ${id}`])
      return await find(id)
    }
  }
}

/** 评价. One of an invitation by its unique column. */
export function sqlEvaluations (unit: Unit): EvaluationStore {
  const { find, findForChange, first } = finding<EvaluationRow, Evaluation>(unit, 'evaluations', evaluationOf)
  return {
    find,
    findForChange,
    ofInvitation: (id) => first('select * from evaluations where invitation_id = ?', [id]),
    save: async (evaluation) => {
      const { id, invitationId, stars, words, hiddenBy, hiddenFor, at } = evaluation
      await unit.sql.run(saveEvaluation, [id, invitationId, ...partyValues(evaluation), stars, words, hiddenBy, hiddenFor, at.getTime()])
    },
    list: async (filter, page) => (await listByParty<EvaluationRow>(unit, { table: 'evaluations', by: 'at_ms', filter, page })).map(evaluationOf)
  }
}

/** 打赏. One that is open or paid of an invitation by its unique index. */
export function sqlTips (unit: Unit): TipStore {
  const { sql } = unit
  const { find, findForChange, first } = finding<TipRow, Tip>(unit, 'tips', tipOf)
  return {
    find,
    findForChange,
    save: async (tip) => {
      const { id, invitationId, payee, amountFen, state, createdAt, paidAt, dueAt } = tip
      await sql.run(saveTip, [id, invitationId, ...partyValues(tip), payee, amountFen, state, createdAt.getTime(), msOrNull(paidAt), msOrNull(dueAt)])
    },
    standingOf: (id) => first("select * from tips where invitation_id = ? and state in ('open', 'paid')", [id]),
    list: async (filter, page) => (await listByParty<TipRow>(unit, { table: 'tips', by: 'created_at_ms', filter, page })).map(tipOf),
    due: async (by, limit) => (await sql.all<TipRow>('select * from tips where due_at_ms <= ? order by due_at_ms, id limit ?', [by.getTime(), limit])).map(tipOf),
    nextDue: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(due_at_ms) as at_ms from tips where due_at_ms is not null', []))?.at_ms ?? null)
  }
}

/** 投诉. One of an invitation by its unique column. */
export function sqlComplaints (unit: Unit): ComplaintStore {
  const { find, findForChange, first } = finding<ComplaintRow, Complaint>(unit, 'complaints', complaintOf)
  return {
    find,
    findForChange,
    ofInvitation: (id) => first('select * from complaints where invitation_id = ?', [id]),
    save: async (complaint) => {
      const { id, invitationId, words, state, by, openedAt, takenBy, findings, decidedBy, decidedAt, reason, appeal } = complaint
      await unit.sql.run(saveComplaint, [id, invitationId, ...partyValues(complaint), words, state, by, openedAt.getTime(), takenBy, findings, decidedBy, msOrNull(decidedAt), reason, appeal === null ? null : JSON.stringify(appeal)])
    },
    list: async ({ state, ...filter }, page) => (await listByParty<ComplaintRow>(unit, { table: 'complaints', by: 'opened_at_ms', filter, equal: { state }, page })).map(complaintOf)
  }
}

function evaluationOf (row: EvaluationRow): Evaluation {
  return { id: row.id, invitationId: row.invitation_id, ...partiesOf(row), stars: row.stars, words: row.words, hiddenBy: row.hidden_by, hiddenFor: row.hidden_for, at: instant(row.at_ms) }
}

function tipOf (row: TipRow): Tip {
  return {
    id: row.id, invitationId: row.invitation_id, ...partiesOf(row), payee: row.payee, amountFen: fen(row.amount_fen), state: row.state,
    createdAt: instant(row.created_at_ms), paidAt: instantOrNull(row.paid_at_ms), dueAt: instantOrNull(row.due_at_ms)
  }
}

function complaintOf (row: ComplaintRow): Complaint {
  return {
    id: row.id,
    invitationId: row.invitation_id,
    ...partiesOf(row),
    words: row.words,
    state: row.state,
    by: row.made_by,
    openedAt: instant(row.opened_at_ms),
    takenBy: row.taken_by,
    findings: row.findings,
    decidedBy: row.decided_by,
    decidedAt: instantOrNull(row.decided_at_ms),
    reason: row.reason,
    appeal: row.appeal === null ? null : appealOf(row.appeal)
  }
}

/** As it was written: with instants as text. */
function appealOf (text: string): Complaint['appeal'] {
  const { at, decidedAt, ...rest } = json<NonNullable<Complaint['appeal']> & { readonly at: string, readonly decidedAt: string | null }>(text)
  return { ...rest, at: new Date(at), decidedAt: decidedAt === null ? null : new Date(decidedAt) }
}
