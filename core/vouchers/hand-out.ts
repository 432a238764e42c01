import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Patient } from '../identity/index.ts'
import { batchOf, campaignOf, recalled } from './make-batch.ts'
import { noVoucher, takeStep, tellPerson, voucherForChange } from './keep-voucher.ts'
import { activeParty } from './parties.ts'
import type { VoucherStores } from './ports.ts'
import type { Holder } from './read-holder.ts'
import type { VoucherTools } from './settings.ts'
import type { TargetGroup, Voucher, VoucherBatch } from './voucher.ts'

export interface HandOut {
  readonly communityId: string
  /** A certain voucher, or the next one of a batch. */
  readonly which: { readonly voucherId: string } | { readonly batchId: string }
  readonly holder: Holder
  /** Sealed. */
  readonly contact: string | null
  readonly by: string
}

export interface HandedOut {
  readonly voucher: Voucher
  /** The text of its code, for the phone or for paper. */
  readonly code: string
}

/** 转码 (V-11, V-12). The voucher becomes a code, which the community keeps. What is a code already stays as it is. */
export async function convertVoucher (stores: VoucherStores, tools: VoucherTools, { voucherId, communityId, by }: { readonly voucherId: string, readonly communityId: string, readonly by: string }, at: Date): Promise<HandedOut> {
  await activeParty(stores, 'community', communityId)
  const voucher = await ownVoucher(stores, voucherId, communityId)
  return await converted(stores, tools, { voucher, by }, at)
}

/** 发放 (V-09, V-13). A voucher of this community to the person who is there. */
export async function handOut (stores: VoucherStores, tools: VoucherTools, { communityId, which, holder, contact, by }: HandOut, at: Date): Promise<HandedOut> {
  await activeParty(stores, 'community', communityId)
  await stores.vouchers.lockPerson(holder.personId)
  const voucher = 'voucherId' in which ? await ownVoucher(stores, which.voucherId, communityId) : await nextVoucher(stores, { batchId: which.batchId, communityId })
  const batch = await batchOfVoucher(stores, voucher)
  if (batch.voidedAt !== null) throw recalled()
  await refuseUnlessEntitled(stores, tools, { batch, holder }, at)
  return await issued(stores, tools, { voucher, holder, contact, by }, at)
}

/** 挂失补发. A lost one is void, and the person gets another one of the batch: of the two only that is worth anything. */
export async function replaceVoucher (stores: VoucherStores, tools: VoucherTools, { voucherId, communityId, holder, by }: { readonly voucherId: string, readonly communityId: string, readonly holder: Holder, readonly by: string }, at: Date): Promise<HandedOut> {
  await activeParty(stores, 'community', communityId)
  await stores.vouchers.lockPerson(holder.personId)
  const lost = await ownVoucher(stores, voucherId, communityId)
  if (lost.patientId === null || !holder.patientIds.includes(lost.patientId)) throw noVoucher()
  const batch = await batchOfVoucher(stores, lost)
  if (batch.voidedAt !== null) throw recalled()
  if (lost.redeemed > 0) throw new DomainError('VOUCHER_STATE_REFUSED', 'A voucher that was redeemed once is not replaced. Show its code again in the app, or print it again.')
  await takeStep(stores, tools, { voucher: lost, command: { kind: 'void', reason: 'lost' }, by }, at)
  const next = await nextVoucher(stores, { batchId: batch.id, communityId })
  return await issued(stores, tools, { voucher: next, holder, contact: lost.contact, by }, at)
}

/** 作废 by decision, of one. */
export async function voidVoucher (stores: VoucherStores, tools: VoucherTools, { voucherId, reason, by }: { readonly voucherId: string, readonly reason: string, readonly by: string }, at: Date): Promise<Voucher> {
  return await takeStep(stores, tools, { voucher: await voucherForChange(stores, voucherId), command: { kind: 'void', reason }, by }, at)
}

async function ownVoucher (stores: Pick<VoucherStores, 'vouchers'>, voucherId: string, communityId: string): Promise<Voucher> {
  const voucher = await voucherForChange(stores, voucherId)
  if (voucher.communityId !== communityId) throw noVoucher()
  return voucher
}

