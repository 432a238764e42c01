import { remindMembers, type LookAfterMemberships, type OrderStores } from '../core/membership/index.ts'
import type { Job } from '../core/operations/index.ts'

/** 会员到期提醒. */
export function remindMemberships<Stores extends OrderStores> (deps: LookAfterMemberships<Stores>): Job {
  return {
    name: 'remind-memberships',
    schedule: '0 9 * * *',
    requirements: ['C14'],
    run: (dueAt) => remindMembers(deps, dueAt)
  }
}
