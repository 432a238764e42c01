import type { CalendarDate } from '../../../core/clock.ts'
import type { BatchWork, TargetGroup, VoucherBatch, VoucherBatchStore, VoucherCampaign } from '../../../core/vouchers/index.ts'
import { instant, instantOrNull, json } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface BatchRow {
  readonly number: number
  readonly id: string
  readonly campaign_id: string
  readonly group_code: string
  readonly examination_name: string
  readonly examination_codes: string
  readonly hospital_ids: string
  readonly department: string
  readonly first_day: string
  readonly last_day: string
  readonly valid_from_ms: number
  readonly valid_until_ms: number
  readonly uses: number
  readonly size: number
  readonly generated: number
  readonly allocated: number
  readonly voided_at_ms: number | null
  readonly created_at_ms: number
  readonly created_by: string
}

interface WorkRow {
  readonly id: string
  readonly batch: number
  readonly kind: BatchWork['kind']
  readonly community_id: string | null
  readonly from_seq: number
  readonly to_seq: number
  readonly next_seq: number
  readonly changed: number
  readonly reason: string | null
  readonly done_by: string
  readonly at_ms: number
}

interface CampaignRow { readonly id: string, readonly name: string, readonly per_person: number, readonly created_at_ms: number, readonly created_by: string }
interface GroupRow { readonly code: string, readonly name: string, readonly english: string, readonly from_age: number | null, readonly gender: TargetGroup['gender'] }

const saveGroup = upsert('voucher_groups', ['code'], ['code', 'name', 'english', 'from_age', 'gender'])
const saveCampaign = upsert('voucher_campaigns', ['id'], ['id', 'name', 'per_person', 'created_at_ms', 'created_by'])
const batchColumns = ['id', 'campaign_id', 'group_code', 'examination_name', 'examination_codes', 'hospital_ids', 'department', 'first_day', 'last_day', 'valid_from_ms', 'valid_until_ms', 'uses', 'size', 'generated', 'allocated',
  'voided_at_ms', 'is_ended', 'created_at_ms', 'created_by']

export function sqlVoucherBatches (unit: Unit): VoucherBatchStore {
  const { sql } = unit
  const one = async (rest: string, params: ReadonlyArray<string | number>): Promise<VoucherBatch | null> => {
    const row = await sql.first<BatchRow>(`select * from voucher_batches ${rest}`, params)
    return row && batchOf(row)
  }
  return {
    groups: async () => (await sql.all<GroupRow>('select * from voucher_groups order by code', [])).map(({ code, name, english, from_age: fromAge, gender }) => ({ code, name, english, fromAge, gender })),
    saveGroup: async ({ code, name, english, fromAge, gender }) => { await sql.run(saveGroup, [code, name, english, fromAge, gender]) },
    campaigns: async ({ limit, offset }) => (await sql.all<CampaignRow>('select * from voucher_campaigns order by created_at_ms desc, id limit ? offset ?', [limit, offset])).map(campaignOf),
    findCampaign: async (id) => {
      const row = await sql.first<CampaignRow>('select * from voucher_campaigns where id = ?', [id])
      return row && campaignOf(row)
    },
    saveCampaign: async ({ id, name, perPerson, createdAt, by }) => { await sql.run(saveCampaign, [id, name, perPerson, createdAt.getTime(), by]) },
    list: (filter, page) => listBatches(unit, filter, page),
    find: (id) => one('where id = ?', [id]),
    byNumber: (number) => one('where number = ?', [number]),
    add: async (batch) => {
      const row = await sql.first<BatchRow>(`insert into voucher_batches (${batchColumns.join(', ')}) values (${batchColumns.map(() => '?').join(', ')}) returning *`, valuesOf(batch))
      if (row === null) throw new Error('what was inserted is there')
      return batchOf(row)
    },
    noteGenerated: async (number, generated) => { await sql.run('update voucher_batches set generated = ? where number = ? and generated < ?', [generated, number, generated]) },
    allocate: async (number, count) => {
      const row = await sql.first<{ readonly allocated: number }>('update voucher_batches set allocated = allocated + ? where number = ? and voided_at_ms is null and allocated + ? <= generated returning allocated', [count, number, count])
      return row && { fromSeq: row.allocated - count + 1, toSeq: row.allocated }
    },
    void: async (number, at) => await sql.run('update voucher_batches set voided_at_ms = ? where number = ? and voided_at_ms is null', [at.getTime(), number]) === 1,
    ended: async (by, limit) => (await sql.all<BatchRow>('select * from voucher_batches where is_ended = 0 and valid_until_ms <= ? and generated = size order by valid_until_ms, number limit ?', [by.getTime(), limit])).map(batchOf),
    markEnded: async (number) => { await sql.run('update voucher_batches set is_ended = 1 where number = ?', [number]) },
    ...works(unit)
  }
}

