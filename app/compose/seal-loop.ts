import { repeating, type LeaseHolder, type Repeating } from '../../adapters/queue/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import type { Clock } from '../../core/clock.ts'
import { horizonOf, sealChains, type Horizon } from '../../core/operations/index.ts'
import { sha256 } from './sha256.ts'

/** An entry is sealed at the second look after it: within 10 s (acc C-05). */
const everyMs = 5_000

/** 封存. Seals both chains beside what goes on, on the node that holds the lease. */
export function sealLoop ({ inTransaction, inReading }: Store, { lease, wallClock, fault }: { readonly lease: LeaseHolder, readonly wallClock: Clock, readonly fault: (code: string) => void }): Repeating {
  let horizon: Horizon | null = null
  const loop = repeating({
    everyMs,
    work: async () => {
      if (!await lease.hold()) {
        horizon = null
        return
      }
      if (horizon !== null) await sealChains({ inTransaction, inReading, hash: sha256 }, horizon, wallClock.now())
      horizon = await horizonOf({ inReading })
    },
    on: { fault }
  })
  return {
    now: loop.now,
    stop: async () => {
      await loop.stop()
      await lease.release().catch((error: unknown) => { fault(error instanceof Error ? error.name : 'UNEXPECTED') })
    }
  }
}
