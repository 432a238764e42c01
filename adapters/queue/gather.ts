import { setImmediate } from 'node:timers/promises'
import { DomainError } from '../../core/errors.ts'

interface GatherOptions<Item> {
  /** One durable transaction. */
  readonly commit: (items: readonly Item[]) => Promise<void>
  readonly maxGroup?: number
  /** Items that may wait for their commit; more are refused, so that memory stays bounded. */
  readonly maxWaiting?: number
}

interface Waiting<Item> {
  readonly item: Item
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit of small things: what comes while one group commits goes into the next, so that the wait for a busy
 * writer is paid once for all. No timer: one that comes alone waits for its own commit only.
 */
export function gather<Item> ({ commit, maxGroup = 64, maxWaiting = 1_000 }: GatherOptions<Item>): (item: Item) => Promise<void> {
  let queue: Array<Waiting<Item>> = []
  let isRunning = false
  const commitAll = async (): Promise<void> => {
    await setImmediate()
    while (queue.length > 0) {
      const group = queue.slice(0, maxGroup)
      queue = queue.slice(maxGroup)
      await commit(group.map(({ item }) => item)).then(
        () => { for (const { resolve } of group) resolve() },
        (error: unknown) => { for (const { reject } of group) reject(error) })
    }
    isRunning = false
  }
  return (item) => new Promise((resolve, reject) => {
    if (queue.length >= maxWaiting) {
      reject(new DomainError('STORE_UNAVAILABLE', 'More waits for the disk than this node takes. Send it again later.'))
      return
    }
    queue.push({ item, resolve, reject })
    if (isRunning) return
    isRunning = true
    void commitAll()
  })
}
