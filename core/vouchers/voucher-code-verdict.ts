import { readVoucherCode, type VerifySignature } from './voucher-code.ts'
import type { VoucherBatchStore } from './office-ports.ts'
import type { VoucherStore } from './ports.ts'
import { statusOf } from './status.ts'
import type { Voucher, VoucherBatch } from './voucher.ts'

/**
 * What a code is worth now. in_use: a hospital has begun with it. not_issued: a community has it, no person yet.
 * booked_elsewhere: it has an appointment at another hospital. unreadable: no voucher code. unknown: no voucher of
 * ours, or none that this caller has to do with.
 */
export const codeResults = ['valid', 'not_yet_valid', 'expired', 'void', 'spent', 'in_use', 'not_issued', 'booked_elsewhere', 'other_hospital', 'unreadable', 'forged', 'unknown'] as const
export type CodeResult = typeof codeResults[number]

export interface CodeVerdict {
  readonly result: CodeResult
  /** Only for who has to do with it; of the person nothing. */
  readonly found: { readonly voucher: Voucher, readonly batch: VoucherBatch } | null
}

/** Who asks: a hospital, a community, or the back office. */
export type CodeAsker =
  | { readonly kind: 'hospital', readonly id: string }
  | { readonly kind: 'community', readonly id: string }
  | { readonly kind: 'back_office' }

interface VerdictStores {
  readonly vouchers: Pick<VoucherStore, 'find'>
  readonly voucherBatches: Pick<VoucherBatchStore, 'byNumber'>
}

/** 验券码. Changes nothing; a use decides by itself again. */
export async function verifyVoucherCode ({ vouchers, voucherBatches }: VerdictStores, verify: VerifySignature, { code, asker, at }: { readonly code: string, readonly asker: CodeAsker, readonly at: Date }): Promise<CodeVerdict> {
  const read = readVoucherCode(code, verify)
  if (read.kind !== 'genuine') return nothing(read.kind === 'malformed' ? 'unreadable' : read.kind === 'forged' ? 'forged' : 'unknown')
  const voucher = await vouchers.find(read.code.voucherId)
  const batch = voucher === null ? null : await voucherBatches.byNumber(voucher.batch)
  if (voucher === null || batch === null || (asker.kind === 'community' && voucher.communityId !== asker.id)) return nothing('unknown')
  if (asker.kind === 'hospital' && !batch.hospitalIds.includes(asker.id)) return nothing('other_hospital')
  return { result: resultOf(voucher, batch, { asker, at }), found: { voucher, batch } }
}

function nothing (result: CodeResult): CodeVerdict {
  return { result, found: null }
}

function resultOf (voucher: Voucher, batch: VoucherBatch, { asker, at }: { readonly asker: CodeAsker, readonly at: Date }): CodeResult {
  switch (voucher.state) {
    case 'redeemed': return 'spent'
    case 'used': case 'examined': return 'in_use'
    case 'void': case 'expired': return voucher.state
    case 'generated': case 'sent': case 'converted': return batch.voidedAt === null ? 'not_issued' : 'void'
    case 'issued': case 'booked': return inHand(voucher, batch, { asker, at })
  }
}

function inHand (voucher: Voucher, batch: VoucherBatch, { asker, at }: { readonly asker: CodeAsker, readonly at: Date }): CodeResult {
  if (batch.voidedAt !== null) return 'void'
  const { validity } = statusOf(voucher, at)
  if (validity !== 'valid') return validity
  return asker.kind === 'hospital' && voucher.appointment !== null && voucher.appointment.hospitalId !== asker.id ? 'booked_elsewhere' : 'valid'
}
