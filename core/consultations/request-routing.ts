import type { RecordVersion } from '../records/index.ts'
import type { Consultation } from './consultation.ts'
import { answerIn } from './request-records.ts'

/**
 * Where a request stands on its way through the hospital's own system (telemedicine document §1.4): written here, sent,
 * taken by its interface, answered by its application, connected, over. `acked` is no yes: only the application's answer is.
 */
export const routingStates = ['draft', 'sent', 'acked', 'pending', 'accepted', 'rejected', 'expired', 'connected', 'closed'] as const
export type RoutingState = typeof routingStates[number]

export interface Routing {
  readonly state: RoutingState
  readonly at: Date
}

/** What became of the message that asks; its text may stand although nothing could be sent. */
export interface SentRequest {
  /** `sent`: the destination has taken it. */
  readonly state: 'waiting' | 'sent' | 'dead' | 'skipped'
  readonly createdAt: Date
  readonly composedAt: Date | null
  readonly answeredAt: Date | null
  readonly failure: { readonly code: string } | null
}

export function routingOf (consultation: Consultation, { task, sent }: { readonly task: RecordVersion | null, readonly sent: SentRequest | null }): Routing {
  const { state, createdAt, assignedAt, acceptedAt, repliedAt, finishedAt, endedAt } = consultation
  if (state === 'refunded' || state === 'cancelled') return { state: endOf(consultation), at: endedAt ?? createdAt }
  if (finishedAt !== null) return { state: 'closed', at: finishedAt }
  if (acceptedAt !== null) return repliedAt === null ? { state: 'accepted', at: acceptedAt } : { state: 'connected', at: repliedAt }
  if (task !== null && answerIn(task) === 'pending') return { state: 'pending', at: task.lastUpdated }
  return sentState(sent, assignedAt ?? createdAt)
}

function endOf ({ hospitalAnswer, endReason }: Consultation): RoutingState {
  if (hospitalAnswer === 'refused') return 'rejected'
  return hospitalAnswer === 'expired' || endReason === 'hospital_silent' ? 'expired' : 'closed'
}

function sentState (sent: SentRequest | null, since: Date): Routing {
  if (sent === null) return { state: 'draft', at: since }
  const { state, createdAt, composedAt, answeredAt, failure } = sent
  if (state === 'sent' && answeredAt !== null) return { state: 'acked', at: answeredAt }
  return composedAt !== null && failure?.code !== 'OUTSIDE_DOWN' ? { state: 'sent', at: composedAt } : { state: 'draft', at: createdAt }
}
