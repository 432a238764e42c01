import type { Job } from '../core/operations/index.ts'
import { joinContracts as join, type JoinDeps } from '../core/pay-after-care/index.ts'

/** Two contracts that a tie has joined under one person become one. */
export function joinContracts (deps: JoinDeps): Job {
  return {
    name: 'join-contracts',
    schedule: '45 2 * * *',
    requirements: ['A-05'],
    run: async (dueAt) => ({ joined: await join(deps, dueAt) })
  }
}
