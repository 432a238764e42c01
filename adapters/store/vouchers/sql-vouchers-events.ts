import type { VoucherEvent } from '../../../core/vouchers/index.ts'
import { instant } from '../columns.ts'
import type { Scalar } from '../dialect.ts'
import type { GroupStatement, Unit } from '../sql.ts'

export interface EventRow {
  readonly batch: number
  readonly from_seq: number
  readonly to_seq: number
  readonly what: VoucherEvent['what']
  readonly from_state: VoucherEvent['from']
  readonly to_state: VoucherEvent['to']
  readonly community_id: string | null
  readonly hospital_id: string | null
  readonly month: string
  readonly subject_id: string | null
  readonly reason: string | null
  readonly done_by: string
  readonly at_ms: number
}

const insertEvents: GroupStatement = {
  columns: {
    batch: 'integer', from_seq: 'integer', to_seq: 'integer', is_run: 'integer', what: 'text', from_state: 'text', to_state: 'text', community_id: 'text', hospital_id: 'text', month: 'text', subject_id: 'text',
    reason: 'text', done_by: 'text', at_ms: 'integer'
  },
  text: (rows) => `insert into voucher_events (batch, from_seq, to_seq, is_run, what, from_state, to_state, community_id, hospital_id, month, subject_id, reason, done_by, at_ms)
    select batch, from_seq, to_seq, is_run, what, from_state, to_state, community_id, hospital_id, month, subject_id, reason, done_by, at_ms from ${rows} as given where true order by batch, from_seq`
}

export async function addEvents ({ sql }: Unit, events: readonly VoucherEvent[]): Promise<void> {
  await sql.runOf(insertEvents, events.map((event): readonly Scalar[] => [
    event.batch, event.fromSeq, event.toSeq, event.toSeq > event.fromSeq ? 1 : 0, event.what, event.from, event.to, event.communityId, event.hospitalId, event.month, event.subjectId, event.reason, event.by, event.at.getTime()
  ]))
}

export function eventOf (row: EventRow): VoucherEvent {
  return {
    batch: row.batch,
    fromSeq: row.from_seq,
    toSeq: row.to_seq,
    what: row.what,
    from: row.from_state,
    to: row.to_state,
    communityId: row.community_id,
    hospitalId: row.hospital_id,
    month: row.month,
    subjectId: row.subject_id,
    reason: row.reason,
    by: row.done_by,
    at: instant(row.at_ms)
  }
}

type CountRow = readonly [batch: number, communityId: string, hospitalId: string, month: string, what: string, from: string, to: string, shard: number, amount: number]

const insertCounts: GroupStatement = {
  columns: { batch: 'integer', community_id: 'text', hospital_id: 'text', month: 'text', what: 'text', from_state: 'text', to_state: 'text', shard: 'integer', amount: 'integer' },
  text: (rows) => `insert into voucher_counts (batch, community_id, hospital_id, month, what, from_state, to_state, shard, amount)
    select batch, community_id, hospital_id, month, what, from_state, to_state, shard, amount from ${rows} as given where true
    on conflict (batch, community_id, hospital_id, month, what, from_state, to_state, shard) do update set amount = voucher_counts.amount + excluded.amount`
}

const shards = 16

/** What events add to the counts, each row once and in one order, so that two transactions never wait for each other in a circle. */
export function countsOf (events: readonly VoucherEvent[]): readonly CountRow[] {
  const rows = new Map<string, CountRow>()
  for (const { batch, communityId, hospitalId, month, what, from, to, fromSeq, toSeq } of events) {
    const key = [batch, communityId ?? '', hospitalId ?? '', month, what, from ?? '', to, fromSeq % shards] as const
    const before = rows.get(key.join('\n'))?.[8] ?? 0
    rows.set(key.join('\n'), [...key, before + toSeq - fromSeq + 1])
  }
  return [...rows].sort(([one], [other]) => one < other ? -1 : 1).map(([, row]) => row)
}

export async function countUp ({ sql }: Unit, rows: readonly CountRow[]): Promise<void> {
  await sql.runOf(insertCounts, rows)
}
