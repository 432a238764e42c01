import type { CalendarDate } from '../../../core/clock.ts'
import type { CreditAccount, Episode, FeedAck, FeedFile, FeedFileHead, FeedRecord, NoticeProof, RecordFacts, SealedSubject, WaitingRecord } from '../../../core/credit-feed/index.ts'
import { fen } from '../../../core/money.ts'
import { bytes, instant, json } from '../columns.ts'

export interface AccountRow {
  readonly account_number: string
  readonly contract_id: string
  readonly creditor: string
  readonly opened_on: string
}

export interface EpisodeRow {
  readonly id: string
  readonly account_number: string
  readonly contract_id: string
  readonly creditor: string
  readonly episode_number: number
  readonly state: Episode['state']
  readonly is_held: number
  readonly bills: string
  readonly first_delinquency_on: string
  readonly due_on: string
  readonly original_amount_fen: number
  readonly balance_fen: number
  readonly overdue_fen: number
  readonly notice: string | null
  readonly closed_gates: string
  readonly prepared_on: string | null
  readonly prepared_by: string | null
  readonly released_by: string | null
  readonly cured_on: string | null
  readonly statement: string | null
  readonly opened_at_ms: number
}

export interface FeedRecordRow {
  readonly id: string
  readonly creditor: string
  readonly account_number: string
  readonly contract_id: string
  readonly episode_id: string
  readonly episode_number: number
  readonly operation: FeedRecord['operation']
  readonly as_of: string
  readonly facts: string
  readonly subject: string | null
  readonly replaces: string | null
  readonly state: FeedRecord['state']
  readonly seq: number | null
  readonly rec_seq: number | null
  readonly rejected_because: string | null
  readonly created_at_ms: number
}

export interface FileHeadRow {
  readonly creditor: string
  readonly seq: number
  readonly manifest: Uint8Array | ArrayBuffer
  readonly signature: Uint8Array | ArrayBuffer
  readonly algorithm: FeedFile['algorithm']
  readonly key_id: string
  readonly sha256: string
  readonly manifest_sha256: string
  readonly count: number
  readonly created_at_ms: number
}

export interface AckRow {
  readonly creditor: string
  readonly seq: number
  readonly level: FeedAck['level']
  readonly rec_seq: number
  readonly result: FeedAck['result']
  readonly code: string | null
  readonly field: string | null
  readonly at_ms: number
}

export function accountOf (row: AccountRow): CreditAccount {
  return { accountNumber: row.account_number, contractId: row.contract_id, creditor: row.creditor, openedOn: row.opened_on as CalendarDate }
}

export function episodeOf (row: EpisodeRow): Episode {
  return {
    id: row.id,
    accountNumber: row.account_number,
    contractId: row.contract_id,
    creditor: row.creditor,
    episodeNumber: row.episode_number,
    state: row.state,
    isHeld: row.is_held === 1,
    bills: json(row.bills),
    firstDelinquencyOn: row.first_delinquency_on as CalendarDate,
    dueOn: row.due_on as CalendarDate,
    originalAmountFen: fen(row.original_amount_fen),
    balanceFen: fen(row.balance_fen),
    overdueFen: fen(row.overdue_fen),
    notice: row.notice === null ? null : proofOf(json(row.notice)),
    closedGates: json(row.closed_gates),
    preparedOn: row.prepared_on as CalendarDate | null,
    preparedBy: row.prepared_by,
    releasedBy: row.released_by,
    curedOn: row.cured_on as CalendarDate | null,
    statement: row.statement,
    openedAt: instant(row.opened_at_ms)
  }
}

/** Instants stand as texts in JSON. */
type Written<Value> = { readonly [Name in keyof Value]: Value[Name] extends Date ? string : Value[Name] }

function proofOf (written: Written<NoticeProof>): NoticeProof {
  return { sentAt: new Date(written.sentAt), provenAt: new Date(written.provenAt), channel: written.channel, proofId: written.proofId }
}

export function feedRecordOf (row: FeedRecordRow): FeedRecord {
  const facts = json<Omit<RecordFacts, 'notice'> & { readonly notice: Written<NoticeProof> }>(row.facts)
  return {
    id: row.id,
    creditor: row.creditor,
    accountNumber: row.account_number,
    contractId: row.contract_id,
    episodeId: row.episode_id,
    episodeNumber: row.episode_number,
    operation: row.operation,
    asOf: row.as_of as CalendarDate,
    facts: { ...facts, notice: proofOf(facts.notice) },
    replaces: row.replaces,
    state: row.state,
    seq: row.seq,
    recSeq: row.rec_seq,
    rejectedBecause: row.rejected_because,
    createdAt: instant(row.created_at_ms)
  }
}

export function waitingOf (row: FeedRecordRow): WaitingRecord {
  return { ...feedRecordOf(row), subject: row.subject === null ? null : json<SealedSubject>(row.subject) }
}

export function fileHeadOf (row: FileHeadRow): FeedFileHead {
  return {
    creditor: row.creditor,
    seq: row.seq,
    manifest: new Uint8Array(bytes(row.manifest)),
    signature: new Uint8Array(bytes(row.signature)),
    algorithm: row.algorithm,
    keyId: row.key_id,
    sha256: row.sha256,
    manifestSha256: row.manifest_sha256,
    count: row.count,
    createdAt: instant(row.created_at_ms)
  }
}

export function ackOf (row: AckRow): FeedAck {
  return { creditor: row.creditor, seq: row.seq, level: row.level, recSeq: row.rec_seq === 0 ? null : row.rec_seq, result: row.result, code: row.code, field: row.field, at: instant(row.at_ms) }
}
