import type { Failure, MessageStatus, MessageSummary, NewMessage } from '../../../core/inbox/index.ts'
import { instant, instantOrNull, json } from '../columns.ts'

export interface MessageRow {
  readonly sequence: number
  readonly id: string
  readonly source: string
  readonly hospital_id: string
  readonly format: NewMessage['format']
  readonly content_hash: string
  readonly dedupe_key: string | null
  readonly control_id: string | null
  readonly type: string | null
  readonly trigger_event: string | null
  readonly sent_at_ms: number | null
  readonly charset: string
  readonly lanes: string
  readonly received_at_ms: number
  readonly replay_of: string | null
  readonly status: MessageStatus
  readonly attempts: number
  readonly next_at_ms: number | null
  readonly failure_code: string | null
  readonly failure_detail: string | null
  readonly failure_place: string | null
  readonly parked: number
  readonly applied_at_ms: number | null
  readonly mapping_version: string | null
  readonly produced: string | null
  readonly notes: string | null
  readonly skipped_at_ms: number | null
  readonly skipped_by: string | null
  readonly skipped_reason: string | null
}

export function summaryOf (row: MessageRow): MessageSummary {
  const failure = failureOf(row)
  return {
    id: row.id,
    source: row.source,
    hospitalId: row.hospital_id,
    format: row.format,
    contentHash: row.content_hash,
    dedupeKey: row.dedupe_key,
    controlId: row.control_id,
    type: row.type,
    trigger: row.trigger_event,
    sentAt: instantOrNull(row.sent_at_ms),
    charset: row.charset,
    lanes: json<readonly string[]>(row.lanes),
    receivedAt: instant(row.received_at_ms),
    parked: row.parked === 1 ? failure : null,
    replayOf: row.replay_of,
    sequence: row.sequence,
    status: row.status,
    attempts: row.attempts,
    nextAt: instantOrNull(row.next_at_ms),
    failure,
    appliedAt: instantOrNull(row.applied_at_ms),
    mappingVersion: row.mapping_version,
    produced: row.produced === null ? [] : json<readonly string[]>(row.produced),
    notes: row.notes === null ? [] : json<readonly string[]>(row.notes),
    skipped: row.skipped_at_ms === null ? null : { at: instant(row.skipped_at_ms), actor: row.skipped_by ?? '', reason: row.skipped_reason ?? '' }
  }
}

function failureOf ({ failure_code: code, failure_detail: detail, failure_place: place }: MessageRow): Failure | null {
  return code === null ? null : { code, detail: detail ?? '', place }
}
