import type { MovedRun, VoucherEvent, VoucherRun, VoucherState } from '../../../core/vouchers/index.ts'
import type { Unit } from '../sql.ts'
import { addEvents, countsOf, countUp } from './sql-vouchers-events.ts'

type NewRun = Pick<VoucherRun, 'batch' | 'fromSeq' | 'toSeq' | 'month' | 'by' | 'at'>

/** Makes what is not there yet; the ids are drawn by the database, so that no list of them travels. */
export async function generateVouchers (unit: Unit, { batch, fromSeq, toSeq, month, by, at }: NewRun): Promise<number> {
  const { sql, dialect } = unit
  const there = await sql.first<{ readonly last: number | null }>('select max(seq) as last from vouchers where batch = ? and seq between ? and ?', [batch, fromSeq, toSeq])
  // A piece is made in one transaction, in the order of its places: what is there is its front.
  const next = (there?.last ?? fromSeq - 1) + 1
  const made = next > toSeq
    ? 0
    : await sql.run(
      `insert into vouchers (id, batch, seq, state, version, redeemed, rebookings, is_hidden, is_reminded)
        select ${dialect.randomUuid}, cast(? as ${dialect.words.integer}), n, 'generated', 1, 0, 0, 0, 0 from ${dialect.series}`, [batch, next, toSeq])
  if (made === 0) return 0
  const event: VoucherEvent = { batch, fromSeq: next, toSeq, what: 'generated', from: null, to: 'generated', communityId: null, hospitalId: null, month, subjectId: null, reason: null, by, at }
  await addEvents(unit, [event])
  await countUp(unit, countsOf([event]))
  return made
}

interface Moved {
  readonly id: string
  readonly seq: number
  readonly community_id: string | null
  readonly patient_id: string | null
}

/** One conditional update for each state: whoever redeems or books at the same time either comes first or finds it moved. */
export async function moveVouchers (unit: Unit, run: VoucherRun): Promise<MovedRun> {
  const { batch, what, to, month, reason, by, at } = run
  const events: VoucherEvent[] = []
  const held: Array<MovedRun['held'][number]> = []
  for (const from of run.states) {
    const moved = await moveFrom(unit, run, from)
    events.push(...runsOf(moved).map((places): VoucherEvent => ({ batch, ...places, what, from, to, hospitalId: null, month, subjectId: null, reason, by, at })))
    held.push(...moved.flatMap(({ id, seq, patient_id: patientId }) => patientId === null ? [] : [{ id, batch, seq, patientId }]))
  }
  await addEvents(unit, events)
  await countUp(unit, countsOf(events))
  if (what !== 'sent' && events.some(({ from }) => from === 'converted' || from === 'issued')) await spendCodes(unit, run)
  return { count: events.reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0), held }
}

function moveFrom ({ sql }: Unit, { batch, fromSeq, toSeq, to, communityId }: VoucherRun, from: VoucherState): Promise<readonly Moved[]> {
  return sql.all<Moved>(
    `update vouchers set state = ?, version = version + 1, community_id = coalesce(cast(? as text), community_id)
      where batch = ? and seq between ? and ? and state = ? returning id, seq, community_id, patient_id`, [to, communityId, batch, fromSeq, toSeq, from])
}

async function spendCodes ({ sql }: Unit, { batch, fromSeq, toSeq, to, at }: VoucherRun): Promise<void> {
  await sql.run(
    `update voucher_codes set spent_at_ms = ?, spent_because = ? where spent_at_ms is null
      and voucher_id in (select id from vouchers where batch = ? and seq between ? and ? and state = ?)`, [at.getTime(), to, batch, fromSeq, toSeq, to])
}

/** Places that follow each other and have the same community, as one run. */
function runsOf (rows: ReadonlyArray<Pick<Moved, 'seq' | 'community_id'>>): ReadonlyArray<{ readonly fromSeq: number, readonly toSeq: number, readonly communityId: string | null }> {
  const runs: Array<{ fromSeq: number, toSeq: number, communityId: string | null }> = []
  for (const { seq, community_id: communityId } of [...rows].sort((one, other) => one.seq - other.seq)) {
    const last = runs.at(-1)
    if (last !== undefined && last.toSeq === seq - 1 && last.communityId === communityId) last.toSeq = seq
    else runs.push({ fromSeq: seq, toSeq: seq, communityId })
  }
  return runs
}
