import { kindOfCode } from '../../core/back-off.ts'
import type { AwaitOutcome, InboxStore, MessageOutcome, Settled, StoredMessage } from '../../core/inbox/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'

interface Outcomes {
  readonly awaitOutcome: AwaitOutcome
  /** Told by the applier of this node. */
  readonly settled: (settled: readonly Settled[]) => void
  /** Somebody waits for an outcome now. */
  readonly isAwaited: () => boolean
  /** Answers all that wait with `pending`. */
  readonly close: () => void
}

/**
 * Senders that want their answer after applying. The applier of this node tells at once; what another node applied
 * is found by looking from time to time.
 */
export function outcomes ({ inReading, pollMs = 250 }: { readonly inReading: InTransaction<{ inbox: InboxStore }>, readonly pollMs?: number }): Outcomes {
  const waiting = new Map<string, Set<(outcome: MessageOutcome) => void>>()
  let poll: NodeJS.Timeout | null = null

  const tell = (id: string, outcome: MessageOutcome): void => {
    for (const resolve of waiting.get(id) ?? []) resolve(outcome)
  }
  const look = async (ids: readonly string[]): Promise<void> => {
    const messages = await inReading(({ inbox }) => inbox.load(ids))
    for (const message of messages) {
      const outcome = outcomeOfStored(message)
      if (outcome !== null) tell(message.id, outcome)
    }
  }
  const lookAgain = (): void => {
    if (poll !== null || waiting.size === 0) return
    poll = setTimeout(() => {
      poll = null
      // The store is away: the next look may find it.
      look([...waiting.keys()].slice(0, 500)).catch(() => undefined).finally(lookAgain)
    }, pollMs)
  }

  return {
    awaitOutcome: (id, timeoutMs) => new Promise((resolve) => {
      const others = waiting.get(id) ?? new Set()
      const settle = (outcome: MessageOutcome): void => {
        clearTimeout(timer)
        others.delete(settle)
        if (others.size === 0) waiting.delete(id)
        resolve(outcome)
      }
      const timer = setTimeout(() => { settle({ kind: 'pending' }) }, timeoutMs)
      waiting.set(id, others.add(settle))
      look([id]).catch(() => undefined).finally(lookAgain)
    }),
    isAwaited: () => waiting.size > 0,
    settled: (settled) => {
      for (const one of settled) {
        if (one.kind === 'applied') tell(one.id, { kind: 'applied' })
        if (one.kind === 'dead') tell(one.id, { kind: 'parked', failure: one.failure, errorKind: one.errorKind })
      }
    },
    close: () => {
      if (poll !== null) clearTimeout(poll)
      for (const id of [...waiting.keys()]) tell(id, { kind: 'pending' })
    }
  }
}

/** Null while it waits in the queue. */
function outcomeOfStored ({ status, failure }: StoredMessage): MessageOutcome | null {
  switch (status) {
    case 'received':
      return null
    case 'applied':
      return { kind: 'applied' }
    case 'conflict':
      return { kind: 'parked', failure: { code: 'MESSAGE_ID_REUSED', detail: 'The control id was used before with other content.', place: 'MSH-10' }, errorKind: 'conflict' }
    case 'dead':
    case 'skipped':
      return failure === null
        ? { kind: 'parked', failure: { code: 'MESSAGE_SKIPPED', detail: 'An operator decided that it has no effect.', place: null }, errorKind: 'conflict' }
        : { kind: 'parked', failure, errorKind: kindOfCode(failure.code) }
  }
}
