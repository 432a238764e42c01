import { Type } from '@fastify/type-provider-typebox'
import type { Explanation } from '../../../core/pay-after-care/index.ts'
import { BillBody } from './bill-body.ts'
import { DecisionMembers } from './decision-body.ts'
import { AmountFen, Day, Id, Instant, nullable, orNull, type WriteInstant } from '../wire.ts'

const text = nullable(Type.String())
const when = nullable(Instant)

/** Names of states are those of the state machines; docs/ARCHITECTURE.md says where each is. */
export const ExplanationBody = Type.Object({
  bill: BillBody,
  lines: Type.Array(Type.Object({ chargeId: Id, kind: Type.String(), amountFen: AmountFen, occurredOn: Day, at: Instant, transactionId: text, code: text, text })),
  insurance: Type.Array(Type.Object({
    id: Id, attempt: Type.Integer(), state: Type.String(), chargedFen: AmountFen, code: text, askedAt: Instant, settledAt: when, endedAt: when,
    split: nullable(Type.Object({ fund: Type.String(), totalFen: AmountFen, fundFen: AmountFen, personalFen: AmountFen, accountFen: AmountFen, cashFen: AmountFen }))
  })),
  settledBy: Type.Array(Type.Object({ kind: Type.String({ description: 'payment, window, credit, insurance, write_off, recovery' }), sourceId: Type.String(), amountFen: Type.Integer({ description: 'fen; below zero where it went back' }), at: Instant })),
  decisions: Type.Array(Type.Object(DecisionMembers)),
  deadline: nullable(Type.Object({
    closedOn: Day, lastChargedOn: nullable(Day), countedFrom: Day, termDays: Type.Integer(), lastDay: Day, daysOff: Type.Array(Day), dueOn: Day, isKept: Type.Boolean(), calendarVersion: text,
    words: Type.Object({ zh: Type.String(), en: Type.String() })
  })),
  notices: Type.Array(Type.Object({ template: Type.String(), state: Type.String(), channel: text, proofId: text, reason: text, queuedAt: Instant, sentAt: when, provenAt: when })),
  dunnings: Type.Array(Type.Object({ on: Day, suppressedBecause: text, owedFen: AmountFen, at: Instant })),
  locks: Type.Array(Type.Object({ id: Id, episode: Day, state: Type.String(), legalBasis: Type.String(), overdueFen: AmountFen, requestedAt: Instant, lockedAt: when, unlockedAt: when })),
  disputes: Type.Array(Type.Object({ id: Id, state: Type.String(), disputedFen: AmountFen, openedAt: Instant, answerBy: Day, answer: text, answeredAt: when })),
  reports: Type.Array(Type.Object({ episodeId: Id, creditor: Type.String(), state: Type.String(), firstDelinquencyOn: Day, overdueFen: AmountFen, curedOn: nullable(Day) })),
  differenceFen: nullable(Type.Integer({ description: 'null: lines and settlements come to what is outstanding' }))
})

export function explanationBody (explained: Explanation, writeInstant: WriteInstant) {
  const { lines, settlements, allocations, decisions, deadline, notices, dunnings, locks, disputes, reports, differenceFen } = explained
  const instant = (at: Date | null): string | null => orNull(at, writeInstant)
  return {
    lines: lines.map(({ charge, at, ...line }) => ({ ...line, at: writeInstant(at), transactionId: charge?.transactionId ?? null, code: charge?.code ?? null, text: charge?.text ?? null })),
    insurance: settlements.map((one) => ({ ...one, askedAt: writeInstant(one.askedAt), settledAt: instant(one.settledAt), endedAt: instant(one.endedAt) })),
    settledBy: allocations.map(({ at, ...allocation }) => ({ ...allocation, at: writeInstant(at) })),
    decisions: decisions.map((one) => ({ ...one, requestedAt: writeInstant(one.requestedAt), decidedAt: instant(one.decidedAt) })),
    deadline: deadline === null ? null : { ...deadline, daysOff: [...deadline.daysOff] },
    notices: notices.map((one) => ({ ...one, queuedAt: writeInstant(one.queuedAt), sentAt: instant(one.sentAt), provenAt: instant(one.provenAt) })),
    dunnings: dunnings.map((one) => ({ ...one, at: writeInstant(one.at) })),
    locks: locks.map((one) => ({ ...one, requestedAt: writeInstant(one.requestedAt), lockedAt: instant(one.lockedAt), unlockedAt: instant(one.unlockedAt) })),
    disputes: disputes.map((one) => ({ ...one, openedAt: writeInstant(one.openedAt), answeredAt: instant(one.answeredAt) })),
    reports: [...reports],
    differenceFen
  }
}
