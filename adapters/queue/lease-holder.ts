import { codeOf } from '../../core/back-off.ts'
import type { Clock } from '../../core/clock.ts'
import type { LeaseStore } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'

interface LeaseOptions {
  readonly inTransaction: InTransaction<{ leases: LeaseStore }>
  /** What only one node may do, e.g. `inbox`. */
  readonly name: string
  /** This node, fresh at each start. */
  readonly holder: string
  /** Real time. */
  readonly wallClock: Clock
  readonly leaseMs?: number
}

export interface LeaseHolder {
  /** Takes or renews the lease where that is due. False while another node has it or the store does not answer. */
  readonly hold: () => Promise<boolean>
  readonly release: () => Promise<void>
}

/**
 * Renews after a third of the time, so that two renewals may fail before another node takes over. A node that stood
 * still for longer finds out at its next `hold`; what it writes before is refused by the stores' own conditions.
 */
export function leaseHolder ({ inTransaction, name, holder, wallClock, leaseMs = 15_000 }: LeaseOptions): LeaseHolder {
  let heldUntil = 0
  return {
    hold: async () => {
      const now = wallClock.now()
      const leftMs = heldUntil - now.getTime()
      // More than the whole: the clock was set back, and other nodes' clocks let the lease run out meanwhile.
      if (leftMs > leaseMs * 2 / 3 && leftMs <= leaseMs) return true
      if (leftMs > leaseMs) heldUntil = 0
      const until = new Date(now.getTime() + leaseMs)
      try {
        heldUntil = await inTransaction(({ leases }) => leases.acquire({ name, holder, now, until })) ? until.getTime() : 0
      } catch (error) {
        if (codeOf(error) === null) throw error
      }
      return heldUntil > now.getTime()
    },
    release: async () => {
      heldUntil = 0
      await inTransaction(({ leases }) => leases.release({ name, holder }))
    }
  }
}
