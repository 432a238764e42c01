import { repeating } from '../../adapters/queue/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { ConnectionStatus, Pauses, SettingStore } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'

/** A source that we poll or a destination, under the name of its queue. */
export interface Connection {
  readonly queue: string
  /** On this node; a node that does not do the work tells nothing of interest. */
  readonly status: () => ConnectionStatus
}

export interface Connections {
  /** How they stand, whichever node does the work. */
  readonly all: () => Promise<ReadonlyArray<{ readonly queue: string, readonly status: ConnectionStatus }>>
  readonly stop: () => Promise<void>
}

interface ConnectionsDeps {
  readonly inTransaction: InTransaction<{ settings: SettingStore }>
  readonly inReading: InTransaction<{ settings: SettingStore }>
  readonly pauses: Pick<Pauses, 'isPaused' | 'refresh'>
  readonly clock: Clock
  readonly everyMs: number
  readonly fault: (code: string) => void
}

const settingOf = (queue: string): string => `connection.${queue}`

/**
 * Tells all nodes how each connection stands, and hears what operators paused at other nodes. One node polls a source;
 * it writes down when the source goes up or down, the others read that.
 */
export function watchConnections (connections: readonly Connection[], deps: ConnectionsDeps): Connections {
  const told = new Map<string, string>()
  const tick = async (): Promise<void> => {
    await deps.pauses.refresh()
    for (const { queue, status } of connections) await tell(deps, told, queue, status())
  }
  const telling = repeating({ everyMs: deps.everyMs, work: tick, on: { fault: deps.fault } })
  return {
    all: async () => {
      const kept = await deps.inReading(async ({ settings }) => {
        const found = new Map<string, string>()
        for (const { queue } of connections) found.set(queue, await settings.get(settingOf(queue)) ?? '')
        return found
      })
      return connections.map(({ queue, status }) => ({ queue, status: standing(queue, status(), kept.get(queue) ?? '', deps.pauses) }))
    },
    stop: telling.stop
  }
}

async function tell ({ inTransaction }: ConnectionsDeps, told: Map<string, string>, queue: string, status: ConnectionStatus): Promise<void> {
  if (status.state !== 'up' && status.state !== 'down') {
    // Another node may tell meanwhile; what this one says after that is news again.
    told.delete(queue)
    return
  }
  const state = `${status.state} ${status.code ?? ''}`
  if (told.get(queue) === state) return
  await inTransaction(({ settings }) => settings.set(settingOf(queue), JSON.stringify(status)))
  told.set(queue, state)
}

/** What this node knows first hand, else what was written down. */
function standing (queue: string, here: ConnectionStatus, kept: string, { isPaused }: Pick<Pauses, 'isPaused'>): ConnectionStatus {
  const there = kept === '' ? null : JSON.parse(kept) as { state: ConnectionStatus['state'], since: string, code: string | null, detail: string | null, lastAt: string | null }
  const known = here.state === 'up' || here.state === 'down' || there === null
    ? here
    : { ...there, since: new Date(there.since), lastAt: there.lastAt === null ? null : new Date(there.lastAt) }
  return isPaused(queue) ? { ...known, state: 'paused' } : known
}
