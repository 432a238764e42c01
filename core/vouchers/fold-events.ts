import type { VoucherState } from './voucher.ts'
import type { VoucherEvent } from './voucher-event.ts'

export interface FoldedVoucher {
  readonly state: VoucherState | null
  readonly redeemed: number
  readonly communityId: string | null
}

/** What a voucher is by its events, oldest first; null where one of them does not go on from the one before. */
export function foldEvents (events: ReadonlyArray<Pick<VoucherEvent, 'what' | 'from' | 'to' | 'communityId'>>): FoldedVoucher | null {
  let folded: FoldedVoucher = { state: null, redeemed: 0, communityId: null }
  for (const { what, from, to, communityId } of events) {
    if (from !== folded.state) return null
    const counted = what === 'redeemed' ? 1 : what === 'rolled_back' ? -1 : 0
    folded = { state: to, redeemed: folded.redeemed + counted, communityId: communityId ?? folded.communityId }
  }
  return folded
}
