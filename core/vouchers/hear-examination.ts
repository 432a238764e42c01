import { batchOfVoucher } from './hand-out.ts'
import type { VoucherTools } from './settings.ts'
import { examineUse, type ExamineStores } from './use-voucher.ts'
import type { VoucherUse } from './voucher-use.ts'

/** 检查完成. What a record of a hospital says was done for a patient (mappings/facts). */
export interface ExaminationFacts {
  readonly id: string
  readonly hospitalId: string
  readonly patientId: string
  /** The examination by every name that the record has for it: `code` and `system|code`. */
  readonly codes: readonly string[]
  /** When it was done; null: the record does not say. */
  readonly performedAt: Date | null
}

export interface ToldExamination {
  readonly facts: ExaminationFacts
  /** `DiagnosticReport/…`. */
  readonly record: string
  /** When the hospital said that it is done, where it does not say when that was. */
  readonly saidAt: Date
  /** The source of the message. */
  readonly source: string
}

/** A HIS writes minutes where we have milliseconds. */
const toleranceMs = 60_000

/**
 * The same person, hospital and examination, done after the use was confirmed (I-43, V-24). The oldest use that it
 * fits is examined; what fits none is no matter of vouchers.
 */
export async function hearExamination (stores: ExamineStores, tools: Pick<VoucherTools, 'ids' | 'calendar'>, { facts, record, saidAt, source }: ToldExamination, at: Date): Promise<VoucherUse | null> {
  const performedAt = facts.performedAt ?? saidAt
  for (const use of await stores.voucherUses.awaitingExamination(facts.hospitalId, facts.patientId)) {
    if (performedAt.getTime() + toleranceMs <= use.usedAt.getTime()) continue
    const voucher = await stores.vouchers.find(use.voucherId)
    if (voucher === null) continue
    const { examination } = await batchOfVoucher(stores, voucher)
    if (!examination.codes.some((code) => facts.codes.includes(code))) continue
    return await examineUse(stores, tools, { useId: use.id, evidence: { kind: 'his', record, document: null, note: null, performedAt, by: source } }, at)
  }
  return null
}
