import type { Escrow, EscrowFilter, EscrowSplit, EscrowStore, Payer, SplitChannel, WalletId } from '../../../core/escrow/index.ts'
import { fen } from '../../../core/money.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface EscrowRow {
  readonly id: string
  readonly purpose: string
  readonly hospital_id: string
  readonly payment_order_id: string
  readonly payer_patient_id: string | null
  readonly payer_organization_id: string | null
  readonly paid_fen: number
  readonly returned_fen: number
  readonly state: Escrow['state']
  readonly payee: string | null
  readonly fee_fen: number
  readonly paid_at_ms: number
  readonly ended_at_ms: number | null
}

interface SplitRow {
  readonly escrow_id: string
  readonly order_id: string
  readonly hospital_id: string
  readonly wallet_id: string
  readonly channel: SplitChannel
  readonly number: string
  readonly account: string | null
  readonly amount_fen: number | null
  readonly state: EscrowSplit['state']
  readonly created_at_ms: number
  readonly done_at_ms: number | null
  readonly queries: number
  readonly next_query_at_ms: number | null
}

const saveEscrow = upsert('escrows', ['id'], ['id', 'purpose', 'hospital_id', 'payment_order_id', 'payer_patient_id', 'payer_organization_id', 'paid_fen', 'returned_fen', 'state', 'payee', 'fee_fen', 'paid_at_ms', 'ended_at_ms'])
const saveSplit = upsert('escrow_splits', ['escrow_id'], ['escrow_id', 'order_id', 'hospital_id', 'wallet_id', 'channel', 'number', 'account', 'amount_fen', 'state', 'created_at_ms', 'done_at_ms', 'queries', 'next_query_at_ms'])
const toQueryText = 'select * from escrow_splits where next_query_at_ms is not null and next_query_at_ms <= ? order by next_query_at_ms, escrow_id limit ?'

/** What was paid for something that was not wanted any more has no escrow of its own: all of it goes back. */
const unreturnedText = `select distinct o.id from refunds f join payment_orders o on o.id = f.order_id and o.is_held = 1 left join escrows e on e.payment_order_id = o.id
  where f.state = 'failed' and coalesce(e.returned_fen, o.amount_fen) > coalesce((select sum(r.amount_fen) from refunds r where r.order_id = o.id and r.state <> 'failed'), 0)
  order by o.id limit ?`

/** 担保. Sums of money stand in the ledger; here what they are for, and where each is on its way. */
export function sqlEscrows (unit: Unit): EscrowStore {
  const { sql, dialect } = unit
  const find = async (id: string): Promise<Escrow | null> => {
    const row = await sql.first<EscrowRow>('select * from escrows where id = ?', [id])
    return row && escrowOf(row)
  }
  return {
    find,
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`escrow ${id}`])
      return await find(id)
    },
    save: async ({ payer, ...escrow }) => {
      const [patientId, organizationId] = payer.kind === 'person' ? [payer.patientId, null] : [null, payer.organizationId]
      await sql.run(saveEscrow, [escrow.id, escrow.purpose, escrow.hospitalId, escrow.paymentOrderId, patientId, organizationId, escrow.paidFen, escrow.returnedFen, escrow.state, escrow.payee, escrow.feeFen,
        escrow.paidAt.getTime(), msOrNull(escrow.endedAt)])
    },
    list: (filter, page) => listEscrows(unit, filter, page),
    heldBefore: async (before, limit) => (await sql.all<EscrowRow>("select * from escrows where state = 'held' and paid_at_ms < ? order by paid_at_ms, id limit ?", [before.getTime(), limit])).map(escrowOf),
    inOrder: async ({ after, limit }) => (await sql.all<EscrowRow>('select * from escrows where id > ? order by id limit ?', [after ?? '', limit])).map(escrowOf),
    findSplit: async (escrowId) => {
      const row = await sql.first<SplitRow>('select * from escrow_splits where escrow_id = ?', [escrowId])
      return row && splitOf(row)
    },
    saveSplit: async (split) => {
      await sql.run(saveSplit, [split.escrowId, split.orderId, split.hospitalId, split.walletId, split.channel, split.number, split.receiver?.account ?? null, split.receiver?.amountFen ?? null, split.state,
        split.createdAt.getTime(), msOrNull(split.doneAt), split.queries, msOrNull(split.nextQueryAt)])
    },
    splitsToQuery: async (by, limit) => (await sql.all<SplitRow>(toQueryText, [by.getTime(), limit])).map(splitOf),
    nextSplitQueryAt: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(next_query_at_ms) as at_ms from escrow_splits where next_query_at_ms is not null', []))?.at_ms ?? null),
    failedSplits: async (limit) => (await sql.all<SplitRow>("select * from escrow_splits where state = 'failed' order by created_at_ms limit ?", [limit])).map(splitOf),
    unreturned: async (limit) => (await sql.all<{ readonly id: string }>(unreturnedText, [limit])).map(({ id }) => id)
  }
}

async function listEscrows ({ sql, dialect, build }: Unit, filter: EscrowFilter, page: { readonly limit: number, readonly offset: number }): Promise<readonly Escrow[]> {
  const query = build('escrows').select('*').limit(page.limit).offset(page.offset).orderBy([{ column: 'paid_at_ms', order: 'desc' }, { column: 'id', order: 'desc' }])
  if (filter.payerPatientIds !== null) query.whereRaw(dialect.isIn('payer_patient_id'), [dialect.list(filter.payerPatientIds)] as never)
  const equal = { payer_organization_id: filter.payerOrganizationId, payee: filter.payee, hospital_id: filter.hospitalId, purpose: filter.purpose }
  for (const [column, value] of Object.entries(equal)) if (value !== null) query.where(column, value)
  return (await sql.built<EscrowRow>(query)).map(escrowOf)
}

function escrowOf (row: EscrowRow): Escrow {
  return {
    id: row.id,
    purpose: row.purpose,
    hospitalId: row.hospital_id,
    paymentOrderId: row.payment_order_id,
    payer: payerOf(row),
    paidFen: fen(row.paid_fen),
    returnedFen: fen(row.returned_fen),
    state: row.state,
    payee: row.payee as WalletId | null,
    feeFen: fen(row.fee_fen),
    paidAt: instant(row.paid_at_ms),
    endedAt: instantOrNull(row.ended_at_ms)
  }
}

function payerOf ({ payer_patient_id: patientId, payer_organization_id: organizationId }: EscrowRow): Payer {
  return patientId === null ? { kind: 'organization', organizationId: organizationId ?? '' } : { kind: 'person', patientId }
}

function splitOf (row: SplitRow): EscrowSplit {
  return {
    escrowId: row.escrow_id,
    orderId: row.order_id,
    hospitalId: row.hospital_id,
    walletId: row.wallet_id as WalletId,
    channel: row.channel,
    number: row.number,
    receiver: row.account === null || row.amount_fen === null ? null : { account: row.account, amountFen: fen(row.amount_fen) },
    state: row.state,
    createdAt: instant(row.created_at_ms),
    doneAt: instantOrNull(row.done_at_ms),
    queries: row.queries,
    nextQueryAt: instantOrNull(row.next_query_at_ms)
  }
}