function works ({ sql }: Unit): Pick<VoucherBatchStore, 'addWork' | 'findWork' | 'works' | 'noteWork'> {
  return {
    addWork: async ({ id, batch, kind, communityId, fromSeq, toSeq, nextSeq, changed, reason, by, at }) => {
      await sql.run('insert into voucher_works (id, batch, kind, community_id, from_seq, to_seq, next_seq, changed, reason, done_by, at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [id, batch, kind, communityId, fromSeq, toSeq, nextSeq, changed, reason, by, at.getTime()])
    },
    findWork: async (id) => {
      const row = await sql.first<WorkRow>('select * from voucher_works where id = ?', [id])
      return row && workOf(row)
    },
    works: async (number) => (await sql.all<WorkRow>('select * from voucher_works where batch = ? order by at_ms, from_seq, id limit 1000', [number])).map(workOf),
    noteWork: async (id, { nextSeq, changed }) => { await sql.run('update voucher_works set next_seq = ?, changed = ? where id = ? and next_seq < ?', [nextSeq, changed, id, nextSeq]) }
  }
}

async function listBatches ({ sql, build }: Unit, { campaignId, communityId }: { readonly campaignId: string | null, readonly communityId: string | null }, { limit, offset }: { readonly limit: number, readonly offset: number }): Promise<readonly VoucherBatch[]> {
  const query = build('voucher_batches').select('*').orderBy('number', 'desc').limit(limit).offset(offset)
  if (campaignId !== null) query.where('campaign_id', campaignId)
  if (communityId !== null) query.whereIn('number', build('voucher_works').select('batch').where({ kind: 'send', community_id: communityId }))
  return (await sql.built<BatchRow>(query)).map(batchOf)
}

function valuesOf (batch: Omit<VoucherBatch, 'number'>): ReadonlyArray<string | number | null> {
  return [batch.id, batch.campaignId, batch.group, batch.examination.name, JSON.stringify(batch.examination.codes), JSON.stringify(batch.hospitalIds), batch.department, batch.firstDay, batch.lastDay,
    batch.validFrom.getTime(), batch.validUntil.getTime(), batch.uses, batch.count, batch.generated, batch.allocated, null, 0, batch.createdAt.getTime(), batch.by]
}

function batchOf (row: BatchRow): VoucherBatch {
  return {
    number: row.number,
    id: row.id,
    campaignId: row.campaign_id,
    group: row.group_code,
    examination: { name: row.examination_name, codes: json<readonly string[]>(row.examination_codes) },
    hospitalIds: json<readonly string[]>(row.hospital_ids),
    department: row.department,
    firstDay: row.first_day as CalendarDate,
    lastDay: row.last_day as CalendarDate,
    validFrom: instant(row.valid_from_ms),
    validUntil: instant(row.valid_until_ms),
    uses: row.uses,
    count: row.size,
    generated: row.generated,
    allocated: row.allocated,
    voidedAt: instantOrNull(row.voided_at_ms),
    createdAt: instant(row.created_at_ms),
    by: row.created_by
  }
}

function campaignOf ({ id, name, per_person: perPerson, created_at_ms: ms, created_by: by }: CampaignRow): VoucherCampaign {
  return { id, name, perPerson, createdAt: instant(ms), by }
}

function workOf (row: WorkRow): BatchWork {
  return {
    id: row.id, batch: row.batch, kind: row.kind, communityId: row.community_id, fromSeq: row.from_seq, toSeq: row.to_seq, nextSeq: row.next_seq, changed: row.changed, reason: row.reason, by: row.done_by, at: instant(row.at_ms)
  }
}
