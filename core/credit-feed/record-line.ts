import type { FeedRecord, SealedSubject } from './feed.ts'

/** What a line is written from. */
export interface LineParts {
  readonly record: FeedRecord
  readonly seq: number
  readonly recSeq: number
  readonly subject: SealedSubject
  readonly previousHash: string | null
  readonly writeInstant: (instant: Date) => string
}

type FieldKind = 'text' | 'integer' | 'flag' | 'day' | 'instant' | 'jwe' | 'hash' | readonly string[]
interface Field {
  readonly name: string
  readonly kind: FieldKind | readonly Field[]
  readonly isNullable?: boolean
  readonly from?: (parts: LineParts) => string | number | boolean | null
}

const feedSchema = 'yiqiao-credit-feed/1'

/**
 * The whole line, in this order (domain document §3.4). The writer goes over this table and nothing else, so that what
 * is not here cannot go out (I-32): no department, item, diagnosis, doctor or hospital.
 */
export const lineFields: readonly Field[] = [
  { name: 'schema', kind: [feedSchema], from: () => feedSchema },
  { name: 'feedSeq', kind: 'integer', from: ({ seq }) => seq },
  { name: 'recSeq', kind: 'integer', from: ({ recSeq }) => recSeq },
  { name: 'op', kind: ['OPEN_EPISODE', 'UPDATE', 'CURE', 'CORRECT', 'WITHDRAW', 'DISPUTE_SET', 'DISPUTE_CLEAR', 'STATEMENT', 'DELETE_EXPIRED', 'SNAPSHOT'], from: ({ record }) => record.operation.toUpperCase() },
  { name: 'accountNo', kind: 'text', from: ({ record }) => record.accountNumber },
  { name: 'episodeNo', kind: 'integer', from: ({ record }) => record.episodeNumber },
  { name: 'asOf', kind: 'day', from: ({ record }) => record.asOf },
  { name: 'creditorCode', kind: 'text', from: ({ record }) => record.creditor },
  { name: 'subject', kind: [
    { name: 'idType', kind: ['resident_id'], from: ({ subject }) => subject.idType },
    { name: 'idNo', kind: 'jwe', from: ({ subject }) => subject.idNo },
    { name: 'name', kind: 'jwe', from: ({ subject }) => subject.name }
  ] },
  { name: 'openedOn', kind: 'day', from: ({ record }) => record.facts.openedOn },
  { name: 'firstDelinquencyOn', kind: 'day', from: ({ record }) => record.facts.firstDelinquencyOn },
  { name: 'dueOn', kind: 'day', from: ({ record }) => record.facts.dueOn },
  { name: 'originalAmountFen', kind: 'integer', from: ({ record }) => record.facts.originalAmountFen },
  { name: 'balanceFen', kind: 'integer', from: ({ record }) => record.facts.balanceFen },
  { name: 'overdueFen', kind: 'integer', from: ({ record }) => record.facts.overdueFen },
  { name: 'overdueDays', kind: 'integer', from: ({ record }) => record.facts.overdueDays },
  { name: 'status', kind: ['CURRENT', 'OVERDUE', 'CURED', 'WRITTEN_OFF', 'WITHDRAWN'], from: ({ record }) => record.facts.status.toUpperCase() },
  { name: 'curedOn', kind: 'day', isNullable: true, from: ({ record }) => record.facts.curedOn },
  { name: 'disputeFlag', kind: 'flag', from: ({ record }) => record.facts.isDisputed },
  { name: 'subjectStatement', kind: 'text', isNullable: true, from: ({ record }) => record.facts.statement },
  { name: 'notice', kind: [
    { name: 'sentAt', kind: 'instant', from: ({ record, writeInstant }) => writeInstant(record.facts.notice.sentAt) },
    { name: 'channel', kind: ['sms', 'push', 'wechat', 'letter'], from: ({ record }) => record.facts.notice.channel },
    { name: 'proofId', kind: 'text', from: ({ record }) => record.facts.notice.proofId }
  ] },
  { name: 'legalBasis', kind: 'text', from: ({ record }) => record.facts.legalBasis },
  { name: 'consentId', kind: 'text', from: ({ record }) => record.facts.consentId },
  { name: 'prevRecordHash', kind: 'hash', isNullable: true, from: ({ previousHash }) => previousHash },
  { name: 'replaces', kind: 'text', isNullable: true, from: ({ record }) => record.replaces }
]

/** One line without its end. */
export function writeLine (parts: LineParts): string {
  return writeObject(lineFields, parts)
}

function writeObject (fields: readonly Field[], parts: LineParts): string {
  return `{${fields.map((field) => `"${field.name}":${writeField(field, parts)}`).join(',')}}`
}

function writeField ({ kind, from }: Field, parts: LineParts): string {
  if (from !== undefined) return JSON.stringify(from(parts))
  return writeObject(kind as readonly Field[], parts)
}

/**
 * Words by which the person's own statement would tell of care. Such a statement stays here in full and the bureau gets
 * the neutral sentence: it may not collect disease or medical history (article 14), from anybody.
 */
const wordsOfCare = /病|症|癌|瘤|炎|疗|诊|药|术|检|验|院|科|医|护|孕|产|精神|传染|肝|艾滋|hospital|clinic|doctor|diagnos|disease|treat|cancer|surg|ward|drug|medic/i
export const neutralStatement = '信息主体对该笔欠费有异议。'
const longestStatement = 240

export function statementForBureau (statement: string | null, terms: ReadonlySet<string>): string | null {
  if (statement === null || statement.trim() === '') return null
  const text = statement.trim()
  const tells = wordsOfCare.test(text) || /\d{7,}/.test(text) || [...terms].some((term) => term.length > 1 && text.toLowerCase().includes(term.toLowerCase()))
  return tells || text.length > longestStatement ? neutralStatement : text
}
