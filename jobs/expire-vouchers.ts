import type { Job } from '../core/operations/index.ts'
import { expireVouchers as expire, type LookAfterVouchers, type VoucherStores } from '../core/vouchers/index.ts'

/** 过期: vouchers whose last day is over and that are neither booked nor in use. */
export function expireVouchers<Stores extends VoucherStores> (deps: LookAfterVouchers<Stores>): Job {
  return {
    name: 'expire-vouchers',
    schedule: '5 0 * * *',
    requirements: ['V-05', 'V-27', 'K-08'],
    run: (dueAt) => expire(deps, dueAt)
  }
}
