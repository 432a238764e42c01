import type { OutboundEvent, OutboundMessage, OutboundState, OutboundSummary } from '../../../core/outbound/index.ts'
import { bytes, instant, instantOrNull, json } from '../columns.ts'

export interface OutboundSummaryRow {
  readonly sequence: number
  readonly id: string
  readonly destination: string
  readonly message: string | null
  readonly record_type: string
  readonly record_id: string
  readonly record_version: number
  readonly patient_id: string | null
  readonly created_at_ms: number
  readonly control_id: string | null
  readonly composed_at_ms: number | null
  readonly answer_code: string | null
  readonly answered_at_ms: number | null
  readonly failure_code: string | null
  readonly failure_detail: string | null
  readonly failure_place: string | null
  readonly state: OutboundState
  readonly attempts: number
  readonly next_at_ms: number | null
  readonly reason: string | null
}

export interface OutboundRow extends OutboundSummaryRow {
  readonly revision: number
  readonly content: Uint8Array | ArrayBuffer | null
  readonly charset: string | null
  readonly notes: string | null
  readonly answer_verdict: 'accepted' | 'failed' | 'rejected' | null
  readonly answer: Uint8Array | ArrayBuffer | null
  readonly events: string
}

export const stateColumn = `case when b.status = 'waiting' then 'waiting' when b.status = 'dead' then 'dead'
  when o.skipped_at_ms is not null then 'skipped' else 'sent' end`

const ownColumns = ['sequence', 'id', 'destination', 'message', 'record_type', 'record_id', 'record_version', 'patient_id', 'created_at_ms', 'control_id',
  'composed_at_ms', 'answer_code', 'answered_at_ms', 'failure_code', 'failure_detail', 'failure_place']
export const summaryColumns = `${ownColumns.map((column) => `o.${column}`).join(', ')}, b.attempts, b.next_at_ms, b.reason, ${stateColumn} as state`
export const allColumns = `${summaryColumns}, o.revision, o.content, o.charset, o.notes, o.answer_verdict, o.answer, o.events`

export function outboundSummaryOf (row: OutboundSummaryRow): OutboundSummary {
  const { failure_code: noted, reason } = row
  const code = row.state === 'dead' ? reason ?? noted : noted
  return {
    id: row.id,
    sequence: row.sequence,
    destination: row.destination,
    message: row.message,
    record: { type: row.record_type, id: row.record_id, version: row.record_version },
    patientId: row.patient_id,
    createdAt: instant(row.created_at_ms),
    state: row.state,
    attempts: row.attempts,
    nextAt: instantOrNull(row.next_at_ms),
    // The outbox decides; what was noted explains it where it is about the same failure.
    failure: code === null ? null : code === noted ? { code, detail: row.failure_detail ?? '', place: row.failure_place } : { code, detail: '', place: null },
    controlId: row.control_id,
    composedAt: instantOrNull(row.composed_at_ms),
    answeredAt: instantOrNull(row.answered_at_ms),
    answerCode: row.answer_code
  }
}

export function outboundOf (row: OutboundRow): OutboundMessage {
  const { control_id: controlId, content, charset, composed_at_ms: composedAtMs, answer, answer_code: code, answer_verdict: verdict } = row
  const isComposed = controlId !== null && content !== null && charset !== null && composedAtMs !== null
  return {
    ...outboundSummaryOf(row),
    revision: row.revision,
    composed: isComposed ? { controlId, content: bytes(content), charset, composedAt: instant(composedAtMs), notes: row.notes === null ? [] : json<readonly string[]>(row.notes) } : null,
    answer: code === null || verdict === null ? null : { code, verdict, bytes: answer === null ? new Uint8Array() : bytes(answer) },
    events: eventsOf(row.events)
  }
}

type EventRow = Omit<OutboundEvent, 'at'> & { readonly at: number }

export function eventsOf (text: string): readonly OutboundEvent[] {
  return json<readonly EventRow[]>(text).map((event) => ({ ...event, at: instant(event.at) }))
}

export function eventsText (events: readonly OutboundEvent[]): string {
  return JSON.stringify(events.map((event): EventRow => ({ ...event, at: event.at.getTime() })))
}
