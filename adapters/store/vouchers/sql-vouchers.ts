import type { Voucher, VoucherStep, VoucherStore } from '../../../core/vouchers/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { addEvents, countsOf, countUp, eventOf, type EventRow } from './sql-vouchers-events.ts'
import { generateVouchers, moveVouchers } from './sql-vouchers-runs.ts'

interface VoucherRow {
  readonly id: string
  readonly batch: number
  readonly seq: number
  readonly state: Voucher['state']
  readonly version: number
  readonly community_id: string | null
  readonly patient_id: string | null
  readonly contact: string | null
  readonly redeemed: number
  readonly rebookings: number
  readonly use_id: string | null
  readonly appointment_id: string | null
  readonly appointment_hospital_id: string | null
  readonly appointment_starts_ms: number | null
  readonly honoured_until_ms: number | null
  readonly issued_at_ms: number | null
  readonly uses: number
  readonly valid_from_ms: number
  readonly valid_until_ms: number
}

const columns = 'v.*, b.uses, b.valid_from_ms, b.valid_until_ms'
const from = 'from vouchers v join voucher_batches b on b.number = v.batch'
/** A run of places is never longer (core/vouchers works in such pieces). */
const longestRun = 5_000

/** 服务券. Every change goes through `step` or a run, which keep state, event and counts together. */
export function sqlVouchers (unit: Unit): VoucherStore {
  const { sql, dialect } = unit
  const one = async (rest: string, params: Parameters<typeof sql.first>[1]): Promise<Voucher | null> => {
    const row = await sql.first<VoucherRow>(`select ${columns} ${from} ${rest}`, params)
    return row && voucherOf(row)
  }
  const lock = async (text: string): Promise<void> => {
    if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [text])
  }
  return {
    find: (id) => one('where v.id = ?', [id]),
    findForChange: (id) => one(`where v.id = ?${dialect.lockRows('v')}`, [id]),
    byPlace: (batch, seq) => one('where v.batch = ? and v.seq = ?', [batch, seq]),
    step: (step) => saveStep(unit, step),
    list: async ({ patientIds, communityId, batch, state }, { limit, offset }) => {
      const query = unit.build('vouchers as v').join('voucher_batches as b', 'b.number', 'v.batch').select('v.*', 'b.uses', 'b.valid_from_ms', 'b.valid_until_ms')
        .orderBy([{ column: 'v.batch', order: 'desc' }, { column: 'v.seq', order: 'desc' }]).limit(limit).offset(offset)
      if (patientIds !== null) query.whereRaw(dialect.isIn('v.patient_id'), [dialect.list(patientIds)] as never)
      if (communityId !== null) query.where('v.community_id', communityId)
      if (batch !== null) query.where('v.batch', batch)
      if (state !== null) query.where('v.state', state)
      return (await sql.built<VoucherRow>(query)).map(voucherOf)
    },
    inHand: async (patientIds, { limit, offset }) => (await sql.all<VoucherRow>(
      `select ${columns} ${from} where ${dialect.isIn('v.patient_id')} and v.is_hidden = 0
        order by case when v.state in ('void', 'expired') then 1 else 0 end, b.valid_until_ms, v.batch, v.seq limit ? offset ?`, [dialect.list(patientIds), limit, offset])).map(voucherOf),
    show: async (voucherId, shown) => { await sql.run('update vouchers set is_hidden = ? where id = ?', [shown ? 0 : 1, voucherId]) },
    countIssued: async (campaignId, patientIds) => (await sql.first<{ readonly count: number }>(
      `select count(*) as count from vouchers v where ${dialect.isIn('v.patient_id')} and v.state <> 'void' and not (v.state = 'expired' and v.redeemed = 0)
        and exists (select 1 from voucher_batches b where b.number = v.batch and b.campaign_id = ?)`, [dialect.list(patientIds), campaignId]))?.count ?? 0,
    lockPerson: (personId) => lock(`vouchers of ${personId}`),
    nextToIssue: async (communityId, batch) => {
      await lock(`vouchers to issue at ${communityId}`)
      return await one(`where v.community_id = ? and v.batch = ? and v.state in ('sent', 'converted') order by v.seq limit 1${dialect.lockRows('v')}`, [communityId, batch])
    },
    toRemind: async (span, limit) => (await sql.all<VoucherRow>(
      `select ${columns} ${from} where b.is_ended = 0 and b.valid_until_ms >= ? and b.valid_until_ms < ? and v.state = 'issued' and v.is_reminded = 0 order by v.batch, v.seq limit ?`,
      [span.from.getTime(), span.to.getTime(), limit])).map(voucherOf),
    markReminded: async (voucherId) => { await sql.run('update vouchers set is_reminded = 1 where id = ?', [voucherId]) },
    events: async ({ batch, seq }, limit) => (await sql.all<EventRow>(
      `select * from voucher_events where batch = ? and from_seq = ?
        union all select * from voucher_events where batch = ? and is_run = 1 and from_seq between ? and ? and to_seq >= ?
        order by sequence limit ?`, [batch, seq, batch, seq - longestRun, seq - 1, seq, limit])).map(eventOf),
    generate: (run) => generateVouchers(unit, run),
    move: (run) => moveVouchers(unit, run)
  }
}

async function saveStep (unit: Unit, { before, after, event }: VoucherStep): Promise<boolean> {
  const { appointment } = after
  const changed = await unit.sql.run(
    `update vouchers set state = ?, version = ?, community_id = ?, patient_id = ?, contact = ?, redeemed = ?, rebookings = ?, use_id = ?,
      appointment_id = ?, appointment_hospital_id = ?, appointment_starts_ms = ?, honoured_until_ms = ?, issued_at_ms = ? where id = ? and version = ?`,
    [after.state, after.version, after.communityId, after.patientId, after.contact, after.redeemed, after.rebookings, after.useId,
      appointment?.id ?? null, appointment?.hospitalId ?? null, msOrNull(appointment?.startsAt ?? null), msOrNull(appointment?.honouredUntil ?? null), msOrNull(after.issuedAt), after.id, before.version])
  if (changed !== 1) return false
  await addEvents(unit, [event])
  await countUp(unit, countsOf([event]))
  return true
}

function voucherOf (row: VoucherRow): Voucher {
  const { appointment_id: id, appointment_hospital_id: hospitalId } = row
  return {
    id: row.id,
    batch: row.batch,
    seq: row.seq,
    state: row.state,
    communityId: row.community_id,
    patientId: row.patient_id,
    contact: row.contact,
    uses: row.uses,
    redeemed: row.redeemed,
    validFrom: instant(row.valid_from_ms),
    validUntil: instant(row.valid_until_ms),
    appointment: id === null || hospitalId === null ? null : { id, hospitalId, startsAt: instant(row.appointment_starts_ms ?? 0), honouredUntil: instant(row.honoured_until_ms ?? 0) },
    rebookings: row.rebookings,
    useId: row.use_id,
    issuedAt: instantOrNull(row.issued_at_ms),
    version: row.version
  }
}
