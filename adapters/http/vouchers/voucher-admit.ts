import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import { batchOfVoucher, noVoucher, readVoucherNumber, type Voucher, type VoucherBatchStore, type VoucherCopyStore, type VoucherStore, type VoucherUseStore } from '../../../core/vouchers/index.ts'
import { admitTo, callerOf, limitsFor } from '../access.ts'
import type { SeenVoucher } from './voucher-wire.ts'

export interface VoucherReadStores {
  readonly vouchers: VoucherStore
  readonly voucherBatches: VoucherBatchStore
  readonly voucherUses: VoucherUseStore
  readonly voucherCopies: VoucherCopyStore
  readonly patients: PatientStore
}

/**
 * A voucher by id or number for a caller, or as if there were none: the person's own; a community's, that it was sent; a
 * hospital's only, where it is booked, sent to, or was used there.
 */
export async function admitVoucher (request: FastifyRequest, permission: Permission, stores: VoucherReadStores, name: string): Promise<Voucher> {
  const place = readVoucherNumber(name)
  const voucher = place === null ? await stores.vouchers.find(name) : await stores.vouchers.byPlace(place.batch, place.seq)
  if (voucher === null) throw noVoucher()
  admitTo(request, permission, { kind: 'voucher', id: voucher.id, patientId: voucher.patientId, hospitalId: await partyOf(request, stores, voucher) }, noVoucher)
  return voucher
}

async function partyOf (request: FastifyRequest, { voucherUses }: VoucherReadStores, { id, communityId, appointment }: Voucher): Promise<string | null> {
  const { role, organizationId } = callerOf(request).principal
  if (role === 'community' || organizationId === null) return communityId
  if (appointment?.hospitalId === organizationId) return organizationId
  if ((await voucherUses.presented(id))?.hospitalId === organizationId) return organizationId
  return (await voucherUses.ofVoucher(id)).some(({ hospitalId }) => hospitalId === organizationId) ? organizationId : null
}

/** With batch and holder; the code only for whom it is: the person and the community. */
export async function seenVouchers (request: FastifyRequest, stores: VoucherReadStores, vouchers: readonly Voucher[]): Promise<readonly SeenVoucher[]> {
  const { role } = callerOf(request).principal
  const mayHaveCode = limitsFor(request, 'voucher.read').patientIds !== null || role === 'community'
  const copies = new Map((mayHaveCode ? await stores.voucherCopies.codesOf(vouchers.map(({ id }) => id)) : []).map((copy) => [copy.voucherId, copy]))
  const seen: SeenVoucher[] = []
  for (const voucher of vouchers) {
    const holder = voucher.patientId === null ? null : await stores.patients.find(voucher.patientId)
    seen.push({ voucher, batch: await batchOfVoucher(stores, voucher), holder, copy: copies.get(voucher.id) ?? null })
  }
  return seen
}
