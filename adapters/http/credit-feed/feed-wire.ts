import { Type } from '@fastify/type-provider-typebox'
import { ackLevels, ackResults, episodeStates, type Episode, type FeedAck, type FeedFileHead } from '../../../core/credit-feed/index.ts'
import { AmountFen, Day, Id, Instant, nullable, oneOf, type WriteInstant } from '../wire.ts'

export const Creditor = Type.String({ pattern: '^[A-Z0-9]{4,20}$', description: 'neutral code of the reporting creditor' })
export const Seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const most = 2_000
const Code = Type.String({ maxLength: 100 })

export const FileBody = Type.Object({ creditor: Creditor, seq: Seq, sha256: Sha256, manifestSha256: Sha256, count: Type.Integer(), keyId: Type.String(), createdAt: Instant })
export const SignatureBody = Type.Object({ keyId: Type.String(), algorithm: Type.String({ description: 'Ed25519, or SM2-SM3' }), signature: Type.String({ description: 'detached, over the bytes of the manifest; base64url' }) })

/** One answer of the bureau. Of records each is named; one without a result of its own has that of the whole. */
export const AckBody = Type.Object({
  level: oneOf(ackLevels),
  result: oneOf(ackResults),
  code: Type.Optional(nullable(Code)),
  field: Type.Optional(nullable(Code)),
  records: Type.Optional(Type.Array(Type.Object({ recSeq: Seq, result: Type.Optional(oneOf(ackResults)), code: Type.Optional(nullable(Code)), field: Type.Optional(nullable(Code)) }, { additionalProperties: false }), { maxItems: most }))
}, { additionalProperties: false })

export interface AckGiven {
  readonly level: FeedAck['level']
  readonly result: FeedAck['result']
  readonly code?: string | null
  readonly field?: string | null
  readonly records?: ReadonlyArray<{ readonly recSeq: number, readonly result?: FeedAck['result'], readonly code?: string | null, readonly field?: string | null }>
}

export function acksOf ({ level, result, code = null, field = null, records }: AckGiven, of: { readonly creditor: string, readonly seq: number, readonly at: Date }): readonly FeedAck[] {
  // Records without their level, and the level without records, are refused by core.
  if (records === undefined || records.length === 0) return [{ ...of, level, recSeq: null, result, code, field }]
  return records.map((record) => ({ ...of, level, recSeq: record.recSeq, result: record.result ?? result, code: record.code ?? code, field: record.field ?? field }))
}

export const KeptAckBody = Type.Object({ level: oneOf(ackLevels), recSeq: nullable(Type.Integer()), result: oneOf(ackResults), code: nullable(Type.String()), field: nullable(Type.String()), at: Instant })

export const EpisodeBody = Type.Object({
  id: Id,
  creditor: Creditor,
  contractId: Id,
  accountNumber: Type.String(),
  episodeNumber: Type.Integer(),
  state: oneOf(episodeStates),
  isHeld: Type.Boolean({ description: 'a dispute is open' }),
  firstDelinquencyOn: Day,
  dueOn: Day,
  originalAmountFen: AmountFen,
  balanceFen: AmountFen,
  overdueFen: AmountFen,
  notice: nullable(Type.Object({ sentAt: Instant, provenAt: Instant, channel: Type.String(), proofId: Type.String() })),
  closedGates: Type.Array(Type.String(), { description: 'why it is not ready' }),
  preparedOn: nullable(Day),
  releasedBy: nullable(Type.String()),
  curedOn: nullable(Day),
  openedAt: Instant
})

export function fileBody ({ creditor, seq, sha256, manifestSha256, count, keyId, createdAt }: FeedFileHead, writeInstant: WriteInstant) {
  return { creditor, seq, sha256, manifestSha256, count, keyId, createdAt: writeInstant(createdAt) }
}

export function episodeBody (episode: Episode, writeInstant: WriteInstant) {
  const { id, creditor, contractId, accountNumber, episodeNumber, state, isHeld, firstDelinquencyOn, dueOn, originalAmountFen, balanceFen, overdueFen, notice, closedGates, preparedOn, releasedBy, curedOn, openedAt } = episode
  return {
    id, creditor, contractId, accountNumber, episodeNumber, state, isHeld, firstDelinquencyOn, dueOn, originalAmountFen, balanceFen, overdueFen, preparedOn, releasedBy, curedOn,
    closedGates: [...closedGates],
    notice: notice === null ? null : { ...notice, sentAt: writeInstant(notice.sentAt), provenAt: writeInstant(notice.provenAt) },
    openedAt: writeInstant(openedAt)
  }
}

export function ackBody ({ level, recSeq, result, code, field, at }: FeedAck, writeInstant: WriteInstant) {
  return { level, recSeq, result, code, field, at: writeInstant(at) }
}
