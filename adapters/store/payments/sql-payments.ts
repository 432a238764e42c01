import type { CalendarDate } from '../../../core/clock.ts'
import { groupedBy } from '../../../core/grouped-by.ts'
import { fen } from '../../../core/money.ts'
import type { PaymentChannel, PaymentMode, PaymentOrder, PaymentPart, PaymentState, PaymentStore } from '../../../core/payments/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import { sqlCallbacks } from './sql-payment-callbacks.ts'
import { sqlRefunds } from './sql-refunds.ts'
import type { GroupStatement, Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface OrderRow {
  readonly id: string
  readonly order_number: string
  readonly purpose: string
  readonly subject_id: string
  /** Empty where an organization pays: the column is not null since its first day. */
  readonly payer_patient_id: string
  readonly payer_organization_id: string | null
  readonly is_held: number
  readonly channel: PaymentChannel
  readonly mode: PaymentMode
  readonly amount_fen: number
  readonly state: PaymentState
  readonly cash_fen: number
  readonly insurance_fen: number
  readonly cash_state: PaymentState | null
  readonly insurance_state: PaymentState | null
  readonly channel_number: string | null
  readonly prepay: string | null
  readonly wallet_key: string | null
  readonly created_at_ms: number
  readonly expires_at_ms: number
  readonly paid_at_ms: number | null
  readonly paid_on: string | null
  readonly refunded_fen: number
  readonly queries: number
  readonly next_query_at_ms: number | null
}

interface PartRow {
  readonly order_id: string
  readonly hospital_id: string
  readonly reference_id: string
  readonly patient_id: string
  readonly amount_fen: number
}

const columns = ['id', 'order_number', 'purpose', 'subject_id', 'payer_patient_id', 'channel', 'mode', 'amount_fen', 'state', 'cash_fen', 'insurance_fen', 'cash_state', 'insurance_state',
  'channel_number', 'prepay', 'wallet_key', 'created_at_ms', 'expires_at_ms', 'paid_at_ms', 'paid_on', 'refunded_fen', 'queries', 'next_query_at_ms', 'payer_organization_id', 'is_held']
const saveOrder = upsert('payment_orders', ['id'], columns)

const addParts: GroupStatement = {
  columns: { order_id: 'text', place: 'integer', hospital_id: 'text', reference_id: 'text', patient_id: 'text', amount_fen: 'integer' },
  text: (given) => `insert into payment_parts (order_id, place, hospital_id, reference_id, patient_id, amount_fen)
    select given.order_id, given.place, given.hospital_id, given.reference_id, given.patient_id, given.amount_fen from ${given} as given where true on conflict do nothing`
}

const toQueryText = 'select * from payment_orders where next_query_at_ms is not null and next_query_at_ms <= ? order by next_query_at_ms, id limit ?'

/** By the index of the subject: a contract has few orders. */
const hasOpenText = `select id from payment_orders where purpose = ? and subject_id = ? and state in ('created', 'pending', 'unknown') limit 1`

/** 支付. An order is locked by its id, a debt by its subject; sums of money stand in the ledger only. */
export function sqlPayments (unit: Unit): PaymentStore {
  const { sql, dialect } = unit
  const readOrders = (rows: readonly OrderRow[]): Promise<readonly PaymentOrder[]> => withParts(unit, rows)
  const one = async (text: string, value: string): Promise<PaymentOrder | null> => (await readOrders(await sql.all<OrderRow>(text, [value])))[0] ?? null
  const find = (id: string): Promise<PaymentOrder | null> => one('select * from payment_orders where id = ?', id)
  const lock = async (text: string): Promise<void> => {
    if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [text])
  }
  return {
    find,
    findForChange: async (id) => {
      await lock(`payment ${id}`)
      return await find(id)
    },
    byOrderNumber: (orderNumber) => one('select * from payment_orders where order_number = ?', orderNumber),
    lockSubject: (purpose, subjectId) => lock(`payments of ${purpose} ${subjectId}`),
    save: (order) => save(unit, order),
    hasOpen: async (purpose, subjectId) => await sql.first(hasOpenText, [purpose, subjectId]) !== null,
    list: (filter, page) => listOrders(unit, filter, page),
    toQuery: async (by, limit) => await readOrders(await sql.all<OrderRow>(toQueryText, [by.getTime(), limit])),
    nextQueryAt: async () => {
      const row = await sql.first<{ readonly at_ms: number | null }>('select min(next_query_at_ms) as at_ms from payment_orders where next_query_at_ms is not null', [])
      return instantOrNull(row?.at_ms ?? null)
    },
    undecided: async (expiredBefore, limit) => await readOrders(await sql.all<OrderRow>(
      "select * from payment_orders where state in ('created', 'pending', 'unknown') and expires_at_ms < ? order by expires_at_ms, id limit ?", [expiredBefore.getTime(), limit])),
    succeededOn: async (channel, day, { limit, after }) => await readOrders(await sql.all<OrderRow>(
      'select * from payment_orders where channel = ? and paid_on = ? and order_number > ? order by order_number limit ?', [channel, day, after ?? '', limit])),
    ...sqlRefunds(unit, readByIds(unit)),
    ...sqlCallbacks(unit)
  }
}

