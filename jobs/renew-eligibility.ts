import type { Job } from '../core/operations/index.ts'
import { renewEligibility as renew, type RenewDeps } from '../core/pay-after-care/index.ts'

/** Contracts whose assertions have run out go on upon new ones, or expire. */
export function renewEligibility (deps: RenewDeps): Job {
  return {
    name: 'renew-eligibility',
    schedule: '50 2 * * *',
    requirements: ['A-23'],
    run: async (dueAt) => renew(deps, dueAt)
  }
}
