import type { Clock } from '../clock.ts'
import type { InTransaction } from '../unit-of-work.ts'

/**
 * A queue that an operator holds: `inbox` (nothing is applied), `source:<name>` (a listener's messages are kept but
 * not applied; a poller does not look), `destination:<name>` (nothing goes out there).
 */
export interface Pause {
  readonly queue: string
  readonly at: Date
  /** Token id of the operator. */
  readonly by: string
  readonly reason: string
}

export interface PauseStore {
  readonly list: () => Promise<readonly Pause[]>
  /** A second pause of one queue changes nothing. */
  readonly add: (pause: Pause) => Promise<void>
  /** Answers false where the queue was not paused. */
  readonly remove: (queue: string) => Promise<boolean>
}

/** What is paused, as this node knows it; asked before every step, so it is kept in memory. */
export interface Pauses {
  readonly isPaused: (queue: string) => boolean
  readonly list: () => readonly Pause[]
  /** Grows with every change, for those who keep what follows from it. */
  readonly revision: () => number
  readonly pause: (pause: Omit<Pause, 'at'>) => Promise<void>
  readonly resume: (queue: string) => Promise<void>
  /** Reads what other nodes decided. */
  readonly refresh: () => Promise<void>
}

interface PausesDeps {
  readonly inTransaction: InTransaction<{ pauses: PauseStore }>
  readonly inReading: InTransaction<{ pauses: PauseStore }>
  readonly clock: Clock
  /** Something was paused or resumed here or elsewhere. */
  readonly changed: () => void
}

export function pausesOf ({ inTransaction, inReading, clock, changed }: PausesDeps): Pauses {
  const state: { known: readonly Pause[], revision: number } = { known: [], revision: 0 }
  const refresh = async (): Promise<void> => {
    const found = await inReading(({ pauses }) => pauses.list())
    if (namesOf(found) === namesOf(state.known)) return
    state.known = found
    state.revision += 1
    changed()
  }
  return {
    isPaused: (queue) => state.known.some((pause) => pause.queue === queue),
    list: () => state.known,
    revision: () => state.revision,
    pause: async (pause) => {
      await inTransaction(({ pauses }) => pauses.add({ ...pause, at: clock.now() }))
      await refresh()
    },
    resume: async (queue) => {
      await inTransaction(({ pauses }) => pauses.remove(queue))
      await refresh()
    },
    refresh
  }
}

const namesOf = (pauses: readonly Pause[]): string => pauses.map(({ queue }) => queue).sort().join(' ')
