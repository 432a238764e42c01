import { countCodes, mostCodesPerSource, type SeenCodes, type UnmappedCodeStore } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import { repeating } from './repeating.ts'

interface CodeCounterOptions {
  readonly inTransaction: InTransaction<{ unmappedCodes: UnmappedCodeStore }>
  readonly everyMs: number
  readonly on?: { readonly fault?: (code: string) => void }
}

export interface CodeCounter {
  /** Of a message that was applied. */
  readonly note: (seen: SeenCodes) => void
  /** Settles when all that was noted is written, or could not be. */
  readonly flush: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Some seconds of messages at full speed; while the store is away, what comes on top is not counted. */
const mostPending = 10_000

/**
 * Counts what applied messages lacked in a transaction of its own: counters that every message writes would make
 * parallel transactions wait for each other until their commits. A crash loses the counts of the last moment, no more;
 * what a message stands still for is written with its dead letter.
 */
export function codeCounter ({ inTransaction, everyMs, on }: CodeCounterOptions): CodeCounter {
  let pending: SeenCodes[] = []
  const write = async (): Promise<void> => {
    if (pending.length === 0) return
    const taken = pending
    pending = []
    try {
      await inTransaction(({ unmappedCodes }) => unmappedCodes.count(countCodes(taken), mostCodesPerSource))
    } catch (error) {
      pending = [...taken, ...pending].slice(0, mostPending)
      throw error
    }
  }
  const writing = repeating({ everyMs, work: write, ...on === undefined ? {} : { on } })
  return {
    note: (seen) => {
      if (pending.length < mostPending) pending.push(seen)
    },
    flush: writing.now,
    stop: async () => {
      await writing.stop()
      await write().catch(() => undefined)
    }
  }
}
