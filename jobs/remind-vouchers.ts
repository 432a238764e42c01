import type { Job } from '../core/operations/index.ts'
import { remindHolders, type LookAfterVouchers, type VoucherStores } from '../core/vouchers/index.ts'

/** 到期提醒: whose voucher ends soon, once. */
export function remindVouchers<Stores extends VoucherStores> (deps: LookAfterVouchers<Stores>): Job {
  return {
    name: 'remind-vouchers',
    schedule: '30 9 * * *',
    requirements: ['V-27'],
    run: (dueAt) => remindHolders(deps, dueAt)
  }
}
