import { codeOf } from '../../core/back-off.ts'
import type { Clock } from '../../core/clock.ts'
import { notices, raiseAlerts, type Alert, type RaiseAlertsDeps, type WatchLimits } from '../../core/operations/index.ts'
import type { OutboxMessage } from '../../core/outbox.ts'
import type { LeaseHolder } from './lease-holder.ts'
import { wakeable } from './wake.ts'

interface MonitorOptions extends RaiseAlertsDeps {
  readonly limits: Omit<WatchLimits, 'watchedSince'>
  /** The lease `monitor`: one node measures the whole; whether the store can be written each node finds out for itself. */
  readonly lease: LeaseHolder
  /** Business time. */
  readonly clock: Clock
  readonly everyMs: number
  /** A transaction that writes something. */
  readonly writeProbe: () => Promise<void>
  /** Carries out a notice past the outbox, for the one trouble that the outbox cannot hold. */
  readonly tellDirectly: (notice: OutboxMessage) => Promise<void>
  readonly on?: {
    readonly opened?: (key: string) => void
    readonly closed?: (key: string) => void
    readonly fault?: (code: string) => void
    /** There are notices in the outbox. */
    readonly told?: () => void
  }
}

export interface Monitor {
  /** Looks once, now; settles when alerts are written. */
  readonly look: () => Promise<void>
  readonly stop: () => Promise<void>
}

interface State {
  isStopping: boolean
  /** Of the episode in which the store cannot be written: it lives in memory, for there is nowhere else. */
  storeAlert: Alert | null
  readonly watchedSince: Date
}

const storeKey = 'store-not-writable'

/** Watches by real time, each `everyMs`. Starts at once. */
export function monitor (options: MonitorOptions): Monitor {
  const state: State = { isStopping: false, storeAlert: null, watchedSince: options.clock.now() }
  const wake = wakeable()
  let last: Promise<void> = Promise.resolve()
  const look = (): Promise<void> => {
    last = last.then(() => lookOnce(options, state))
    return last
  }
  const loop = (async () => {
    while (!state.isStopping) {
      await wake.wait(options.everyMs)
      if (!state.isStopping) await look()
    }
  })()
  return {
    look,
    stop: async () => {
      state.isStopping = true
      wake.wake()
      await loop
      await last
      await options.lease.release().catch((error: unknown) => { options.on?.fault?.(codeOf(error) ?? 'UNEXPECTED') })
    }
  }
}

async function lookOnce (options: MonitorOptions, state: State): Promise<void> {
  try {
    if (await isWritable(options)) {
      await storeIsBack(options, state)
      await lookAround(options, state)
    } else await storeIsAway(options, state)
  } catch (error) {
    options.on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
  }
}

/** Asked by writing: a full disk still reads. */
async function isWritable ({ writeProbe, on }: MonitorOptions): Promise<boolean> {
  try {
    await writeProbe()
    return true
  } catch (error) {
    on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
    return false
  }
}

async function lookAround (options: MonitorOptions, { watchedSince }: State): Promise<void> {
  const { lease, limits, clock, on } = options
  if (!await lease.hold()) return
  const { opened, closed } = await raiseAlerts(options, { ...limits, watchedSince }, clock.now())
  for (const { key } of opened) on?.opened?.(key)
  for (const { key } of closed) on?.closed?.(key)
  if (opened.length + closed.length > 0) on?.told?.()
}

async function storeIsAway (options: MonitorOptions, state: State): Promise<void> {
  if (state.storeAlert !== null) return
  const { ids, clock, on } = options
  state.storeAlert = { id: ids.next(), key: storeKey, openedAt: clock.now(), closedAt: null, detail: 'the store cannot be written' }
  on?.opened?.(storeKey)
  await tell(options, state.storeAlert, 'ALERT_OPENED')
}

/** The whole episode is written down when it is over. */
async function storeIsBack (options: MonitorOptions, state: State): Promise<void> {
  const alert = state.storeAlert
  if (alert === null) return
  const { inTransaction, clock, on } = options
  await inTransaction(({ alerts }) => alerts.add({ ...alert, closedAt: clock.now() }))
  state.storeAlert = null
  on?.closed?.(storeKey)
  await tell(options, alert, 'ALERT_CLOSED')
}

async function tell ({ ids, onCall, clock, tellDirectly, on }: MonitorOptions, alert: Alert, templateId: 'ALERT_OPENED' | 'ALERT_CLOSED'): Promise<void> {
  for (const notice of notices(alert, templateId, { ids, onCall, at: clock.now() })) {
    await tellDirectly(notice).catch((error: unknown) => { on?.fault?.(codeOf(error) ?? 'UNEXPECTED') })
  }
}
