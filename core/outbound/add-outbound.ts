import type { Ids } from '../ids.ts'
import type { OutboxStore } from '../outbox.ts'
import { outboxKeyOf, outboxKindOf, type Outgoing } from './destination.ts'
import type { OutboundStore } from './ports.ts'

interface AddDeps {
  readonly outbox: Pick<OutboxStore, 'add'>
  readonly outbound: Pick<OutboundStore, 'add'>
  readonly ids: Ids
}

/** Writes what goes out, in the transaction of what causes it. */
export async function addOutbound ({ outbox, outbound, ids }: AddDeps, outgoing: readonly Outgoing[], at: Date): Promise<void> {
  for (const one of outgoing) {
    const { destination: { name }, message, record, patientId } = one
    const id = ids.next()
    const isNew = await outbox.add({ id, kind: outboxKindOf(name), key: outboxKeyOf(one), payload: { record: `${record.type}/${record.id}/${record.version}`, message }, createdAt: at })
    if (isNew) await outbound.add({ id, destination: name, message, record, patientId, createdAt: at })
  }
}
