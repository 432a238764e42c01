import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import type { PaymentOrder, PaymentPart, PaymentStore, Refund, RefundState } from '../../../core/payments/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface RefundRow {
  readonly id: string
  readonly order_id: string
  readonly refund_number: string
  readonly source_key: string
  readonly amount_fen: number
  readonly parts: string
  readonly half: 'cash' | 'insurance' | null
  readonly reason: string
  readonly state: RefundState
  readonly requested_by: string
  readonly requested_at_ms: number
  readonly approved_by: string | null
  readonly channel_number: string | null
  readonly done_at_ms: number | null
  readonly done_on: string | null
  readonly queries: number
  readonly next_query_at_ms: number | null
}

const columns = ['id', 'order_id', 'refund_number', 'source_key', 'amount_fen', 'parts', 'half', 'reason', 'state', 'requested_by', 'requested_at_ms', 'approved_by', 'channel_number', 'done_at_ms', 'done_on', 'queries', 'next_query_at_ms']
const saveRefund = upsert('refunds', ['id'], columns)

type RefundPart = Pick<PaymentStore, 'findRefund' | 'refundBySourceKey' | 'refundByNumber' | 'saveRefund' | 'refunds' | 'nextRefundQueryAt' | 'refundsOf' | 'refundsToQuery' | 'refundsDoneOn'>

export function sqlRefunds (unit: Unit, ordersByIds: (ids: readonly string[]) => Promise<ReadonlyMap<string, PaymentOrder>>): RefundPart {
  const { sql } = unit
  const one = async (text: string, value: string): Promise<Refund | null> => {
    const row = await sql.first<RefundRow>(text, [value])
    return row && refundOf(row)
  }
  return {
    findRefund: (id) => one('select * from refunds where id = ?', id),
    refundBySourceKey: (sourceKey) => one('select * from refunds where source_key = ?', sourceKey),
    refundByNumber: (refundNumber) => one('select * from refunds where refund_number = ?', refundNumber),
    saveRefund: async (refund) => {
      await sql.run(saveRefund, [refund.id, refund.orderId, refund.refundNumber, refund.sourceKey, refund.amountFen, JSON.stringify(refund.parts), refund.half ?? null, refund.reason, refund.state,
        refund.requestedBy, refund.requestedAt.getTime(), refund.approvedBy, refund.channelNumber, msOrNull(refund.doneAt), refund.doneOn ?? null, refund.queries, msOrNull(refund.nextQueryAt)])
    },
    refunds: (filter, page) => listRefunds(unit, filter, page),
    nextRefundQueryAt: async () => {
      const row = await sql.first<{ readonly at_ms: number | null }>('select min(next_query_at_ms) as at_ms from refunds where next_query_at_ms is not null', [])
      return instantOrNull(row?.at_ms ?? null)
    },
    refundsOf: async (orderId) => (await sql.all<RefundRow>('select * from refunds where order_id = ? order by requested_at_ms, id', [orderId])).map(refundOf),
    refundsToQuery: async (by, limit) => (await sql.all<RefundRow>(
      'select * from refunds where next_query_at_ms is not null and next_query_at_ms <= ? order by next_query_at_ms, id limit ?', [by.getTime(), limit])).map(refundOf),
    refundsDoneOn: async (channel, day, { limit, after }) => {
      const rows = await sql.all<RefundRow>(`select r.* from refunds r join payment_orders o on o.id = r.order_id
        where r.done_on = ? and o.channel = ? and r.refund_number > ? order by r.refund_number limit ?`, [day, channel, after ?? '', limit])
      const orders = await ordersByIds(rows.map((row) => row.order_id))
      return rows.flatMap((row) => {
        const order = orders.get(row.order_id)
        return order === undefined ? [] : [{ ...refundOf(row), order }]
      })
    }
  }
}

async function listRefunds ({ sql, dialect, build }: Unit, filter: Parameters<PaymentStore['refunds']>[0], page: Parameters<PaymentStore['refunds']>[1]): Promise<readonly Refund[]> {
  const query = build('refunds').select('refunds.*').limit(page.limit).offset(page.offset).orderBy([{ column: 'requested_at_ms', order: 'desc' }, { column: 'id', order: 'desc' }])
  if (filter.orderId !== null) query.where('order_id', filter.orderId)
  if (filter.state !== null) query.where('state', filter.state)
  if (filter.hospitalId !== null) query.whereRaw('exists (select 1 from payment_parts p where p.order_id = refunds.order_id and p.hospital_id = ?)', [filter.hospitalId])
  if (filter.payerPatientIds !== null) query.whereRaw(`exists (select 1 from payment_orders o where o.id = refunds.order_id and ${dialect.isIn('o.payer_patient_id')})`, [dialect.list(filter.payerPatientIds)] as never)
  if (typeof filter.payerOrganizationId === 'string') query.whereRaw('exists (select 1 from payment_orders o where o.id = refunds.order_id and o.payer_organization_id = ?)', [filter.payerOrganizationId])
  return (await sql.built<RefundRow>(query)).map(refundOf)
}

function refundOf (row: RefundRow): Refund {
  return {
    id: row.id,
    orderId: row.order_id,
    refundNumber: row.refund_number,
    sourceKey: row.source_key,
    amountFen: fen(row.amount_fen),
    parts: json<readonly PaymentPart[]>(row.parts),
    ...row.half === null ? {} : { half: row.half },
    reason: row.reason,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: instant(row.requested_at_ms),
    approvedBy: row.approved_by,
    channelNumber: row.channel_number,
    doneAt: instantOrNull(row.done_at_ms),
    doneOn: row.done_on as CalendarDate | null,
    queries: row.queries,
    nextQueryAt: instantOrNull(row.next_query_at_ms)
  }
}
