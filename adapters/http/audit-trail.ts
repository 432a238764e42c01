import type { AuditEvent } from '../../core/access/index.ts'

interface AuditTrailDeps {
  /** One transaction for the whole group. */
  readonly append: (events: readonly AuditEvent[]) => Promise<void>
  readonly onFailure: (error: unknown) => void
  /** Events that may wait in memory at most. */
  readonly capacity: number
  /** How long an event may wait at most, ms. */
  readonly flushMs: number
}

interface AuditTrail {
  /** Settles when the events are taken over; waits while the buffer is full, so that nothing is dropped. */
  readonly add: (events: readonly AuditEvent[]) => Promise<void>
  /** Writes what waits. */
  readonly flush: () => Promise<void>
}

/**
 * 审计. Events are appended in groups, since one durable write a request would halve the reads a second. A failed
 * append keeps its events and is tried again; a full buffer that cannot be written refuses the request instead.
 */
export function openAuditTrail ({ append, onFailure, capacity, flushMs }: AuditTrailDeps): AuditTrail {
  const waiting: AuditEvent[] = []
  let running: Promise<void> | null = null
  let timer: ReturnType<typeof setTimeout> | null = null

  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, capacity)
      await append(group)
      waiting.splice(0, group.length)
    }
  }

  const flush = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    running ??= writeAll().finally(() => { running = null })
    await running
  }

  const schedule = (): void => {
    timer ??= setTimeout(() => {
      timer = null
      flush().catch((error: unknown) => {
        onFailure(error)
        schedule()
      })
    }, flushMs)
  }

  const add = async (events: readonly AuditEvent[]): Promise<void> => {
    if (events.length === 0) return
    while (waiting.length >= capacity) await flush()
    waiting.push(...events)
    schedule()
  }

  return { add, flush }
}
