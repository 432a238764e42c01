import { setImmediate } from 'node:timers/promises'
import { isStoreTrouble } from '../../core/back-off.ts'
import { DomainError } from '../../core/errors.ts'
import type { InboxStore, NewMessage, Receipt, ReceiveMessage } from '../../core/inbox/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'

interface GroupReceiverOptions {
  readonly inTransaction: InTransaction<{ inbox: InboxStore }>
  readonly maxGroup?: number
  /** Of one group, so that 64 photos are not one transaction. */
  readonly maxGroupBytes?: number
  /** Messages that may wait for their commit; more are refused, so that memory stays bounded. */
  readonly maxWaiting?: number
  /** Called after each commit with how many were stored, e.g. to wake the applier. */
  readonly stored?: (messages: number) => void
}

export interface GroupReceiver {
  readonly receive: ReceiveMessage
  /** Messages that wait for their commit now. */
  readonly waiting: () => number
  /** Messages came in during the last 50 ms. */
  readonly isIngesting: () => boolean
  /** Settles when everything that was given is settled. */
  readonly drain: () => Promise<void>
}

const recentMs = 50

interface Waiting {
  readonly message: NewMessage
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit. What arrives in one turn of the event loop goes into one durable transaction; while that commits the
 * next group gathers. No timer: a lone sender waits for its own commit only, and the more senders there are, the more
 * gathers behind each commit.
 */
export function groupReceiver ({ inTransaction, maxGroup = 64, maxGroupBytes = 32 * 1024 * 1024, maxWaiting = 10_000, stored }: GroupReceiverOptions): GroupReceiver {
  let queue: Waiting[] = []
  let committing: Waiting[] = []
  let loop: Promise<void> | null = null
  let lastCameAt = -recentMs

  const commitAll = async (): Promise<void> => {
    await setImmediate()
    while (queue.length > 0) {
      const size = groupSize(queue, maxGroup, maxGroupBytes)
      committing = queue.slice(0, size)
      queue = queue.slice(size)
      const count = await commit(inTransaction, committing)
      committing = []
      if (count > 0) stored?.(count)
      // Lets the sockets bring what came in meanwhile.
      if (queue.length === 0) await setImmediate()
    }
    loop = null
  }

  return {
    receive: (message) => new Promise((resolve, reject) => {
      if (queue.length + committing.length >= maxWaiting) {
        reject(new DomainError('STORE_UNAVAILABLE', 'More messages wait for the disk than this node takes. Send again later.'))
        return
      }
      queue.push({ message, resolve, reject })
      lastCameAt = performance.now()
      loop ??= commitAll()
    }),
    isIngesting: () => performance.now() - lastCameAt < recentMs,
    waiting: () => queue.length + committing.length,
    drain: async () => { await loop }
  }
}

function groupSize (queue: readonly Waiting[], maxGroup: number, maxGroupBytes: number): number {
  let bytes = 0
  const limit = Math.min(maxGroup, queue.length)
  for (let size = 0; size < limit; size += 1) {
    bytes += queue[size]?.message.raw.length ?? 0
    if (bytes > maxGroupBytes) return Math.max(1, size)
  }
  return limit
}

/** Answers how many are stored. One that the store cannot take at all must not refuse its neighbours at every resend. */
async function commit (inTransaction: InTransaction<{ inbox: InboxStore }>, group: readonly Waiting[]): Promise<number> {
  try {
    const receipts = await inTransaction(({ inbox }) => inbox.receive(group.map(({ message }) => message)))
    for (const [place, { resolve, reject }] of group.entries()) {
      const receipt = receipts[place]
      if (receipt === undefined) reject(new Error('the inbox answered nothing for a message'))
      else resolve(receipt)
    }
    return group.length
  } catch (error) {
    if (group.length > 1 && !isStoreTrouble(error)) {
      let count = 0
      for (const one of group) count += await commit(inTransaction, [one])
      return count
    }
    const refused = new DomainError('STORE_UNAVAILABLE', 'The message could not be stored. Send it again later.')
    refused.cause = error
    for (const { reject } of group) reject(refused)
    return 0
  }
}
