import { DomainError } from '../errors.ts'
import { noticeMessage, type NoticeTemplate } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import { decideVoucher, type VoucherCommand } from './decide-voucher.ts'
import type { VoucherBatchStore } from './office-ports.ts'
import type { VoucherCopyStore, VoucherStore } from './ports.ts'
import { monthOf, type VoucherTools } from './settings.ts'
import type { Voucher } from './voucher.ts'
import { voucherNumber } from './voucher-number.ts'

export interface StepStores {
  readonly vouchers: Pick<VoucherStore, 'step'>
  readonly voucherBatches: Pick<VoucherBatchStore, 'byNumber'>
  readonly voucherCopies: Pick<VoucherCopyStore, 'spendCode'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

type StepTools = Pick<VoucherTools, 'ids' | 'calendar'>

interface Step {
  readonly voucher: Voucher
  readonly command: VoucherCommand
  /** The token, or what did it by itself. */
  readonly by: string
}

/**
 * The one place that changes a single voucher: state, event and counts in one. What comes back into the person's hand
 * after its last day, or after its batch was recalled, ends there and then. Refuses like decideVoucher.
 */
export async function takeStep (stores: StepStores, tools: StepTools, { voucher, command, by }: Step, at: Date): Promise<Voucher> {
  const { after, ...happened } = decideVoucher(voucher, command, at)
  const { batch, seq, state: from, communityId } = voucher
  const isSaved = await stores.vouchers.step({
    before: voucher,
    after,
    event: { batch, fromSeq: seq, toSeq: seq, from, to: after.state, communityId: after.communityId ?? communityId, month: monthOf(at, tools.calendar), by, at, ...happened }
  })
  if (!isSaved) throw new DomainError('STORE_WRITE_CONFLICT', 'This voucher was changed by somebody else just now. Look at it again.')
  if (after.state === 'void' || after.state === 'expired') return await ended(stores, tools, { before: voucher, after }, at)
  return after.state === 'issued' && command.kind !== 'issue' ? await backInHand(stores, tools, after, at) : after
}

async function backInHand (stores: StepStores, tools: StepTools, voucher: Voucher, at: Date): Promise<Voucher> {
  const batch = await stores.voucherBatches.byNumber(voucher.batch)
  if (batch !== null && batch.voidedAt !== null) return await takeStep(stores, tools, { voucher, command: { kind: 'void', reason: 'batch_recalled' }, by: 'recall' }, at)
  return at >= voucher.validUntil ? await takeStep(stores, tools, { voucher, command: { kind: 'expire' }, by: 'time' }, at) : voucher
}

async function ended (stores: StepStores, tools: StepTools, { before, after }: { readonly before: Voucher, readonly after: Voucher }, at: Date): Promise<Voucher> {
  const because = after.state === 'void' ? 'void' : 'expired'
  await stores.voucherCopies.spendCode(after.id, { at, because })
  if (before.state !== after.state && after.patientId !== null) await tellPerson(stores, tools, { template: because === 'void' ? 'voucher_void' : 'voucher_expired', voucher: after, occasion: String(after.version) }, at)
  return after
}

interface Telling {
  readonly template: Extract<NoticeTemplate, `voucher_${string}`>
  readonly voucher: Pick<Voucher, 'id' | 'batch' | 'seq' | 'patientId'>
  readonly hospitalId?: string | null
  /** Names it among those of this voucher and template: told once. */
  readonly occasion: string
  readonly params?: Readonly<Record<string, string>>
}

/** The person's terminal hears of it (V-26): the number, never what the voucher is for. */
export async function tellPerson ({ outbox }: Pick<StepStores, 'outbox'>, { ids }: Pick<StepTools, 'ids'>, { template, voucher, hospitalId = null, occasion, params = {} }: Telling, at: Date): Promise<void> {
  if (voucher.patientId === null) return
  const said = { ...params, voucherId: voucher.id, number: voucherNumber(voucher), ...hospitalId === null ? {} : { hospitalId } }
  await outbox.add(noticeMessage({ template, patientId: voucher.patientId, phone: null, params: said }, { id: ids.next(), key: `${template}:${voucher.id}:${occasion}`, at }))
}

export const noVoucher = (): DomainError => new DomainError('VOUCHER_NOT_FOUND', 'No voucher has this id or number; list the vouchers.')

export async function voucherForChange ({ vouchers }: { readonly vouchers: Pick<VoucherStore, 'findForChange'> }, id: string): Promise<Voucher> {
  const voucher = await vouchers.findForChange(id)
  if (voucher === null) throw noVoucher()
  return voucher
}
