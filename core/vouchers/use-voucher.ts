import { DomainError } from '../errors.ts'
import { decideVoucher } from './decide-voucher.ts'
import { batchOfVoucher } from './hand-out.ts'
import { takeStep, tellPerson, voucherForChange } from './keep-voucher.ts'
import { recalled } from './make-batch.ts'
import { activeParty } from './parties.ts'
import type { Presentation, VoucherStores } from './ports.ts'
import { relayUse } from './relay-use.ts'
import type { VoucherTools } from './settings.ts'
import type { Voucher } from './voucher.ts'
import type { Evidence, Rollback, VoucherUse } from './voucher-use.ts'

export type ExamineStores = Pick<VoucherStores, 'vouchers' | 'voucherBatches' | 'voucherUses' | 'voucherCopies' | 'outbox'>

export interface ConfirmUse {
  readonly voucherId: string
  readonly hospitalId: string
  /** All records of the person who is there. */
  readonly patientIds: readonly string[]
  /** Their record at this hospital; null: the hospital has none yet. */
  readonly patientId: string | null
  readonly by: string
}

/** 使用发送 (V-20). The person's app sends the code to the hospital of the appointment, or to one of their choice. */
export async function presentVoucher (stores: VoucherStores, tools: VoucherTools, { voucherId, hospitalId }: { readonly voucherId: string, readonly hospitalId: string | null }, at: Date): Promise<Presentation> {
  const voucher = await voucherForChange(stores, voucherId)
  const wanted = hospitalId ?? voucher.appointment?.hospitalId ?? null
  if (wanted === null) throw new DomainError('REQUEST_INVALID', 'Name the hospital, or book an appointment first.', 'hospitalId')
  await refuseElsewhere(stores, voucher, wanted)
  await activeParty(stores, 'hospital', wanted)
  // The same decision as at the counter, so that nobody is sent there in vain.
  decideVoucher(voucher, { kind: 'use', useId: '', hospitalId: wanted }, at)
  const code = (await stores.voucherCopies.codeOf(voucher.id))?.code ?? tools.codes.sign(voucher)
  const sent: Presentation = { voucherId, hospitalId: wanted, code, appointmentId: voucher.appointment?.id ?? null, sentAt: at }
  await stores.voucherUses.present(sent)
  return sent
}

async function refuseElsewhere (stores: VoucherStores, voucher: Voucher, hospitalId: string): Promise<void> {
  const batch = await batchOfVoucher(stores, voucher)
  if (batch.voidedAt !== null) throw recalled()
  if (!batch.hospitalIds.includes(hospitalId)) throw new DomainError('VOUCHER_NOT_FOR_HOSPITAL', 'This voucher is not good for this hospital. See where it is.', 'hospitalId')
}

/** 确认使用 (V-22, V-23). Personal code and voucher code are of one person, and the voucher is good here and now. */
export async function confirmUse (stores: VoucherStores, tools: VoucherTools, { voucherId, hospitalId, patientIds, patientId, by }: ConfirmUse, at: Date): Promise<VoucherUse> {
  await activeParty(stores, 'hospital', hospitalId)
  const voucher = await voucherForChange(stores, voucherId)
  if (voucher.patientId !== null && !patientIds.includes(voucher.patientId)) throw new DomainError('VOUCHER_OF_ANOTHER_PERSON', 'This voucher was handed out to another person.')
  await refuseElsewhere(stores, voucher, hospitalId)
  const id = tools.ids.next()
  const after = await takeStep(stores, tools, { voucher, command: { kind: 'use', useId: id, hospitalId }, by }, at)
  const use: VoucherUse = {
    id, voucherId, useNo: (await stores.voucherUses.ofVoucher(voucherId)).length + 1, hospitalId, patientId: patientId ?? after.patientId ?? '', appointmentId: voucher.appointment?.id ?? null, state: 'used', usedAt: at, usedBy: by,
    evidence: null, examinedAt: null, redeemedAt: null, redeemedBy: null, rollback: null
  }
  await stores.voucherUses.add(use)
  await tellPerson(stores, tools, { template: 'voucher_used', voucher: after, hospitalId, occasion: id }, at)
  return use
}

/** Left without examination: the voucher is the person's again, and the appointment is used up. */
export async function leaveUse (stores: VoucherStores, tools: VoucherTools, { useId, reason, by }: { readonly useId: string, readonly reason: string, readonly by: string }, at: Date): Promise<VoucherUse> {
  const { use, voucher } = await useInHand(stores, useId)
  if (use.state !== 'used') throw useRefused()
  const after = await keepUse(stores, use, { ...use, state: 'cancelled' })
  await takeStep(stores, tools, { voucher, command: { kind: 'leave', hospitalId: use.hospitalId, reason }, by }, at)
  return after
}

