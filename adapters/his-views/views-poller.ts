import type { Calendar, Clock } from '../../core/clock.ts'
import type { ViewRowStore } from '../../core/inbox/index.ts'
import type { ConnectionStatus, SettingStore } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import type { Compared } from './compare-view.ts'
import type { WatchedView } from './read-view.ts'
import type { ServerOptions } from './view-server.ts'
import type { TakeRowsDeps } from './take-rows.ts'
import type { ViewStatus } from './view-status.ts'

export interface ViewsSource {
  readonly name: string
  readonly hospitalId: string
  readonly server: ServerOptions
  /** What is referred to first. */
  readonly views: readonly WatchedView[]
  readonly pageSize: number
  readonly rereadDays: number
  readonly pollMs: number
}

/** Whoever holds it may look; another node takes over when it is given back or runs out. */
interface Lease {
  readonly hold: () => Promise<boolean>
  readonly release: () => Promise<void>
}

export interface ViewsPollerDeps extends TakeRowsDeps {
  readonly inReading: InTransaction<{ settings: Pick<SettingStore, 'get'>, viewRows: Pick<ViewRowStore, 'find'> }>
  readonly lease: Lease
  readonly isPaused: () => boolean
  /** Something was taken in. */
  readonly notify: () => void
  /** Business time. */
  readonly clock: Clock
  readonly calendar: Calendar
  /** Real time, for back-off. */
  readonly wallClock: Clock
  readonly random: () => number
  /** Codes only: `place` is a view. */
  readonly on?: (event: { readonly source: string, readonly view: string, readonly code: string }) => void
}

export interface ViewsPoller {
  /** One look at every view, whatever its back-off; settles when they are read to their end or in trouble. */
  readonly look: () => Promise<void>
  /** Compares all rows with what was seen; what was missed or has changed is taken in. Refused with VIEW_*. */
  readonly compare: (dueAt: Date) => Promise<Compared>
  /**
   * Takes in the rows that have a value in one of our columns, whatever the look is at. Answers how many there are and
   * the messages that are new; null where the source has no such view or column. Refused with VIEW_*.
   */
  readonly find: (view: string, wanted: { readonly column: string, readonly value: string }) => Promise<{ readonly shown: number, readonly messages: readonly string[] } | null>
  readonly status: () => ConnectionStatus & { readonly views: readonly ViewStatus[] }
  readonly stop: () => Promise<void>
}
