import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import type { CardLock, DefaultStore, Dispute, Dunning } from '../../../core/pay-after-care/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface DunningRow {
  readonly contract_id: string
  readonly due_on: string
  readonly notice_key: string | null
  readonly suppressed_because: string | null
  readonly owed_fen: number
  readonly at_ms: number
}

interface LockRow {
  readonly id: string
  readonly contract_id: string
  readonly episode: string
  readonly state: CardLock['state']
  readonly legal_basis: string
  readonly overdue_fen: number
  readonly requested_at_ms: number
  readonly locked_at_ms: number | null
  readonly receipt_id: string | null
  readonly unlock_requested_at_ms: number | null
  readonly unlocked_at_ms: number | null
  readonly attempts: number
}

interface DisputeRow {
  readonly id: string
  readonly contract_id: string
  readonly patient_id: string
  readonly bill_id: string | null
  readonly hospital_id: string | null
  readonly disputed_fen: number
  readonly text: string
  readonly statement: string | null
  readonly state: Dispute['state']
  readonly opened_at_ms: number
  readonly answer_by: string
  readonly answer: string | null
  readonly answered_at_ms: number | null
  readonly answered_by: string | null
}

const saveLock = upsert('card_locks', ['id'], ['id', 'contract_id', 'episode', 'state', 'legal_basis', 'overdue_fen', 'requested_at_ms', 'locked_at_ms', 'receipt_id', 'unlock_requested_at_ms', 'unlocked_at_ms', 'attempts'])
const saveDispute = upsert('disputes', ['id'], ['id', 'contract_id', 'patient_id', 'bill_id', 'hospital_id', 'disputed_fen', 'text', 'statement', 'state', 'opened_at_ms', 'answer_by', 'answer', 'answered_at_ms', 'answered_by'])
const watched = "state in ('lock_requested', 'locked', 'unlock_requested', 'unlock_failed')"

export function sqlDefaults ({ sql, dialect }: Unit): DefaultStore {
  return {
    takeDunning: async ({ contractId, on, noticeKey, suppressedBecause, owedFen, at }) => await sql.run(
      'insert into dunnings (contract_id, due_on, notice_key, suppressed_because, owed_fen, at_ms) values (?, ?, ?, ?, ?, ?) on conflict (contract_id, due_on) do nothing',
      [contractId, on, noticeKey, suppressedBecause, owedFen, at.getTime()]) === 1,
    dunnings: async (contractId, { limit, offset }) => (await sql.all<DunningRow>('select * from dunnings where contract_id = ? order by due_on desc limit ? offset ?', [contractId, limit, offset])).map(dunningOf),
    saveLock: async (lock) => {
      await sql.run(saveLock, [lock.id, lock.contractId, lock.episode, lock.state, lock.legalBasis, lock.overdueFen, lock.requestedAt.getTime(), msOrNull(lock.lockedAt), lock.receiptId,
        msOrNull(lock.unlockRequestedAt), msOrNull(lock.unlockedAt), lock.attempts])
    },
    findLock: async (id) => {
      const row = await sql.first<LockRow>('select * from card_locks where id = ?', [id])
      return row && lockOf(row)
    },
    locksOf: async (contractId) => (await sql.all<LockRow>('select * from card_locks where contract_id = ? order by requested_at_ms desc, id desc', [contractId])).map(lockOf),
    locksToWatch: async ({ limit, after }) => (await sql.all<LockRow>(`select * from card_locks where ${watched} and id > ? order by id limit ?`, [after ?? '', limit])).map(lockOf),
    saveDispute: async (dispute) => {
      await sql.run(saveDispute, [dispute.id, dispute.contractId, dispute.patientId, dispute.billId, dispute.hospitalId, dispute.disputedFen, dispute.text, dispute.statement, dispute.state,
        dispute.openedAt.getTime(), dispute.answerBy, dispute.answer, msOrNull(dispute.answeredAt), dispute.answeredBy])
    },
    findDispute: async (id) => {
      const row = await sql.first<DisputeRow>('select * from disputes where id = ?', [id])
      return row && disputeOf(row)
    },
    disputes: async ({ contractId, isOpen, hospitalId }, { limit, offset }) => {
      const named: ReadonlyArray<readonly [string, string | null]> = [['contract_id = ?', contractId], ['hospital_id = ?', hospitalId], [`state ${isOpen === true ? '=' : '<>'} ?`, isOpen === null ? null : 'open']]
      const asked = named.flatMap(([condition, value]) => value === null ? [] : [{ condition, value }])
      const where = asked.length === 0 ? '' : ` where ${asked.map(({ condition }) => condition).join(' and ')}`
      // A fixed text for each choice, prepared once: every look at a contract asks this.
      return (await sql.all<DisputeRow>(`select * from disputes${where} order by opened_at_ms desc, id desc limit ? offset ?`, [...asked.map(({ value }) => value), limit, offset])).map(disputeOf)
    },
    disputesOf: async (contractIds, mostOfEach) => (await sql.all<DisputeRow>(
      `select * from (select d.*, row_number() over (partition by contract_id order by opened_at_ms desc, id desc) as place from disputes d where ${dialect.isIn('contract_id')}) placed
       where place <= ? order by opened_at_ms desc, id desc`, [dialect.list(contractIds), mostOfEach])).map(disputeOf)
  }
}

function dunningOf (row: DunningRow): Dunning {
  return { contractId: row.contract_id, on: row.due_on as CalendarDate, noticeKey: row.notice_key, suppressedBecause: row.suppressed_because, owedFen: fen(row.owed_fen), at: instant(row.at_ms) }
}

function lockOf (row: LockRow): CardLock {
  return {
    id: row.id,
    contractId: row.contract_id,
    episode: row.episode,
    state: row.state,
    legalBasis: row.legal_basis,
    overdueFen: fen(row.overdue_fen),
    requestedAt: instant(row.requested_at_ms),
    lockedAt: instantOrNull(row.locked_at_ms),
    receiptId: row.receipt_id,
    unlockRequestedAt: instantOrNull(row.unlock_requested_at_ms),
    unlockedAt: instantOrNull(row.unlocked_at_ms),
    attempts: row.attempts
  }
}

function disputeOf (row: DisputeRow): Dispute {
  return {
    id: row.id,
    contractId: row.contract_id,
    patientId: row.patient_id,
    billId: row.bill_id,
    hospitalId: row.hospital_id,
    disputedFen: fen(row.disputed_fen),
    text: row.text,
    statement: row.statement,
    state: row.state,
    openedAt: instant(row.opened_at_ms),
    answerBy: row.answer_by as CalendarDate,
    answer: row.answer,
    answeredAt: instantOrNull(row.answered_at_ms),
    answeredBy: row.answered_by
  }
}
