import { isLive, type DrugOrder, type DrugOrderFilter, type DrugOrderStore } from '../../../core/prescriptions/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { fen } from '../../../core/money.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface OrderRow {
  readonly id: string
  readonly number: string
  readonly prescription_id: string
  readonly hospital_id: string
  readonly patient_id: string
  readonly items: string
  readonly delivery: DrugOrder['delivery']
  readonly sealed_address: string | null
  readonly drugs_fen: number
  readonly logistics_fen: number
  readonly state: DrugOrder['state']
  readonly payment_order_id: string | null
  readonly refund_fen: number
  readonly return_asked_because: string | null
  readonly return_asked_at_ms: number | null
  readonly reason: string | null
  readonly created_at_ms: number
  readonly paid_at_ms: number | null
  readonly checked_by: string | null
  readonly checked_at_ms: number | null
  readonly dispensed_by: string | null
  readonly dispensed_at_ms: number | null
  readonly shipped_at_ms: number | null
  readonly delivered_at_ms: number | null
  readonly ended_at_ms: number | null
  readonly due_at_ms: number | null
}

const columns = ['id', 'number', 'prescription_id', 'hospital_id', 'patient_id', 'items', 'delivery', 'sealed_address', 'drugs_fen', 'logistics_fen', 'state', 'payment_order_id', 'refund_fen', 'return_asked_because', 'return_asked_at_ms',
  'reason', 'created_at_ms', 'paid_at_ms', 'checked_by', 'checked_at_ms', 'dispensed_by', 'dispensed_at_ms', 'shipped_at_ms', 'delivered_at_ms', 'ended_at_ms', 'due_at_ms']
const save = upsert('drug_orders', ['id'], columns)

/** 药品订单. An item of a prescription stands in one live order by its own row. */
export function sqlDrugOrders (unit: Unit): DrugOrderStore {
  const { sql, dialect } = unit
  const find = async (id: string): Promise<DrugOrder | null> => {
    const row = await sql.first<OrderRow>('select * from drug_orders where id = ?', [id])
    return row && orderOf(row)
  }
  return {
    find,
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`drug order ${id}`])
      return await find(id)
    },
    save: async (order) => {
      await sql.run(save, valuesOf(order))
      await keepItems(unit, order)
    },
    list: (filter, page) => listOrders(unit, filter, page),
    liveOf: async (prescriptionId) => (await sql.all<OrderRow>('select * from drug_orders where id in (select order_id from drug_order_items where prescription_id = ?) order by created_at_ms, id', [prescriptionId])).map(orderOf),
    due: async (by, limit) => (await sql.all<OrderRow>('select * from drug_orders where due_at_ms <= ? order by due_at_ms, id limit ?', [by.getTime(), limit])).map(orderOf),
    nextDue: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(due_at_ms) as at_ms from drug_orders where due_at_ms is not null', []))?.at_ms ?? null)
  }
}

async function keepItems ({ sql }: Unit, order: DrugOrder): Promise<void> {
  if (!isLive(order)) {
    await sql.run('delete from drug_order_items where order_id = ?', [order.id])
    return
  }
  for (const { number } of order.items) await sql.run('insert into drug_order_items (prescription_id, item, order_id) values (?, ?, ?) on conflict (prescription_id, item) do nothing', [order.prescriptionId, number, order.id])
  const kept = await sql.all<{ readonly item: number }>('select item from drug_order_items where order_id = ?', [order.id])
  if (kept.length !== order.items.length) throw new DomainError('STORE_WRITE_CONFLICT', 'Another order took one of these items first. Read the orders of the prescription and decide again.')
}

async function listOrders ({ sql, dialect, build }: Unit, { patientIds, hospitalId, prescriptionId, delivery, states }: DrugOrderFilter, { limit, offset }: { readonly limit: number, readonly offset: number }): Promise<readonly DrugOrder[]> {
  const query = build('drug_orders').select('*').orderBy([{ column: 'created_at_ms', order: 'desc' }, { column: 'id' }]).limit(limit).offset(offset)
  if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
  if (hospitalId !== null) query.where('hospital_id', hospitalId)
  if (prescriptionId !== null) query.where('prescription_id', prescriptionId)
  if (delivery !== null) query.where('delivery', delivery)
  if (states !== null) query.whereIn('state', [...states])
  return (await sql.built<OrderRow>(query)).map(orderOf)
}

function valuesOf (order: DrugOrder): ReadonlyArray<string | number | null> {
  const { id, number, prescriptionId, hospitalId, patientId, items, delivery, sealedAddress, drugsFen, logisticsFen, state, paymentOrderId, refundFen, returnAsked, reason, createdAt, checkedBy, dispensedBy } = order
  return [id, number, prescriptionId, hospitalId, patientId, JSON.stringify(items), delivery, sealedAddress, drugsFen, logisticsFen, state, paymentOrderId, refundFen, returnAsked?.reason ?? null, msOrNull(returnAsked?.at ?? null),
    reason, createdAt.getTime(), msOrNull(order.paidAt), checkedBy, msOrNull(order.checkedAt), dispensedBy, msOrNull(order.dispensedAt), msOrNull(order.shippedAt), msOrNull(order.deliveredAt), msOrNull(order.endedAt), msOrNull(order.dueAt)]
}

function orderOf (row: OrderRow): DrugOrder {
  return {
    id: row.id, number: row.number, prescriptionId: row.prescription_id, hospitalId: row.hospital_id, patientId: row.patient_id, items: json(row.items), delivery: row.delivery, sealedAddress: row.sealed_address,
    drugsFen: fen(row.drugs_fen), logisticsFen: fen(row.logistics_fen), state: row.state, paymentOrderId: row.payment_order_id, refundFen: fen(row.refund_fen),
    returnAsked: row.return_asked_because === null || row.return_asked_at_ms === null ? null : { reason: row.return_asked_because, at: instant(row.return_asked_at_ms) },
    reason: row.reason, createdAt: instant(row.created_at_ms), paidAt: instantOrNull(row.paid_at_ms), checkedBy: row.checked_by, checkedAt: instantOrNull(row.checked_at_ms), dispensedBy: row.dispensed_by, dispensedAt: instantOrNull(row.dispensed_at_ms),
    shippedAt: instantOrNull(row.shipped_at_ms), deliveredAt: instantOrNull(row.delivered_at_ms), endedAt: instantOrNull(row.ended_at_ms), dueAt: instantOrNull(row.due_at_ms)
  }
}