/** 检查核实 (V-24). The first evidence stays: what comes again, or from the hospital's system after a person confirmed it, changes nothing. */
export async function examineUse (stores: ExamineStores, tools: Pick<VoucherTools, 'ids' | 'calendar'>, { useId, evidence }: { readonly useId: string, readonly evidence: Evidence }, at: Date): Promise<VoucherUse> {
  const { use, voucher } = await useInHand(stores, useId)
  if (use.state === 'examined' || use.state === 'redeemed') return use
  if (use.state !== 'used') throw useRefused()
  const after = await keepUse(stores, use, { ...use, state: 'examined', evidence, examinedAt: at })
  await takeStep(stores, tools, { voucher, command: { kind: 'examine', hospitalId: use.hospitalId }, by: evidence.by }, at)
  await tellPerson(stores, tools, { template: 'voucher_examined', voucher, hospitalId: use.hospitalId, occasion: use.id }, at)
  return after
}

/** 核销 (V-24, V-25). Once, after the examination (I-43); person, back office and community hear of it. */
export async function redeemUse (stores: VoucherStores, tools: VoucherTools, { useId, by }: { readonly useId: string, readonly by: string }, at: Date): Promise<VoucherUse> {
  const { use, voucher } = await useInHand(stores, useId)
  if (use.state !== 'examined') throw useRefused()
  const after = await keepUse(stores, use, { ...use, state: 'redeemed', redeemedAt: at, redeemedBy: by })
  await takeStep(stores, tools, { voucher, command: { kind: 'redeem', hospitalId: use.hospitalId }, by }, at)
  await relayUse(stores, tools, after, at)
  return after
}

/** 撤销核销: asked by whoever has a reason. */
export async function askRollback (stores: VoucherStores, { useId, reason, by }: { readonly useId: string, readonly reason: string, readonly by: string }, at: Date): Promise<VoucherUse> {
  const { use } = await useInHand(stores, useId)
  if (use.state !== 'redeemed') throw useRefused()
  if (use.rollback?.state === 'asked') throw new DomainError('DECISION_MADE', 'Somebody has asked for this already. Another person decides on it.')
  return await keepUse(stores, use, { ...use, rollback: { state: 'asked', reason, askedBy: by, askedAt: at, decidedBy: null, decidedAt: null } })
}

/** … and decided by somebody else. Then the use is over, and the voucher has it again. */
export async function decideRollback (stores: VoucherStores, tools: VoucherTools, { useId, confirms, by }: { readonly useId: string, readonly confirms: boolean, readonly by: string }, at: Date): Promise<VoucherUse> {
  const { use, voucher } = await useInHand(stores, useId)
  const { rollback } = use
  if (use.state !== 'redeemed' || rollback?.state !== 'asked') throw useRefused()
  if (rollback.askedBy === by) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Whoever asked for it does not decide on it. Have another person decide.')
  const decided: Rollback = { ...rollback, state: confirms ? 'confirmed' : 'refused', decidedBy: by, decidedAt: at }
  if (!confirms) return await keepUse(stores, use, { ...use, rollback: decided })
  const after = await keepUse(stores, use, { ...use, state: 'rolled_back', rollback: decided })
  await takeStep(stores, tools, { voucher, command: { kind: 'roll_back', useId, hospitalId: use.hospitalId, reason: rollback.reason }, by }, at)
  await relayUse(stores, tools, after, at)
  return after
}

export async function findUse ({ voucherUses }: Pick<VoucherStores, 'voucherUses'>, id: string): Promise<VoucherUse> {
  const use = await voucherUses.find(id)
  if (use === null) throw new DomainError('VOUCHER_USE_NOT_FOUND', 'No use has this id; list the uses of the hospital.')
  return use
}

const useRefused = (): DomainError => new DomainError('VOUCHER_USE_STATE_REFUSED', 'A use is confirmed, then examined, then redeemed, each once. See its state.')

/** The voucher is held first, so that of two that do something with one use the second sees what the first did. */
async function useInHand (stores: Pick<VoucherStores, 'vouchers' | 'voucherUses'>, id: string): Promise<{ readonly use: VoucherUse, readonly voucher: Voucher }> {
  const { voucherId } = await findUse(stores, id)
  const voucher = await voucherForChange(stores, voucherId)
  return { voucher, use: await findUse(stores, id) }
}

async function keepUse ({ voucherUses }: Pick<VoucherStores, 'voucherUses'>, before: VoucherUse, after: VoucherUse): Promise<VoucherUse> {
  if (!await voucherUses.save(before, after)) throw new DomainError('STORE_WRITE_CONFLICT', 'This use was changed by somebody else just now. Look at it again.')
  return after
}
