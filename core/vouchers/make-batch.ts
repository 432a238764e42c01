import type { CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'
import { DomainError } from '../errors.ts'
import { activeParty } from './parties.ts'
import type { BatchWork } from './office-ports.ts'
import type { VoucherStores } from './ports.ts'
import type { VoucherTools } from './settings.ts'
import { startWork } from './work-on-batch.ts'
import type { Examination, VoucherBatch, VoucherCampaign } from './voucher.ts'

type BatchStores = Pick<VoucherStores, 'vouchers' | 'voucherBatches' | 'voucherParties' | 'outbox'>
type BatchTools = Pick<VoucherTools, 'ids' | 'calendar' | 'startOfDay'>

export interface NewBatch {
  readonly campaignId: string
  readonly group: string
  readonly examination: Examination
  readonly hospitalIds: readonly string[]
  readonly department: string
  readonly firstDay: CalendarDate
  readonly lastDay: CalendarDate
  readonly uses: number
  readonly count: number
  readonly by: string
}

/** 生成 (V-03). The batch, and the work of making its vouchers: a small one is there at once, a large one soon. */
export async function makeBatch (stores: BatchStores, tools: BatchTools, { by, ...wanted }: NewBatch, at: Date): Promise<VoucherBatch> {
  const { voucherBatches } = stores
  await campaignOf(stores, wanted.campaignId)
  if (!(await voucherBatches.groups()).some(({ code }) => code === wanted.group)) throw new DomainError('REQUEST_INVALID', 'There is no target group of this code; list the groups.', 'group')
  for (const id of wanted.hospitalIds) await activeParty(stores, 'hospital', id)
  if (wanted.lastDay < wanted.firstDay || wanted.lastDay < tools.calendar(at)) throw new DomainError('REQUEST_INVALID', 'The last day is not before the first one, nor over.', 'lastDay')
  const batch = await voucherBatches.add({
    ...wanted, id: tools.ids.next(), validFrom: tools.startOfDay(wanted.firstDay), validUntil: tools.startOfDay(addDays(wanted.lastDay, 1)), generated: 0, allocated: 0, voidedAt: null, createdAt: at, by
  })
  await startWork(stores, tools, { batch: batch.number, kind: 'generate', communityId: null, fromSeq: 1, toSeq: wanted.count, reason: null, by, at })
  return await batchOf(stores, batch.id)
}

/** 发送 (V-04). The next `count` vouchers of the batch go to a community. Refuses with VOUCHER_BATCH_SHORT. */
export async function sendBatch (stores: BatchStores, tools: BatchTools, { batchId, communityId, count, by }: { readonly batchId: string, readonly communityId: string, readonly count: number, readonly by: string }, at: Date): Promise<BatchWork> {
  await activeParty(stores, 'community', communityId)
  const batch = await standingBatch(stores, batchId)
  const places = await stores.voucherBatches.allocate(batch.number, count)
  if (places === null) throw new DomainError('VOUCHER_BATCH_SHORT', 'Not so many vouchers of this batch are generated and unsent. See its figures.', 'count')
  return await startWork(stores, tools, { batch: batch.number, kind: 'send', communityId, ...places, reason: null, by, at })
}

/** 作废 by decision: all that nobody has booked or used. Refuses with VOUCHER_BATCH_SHORT while it is being generated. */
export async function voidBatch (stores: BatchStores, tools: BatchTools, { batchId, reason, by }: { readonly batchId: string, readonly reason: string, readonly by: string }, at: Date): Promise<BatchWork> {
  const batch = await standingBatch(stores, batchId)
  if (batch.generated < batch.count) throw new DomainError('VOUCHER_BATCH_SHORT', 'The vouchers of this batch are being generated. Recall it when they are there.')
  if (!await stores.voucherBatches.void(batch.number, at)) throw recalled()
  return await startWork(stores, tools, { batch: batch.number, kind: 'void', communityId: null, fromSeq: 1, toSeq: batch.count, reason, by, at })
}

export async function batchOf ({ voucherBatches }: Pick<VoucherStores, 'voucherBatches'>, id: string): Promise<VoucherBatch> {
  const batch = await voucherBatches.find(id)
  if (batch === null) throw new DomainError('VOUCHER_BATCH_NOT_FOUND', 'No batch has this id; list the batches.')
  return batch
}

async function standingBatch (stores: Pick<VoucherStores, 'voucherBatches'>, id: string): Promise<VoucherBatch> {
  const batch = await batchOf(stores, id)
  if (batch.voidedAt !== null) throw recalled()
  return batch
}

export const recalled = (): DomainError => new DomainError('VOUCHER_BATCH_RECALLED', 'This batch was recalled. Its vouchers are void.')

export async function campaignOf ({ voucherBatches }: Pick<VoucherStores, 'voucherBatches'>, id: string): Promise<VoucherCampaign> {
  const campaign = await voucherBatches.findCampaign(id)
  if (campaign === null) throw new DomainError('VOUCHER_CAMPAIGN_NOT_FOUND', 'No campaign has this id; list the campaigns.')
  return campaign
}
