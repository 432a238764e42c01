import type { InboxStore } from '../inbox/index.ts'
import type { OutboxStore } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { Ids } from '../ids.ts'
import { closeAlert, openAlert, type OnCall } from './tell-on-call.ts'
import type { AlertStore } from './ports.ts'
import { watch, type Measurements, type Trouble, type Watched, type WatchLimits } from './watch.ts'

export interface RaiseAlertsDeps {
  readonly inTransaction: InTransaction<{ alerts: AlertStore, outbox: OutboxStore }>
  readonly inReading: InTransaction<{ inbox: InboxStore, outbox: OutboxStore, alerts: AlertStore }>
  readonly ids: Ids
  readonly onCall: OnCall
  /** Minutes since midnight in the business zone. */
  readonly minuteOfDay: (instant: Date) => number
  readonly connections: () => Promise<Measurements['connections']>
}

/** Measures, decides, and opens or closes alerts with their notices in one transaction. Nothing is written when nothing changes. */
export async function raiseAlerts (deps: RaiseAlertsDeps, limits: WatchLimits, now: Date): Promise<Watched> {
  const connections = await deps.connections()
  const { measured, open } = await deps.inReading(async (stores) => ({ measured: await measure(stores, now, connections), open: await stores.alerts.open() }))
  const watched = watch(measured, open, limits, deps.minuteOfDay)
  if (watched.opened.length + watched.closed.length === 0) return watched
  return deps.inTransaction(async (stores) => {
    const telling = { ...stores, ids: deps.ids, onCall: deps.onCall }
    const opened: Trouble[] = []
    for (const trouble of watched.opened) if (await openAlert(telling, trouble, now)) opened.push(trouble)
    for (const alert of watched.closed) await closeAlert(telling, alert, now)
    return { opened, closed: watched.closed }
  })
}

async function measure ({ inbox, outbox }: { readonly inbox: InboxStore, readonly outbox: OutboxStore }, now: Date, connections: Measurements['connections']): Promise<Measurements> {
  const { bySource, oldestQueuedAt } = await inbox.statistics()
  const { dead, oldestAt } = await outbox.counts()
  const lastBySource = new Map<string, Date>()
  for (const { source, lastReceivedAt } of bySource) {
    const known = lastBySource.get(source)
    if (known === undefined || known < lastReceivedAt) lastBySource.set(source, lastReceivedAt)
  }
  return {
    now,
    oldestQueuedAt,
    sources: [...lastBySource].map(([name, lastReceivedAt]) => ({ name, lastReceivedAt })),
    deadLetters: await inbox.deadLetterGroups(),
    outbox: { dead, oldestAt },
    connections
  }
}

export type AlertDeps = Pick<RaiseAlertsDeps, 'inTransaction' | 'ids' | 'onCall'>

/** One finding of a job (`job:…`): opens its alert while it is so, closes it when it is not. */
export async function alertWhile ({ inTransaction, ids, onCall }: AlertDeps, found: Trouble & { readonly isTrouble: boolean, readonly at: Date }): Promise<void> {
  await inTransaction(async (stores) => {
    const telling = { ...stores, ids, onCall }
    if (found.isTrouble) await openAlert(telling, found, found.at)
    else for (const alert of await stores.alerts.open()) if (alert.key === found.key) await closeAlert(telling, alert, found.at)
  })
}