function readByIds (unit: Unit): (ids: readonly string[]) => Promise<ReadonlyMap<string, PaymentOrder>> {
  return async (ids) => {
    const { sql, dialect } = unit
    const rows = ids.length === 0 ? [] : await sql.all<OrderRow>(`select * from payment_orders where ${dialect.isIn('id')}`, [dialect.list([...new Set(ids)])])
    return new Map((await withParts(unit, rows)).map((order) => [order.id, order]))
  }
}

async function save ({ sql }: Unit, order: PaymentOrder): Promise<void> {
  await sql.run(saveOrder, [order.id, order.orderNumber, order.purpose, order.subjectId, order.payerPatientId ?? '', order.channel, order.mode, order.amountFen, order.state,
    order.cashFen, order.insuranceFen, order.cashState, order.insuranceState, order.channelNumber, order.prepay === null ? null : JSON.stringify(order.prepay), order.walletKey ?? null,
    order.createdAt.getTime(), order.expiresAt.getTime(), msOrNull(order.paidAt), order.paidOn ?? null, order.refundedFen, order.queries, msOrNull(order.nextQueryAt),
    order.payerOrganizationId ?? null, order.isHeld === true ? 1 : 0])
  const standing = await sql.first<{ readonly place: number }>('select place from payment_parts where order_id = ? limit 1', [order.id])
  if (standing !== null) return
  await sql.runOf(addParts, order.parts.map((part, place) => [order.id, place, part.hospitalId, part.referenceId, part.patientId ?? '', part.amountFen]))
}

async function listOrders (unit: Unit, filter: Parameters<PaymentStore['list']>[0], page: Parameters<PaymentStore['list']>[1]): Promise<readonly PaymentOrder[]> {
  const { sql, dialect, build } = unit
  const query = build('payment_orders').select('*').limit(page.limit).offset(page.offset).orderBy([{ column: 'created_at_ms', order: 'desc' }, { column: 'id', order: 'desc' }])
  if (filter.payerPatientIds !== null) query.whereRaw(dialect.isIn('payer_patient_id'), [dialect.list(filter.payerPatientIds)] as never)
  if (filter.subjectId !== null) query.where('subject_id', filter.subjectId)
  if (filter.purpose !== undefined) query.where('purpose', filter.purpose)
  if (typeof filter.payerOrganizationId === 'string') query.where('payer_organization_id', filter.payerOrganizationId)
  if (filter.states !== null) query.whereRaw(dialect.isIn('state'), [dialect.list(filter.states)] as never)
  if (filter.hospitalId !== undefined) query.whereRaw('exists (select 1 from payment_parts p where p.order_id = payment_orders.id and p.hospital_id = ?)', [filter.hospitalId])
  return await withParts(unit, await sql.built<OrderRow>(query))
}

async function withParts ({ sql, dialect }: Unit, rows: readonly OrderRow[]): Promise<readonly PaymentOrder[]> {
  if (rows.length === 0) return []
  const parts = await sql.all<PartRow>(`select * from payment_parts where ${dialect.isIn('order_id')} order by order_id, place`, [dialect.list(rows.map(({ id }) => id))])
  const byOrder = groupedBy(parts, (part) => part.order_id)
  return rows.map((row) => orderOf(row, (byOrder.get(row.id) ?? []).map(partOf)))
}

function partOf (part: PartRow): PaymentPart {
  return { hospitalId: part.hospital_id, referenceId: part.reference_id, patientId: part.patient_id === '' ? null : part.patient_id, amountFen: fen(part.amount_fen) }
}

function orderOf (row: OrderRow, parts: readonly PaymentPart[]): PaymentOrder {
  return {
    id: row.id,
    orderNumber: row.order_number,
    purpose: row.purpose,
    subjectId: row.subject_id,
    payerPatientId: row.payer_patient_id === '' ? null : row.payer_patient_id,
    payerOrganizationId: row.payer_organization_id,
    isHeld: row.is_held === 1,
    channel: row.channel,
    mode: row.mode,
    amountFen: fen(row.amount_fen),
    parts,
    state: row.state,
    cashFen: fen(row.cash_fen),
    insuranceFen: fen(row.insurance_fen),
    cashState: row.cash_state,
    insuranceState: row.insurance_state,
    channelNumber: row.channel_number,
    prepay: row.prepay === null ? null : json<Readonly<Record<string, string>>>(row.prepay),
    walletKey: row.wallet_key,
    createdAt: instant(row.created_at_ms),
    expiresAt: instant(row.expires_at_ms),
    paidAt: instantOrNull(row.paid_at_ms),
    paidOn: row.paid_on as CalendarDate | null,
    refundedFen: fen(row.refunded_fen),
    queries: row.queries,
    nextQueryAt: instantOrNull(row.next_query_at_ms)
  }
}
