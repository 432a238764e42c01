import type { Ids } from '../ids.ts'
import type { OutboxMessage, OutboxStore } from '../outbox.ts'
import type { Alert } from './alert.ts'
import type { AlertStore } from './ports.ts'
import type { Trouble } from './watch.ts'

/** Numbers of the people on call, from the site's configuration. */
export type OnCall = readonly string[]

interface TellOnCallDeps {
  readonly alerts: AlertStore
  readonly outbox: Pick<OutboxStore, 'add'>
  readonly ids: Ids
  readonly onCall: OnCall
}

/** Opens an episode and tells it, once for all nodes: who finds it open already says nothing. Answers whether it was new. */
export async function openAlert ({ alerts, outbox, ids, onCall }: TellOnCallDeps, { key, detail }: Trouble, at: Date): Promise<boolean> {
  const alert: Alert = { id: ids.next(), key, openedAt: at, closedAt: null, detail }
  if (!await alerts.add(alert)) return false
  for (const message of notices(alert, 'ALERT_OPENED', { onCall, ids, at })) await outbox.add(message)
  return true
}

/** Ends an episode and tells so; the key of the notice keeps a second node from telling it again. */
export async function closeAlert ({ alerts, outbox, ids, onCall }: TellOnCallDeps, alert: Alert, at: Date): Promise<void> {
  await alerts.close(alert.id, at)
  for (const message of notices(alert, 'ALERT_CLOSED', { onCall, ids, at })) await outbox.add(message)
}

/** One text message for each number; names of parts and numbers only. */
export function notices (alert: Alert, templateId: 'ALERT_OPENED' | 'ALERT_CLOSED', { onCall, ids, at }: { readonly onCall: OnCall, readonly ids: Ids, readonly at: Date }): readonly OutboxMessage[] {
  return onCall.map((to, place) => ({
    id: ids.next(),
    kind: 'sms',
    key: `alert:${alert.id}:${templateId}:${place}`,
    payload: { to, templateId, params: { alert: alert.key, detail: alert.detail, since: alert.openedAt.toISOString() } },
    createdAt: at
  }))
}