async function nextVoucher (stores: Pick<VoucherStores, 'vouchers' | 'voucherBatches'>, { batchId, communityId }: { readonly batchId: string, readonly communityId: string }): Promise<Voucher> {
  const voucher = await stores.vouchers.nextToIssue(communityId, (await batchOf(stores, batchId)).number)
  if (voucher === null) throw new DomainError('VOUCHER_NONE_LEFT', 'This community has no voucher of this batch left. The back office sends more.', 'batchId')
  return voucher
}

export async function batchOfVoucher ({ voucherBatches }: Pick<VoucherStores, 'voucherBatches'>, { batch }: Pick<Voucher, 'batch'>): Promise<VoucherBatch> {
  const found = await voucherBatches.byNumber(batch)
  if (found === null) throw new Error('a voucher has a batch')
  return found
}

async function converted (stores: VoucherStores, tools: VoucherTools, { voucher, by }: { readonly voucher: Voucher, readonly by: string }, at: Date): Promise<HandedOut> {
  const standing = voucher.state === 'sent' ? null : await stores.voucherCopies.codeOf(voucher.id)
  if (voucher.state === 'converted' && standing !== null) return { voucher, code: standing.code }
  const after = await takeStep(stores, tools, { voucher, command: { kind: 'convert' }, by }, at)
  const code = tools.codes.sign(after)
  await stores.voucherCopies.keepCode({ voucherId: after.id, communityId: after.communityId ?? '', code, storedAt: at })
  return { voucher: after, code }
}

async function issued (stores: VoucherStores, tools: VoucherTools, { voucher, holder, contact, by }: Pick<HandOut, 'holder' | 'contact' | 'by'> & { readonly voucher: Voucher }, at: Date): Promise<HandedOut> {
  const ready = await converted(stores, tools, { voucher, by }, at)
  const patientId = (holder.records.find(({ active }) => active) ?? holder.records[0])?.id ?? holder.personId
  const after = await takeStep(stores, tools, { voucher: ready.voucher, command: { kind: 'issue', patientId, contact }, by }, at)
  await tellPerson(stores, tools, { template: 'voucher_issued', voucher: after, occasion: 'issued', params: { lastDay: lastDayOf(after, tools) } }, at)
  return { voucher: after, code: ready.code }
}

export const lastDayOf = ({ validUntil }: Pick<Voucher, 'validUntil'>, { calendar }: Pick<VoucherTools, 'calendar'>): CalendarDate => calendar(new Date(validUntil.getTime() - 1))

/** V-01: of the group as far as is known, and not more often than the campaign gives. */
async function refuseUnlessEntitled (stores: VoucherStores, { calendar }: VoucherTools, { batch, holder }: { readonly batch: VoucherBatch, readonly holder: Holder }, at: Date): Promise<void> {
  const group = (await stores.voucherBatches.groups()).find(({ code }) => code === batch.group)
  if (group !== undefined && !mayBelong(group, holder.records, calendar(at))) throw new DomainError('VOUCHER_GROUP_CONTRADICTED', 'What is known of this person contradicts the target group of the batch.', 'batchId')
  const { perPerson } = await campaignOf(stores, batch.campaignId)
  const count = await stores.vouchers.countIssued(batch.campaignId, holder.patientIds)
  if (count >= perPerson) throw new DomainError('VOUCHER_LIMIT_REACHED', `This person has the ${perPerson} of this campaign that a person gets.`)
}

/** Nothing that is known says no; what only papers show, the community has seen. */
export function mayBelong ({ fromAge, gender }: TargetGroup, records: ReadonlyArray<Pick<Patient, 'birthDate' | 'gender'>>, today: CalendarDate): boolean {
  const oldEnough = records.every(({ birthDate }) => fromAge === null || birthDate === null || `${Number(birthDate.slice(0, 4)) + fromAge}${birthDate.slice(4)}` <= today)
  const fits = records.every((record) => gender === null || record.gender === null || record.gender === 'unknown' || record.gender === 'other' || record.gender === gender)
  return oldEnough && fits
}
