import type { OutboxMessage } from '../outbox.ts'
import type { DrugOrder } from './drug-order.ts'

/** Kinds of outbox messages of this context; app/compose/prescriptions.ts says what carries each out. */
export const parcelKinds = { shipment: 'carrier-shipment' } as const

export function shipmentMessage ({ id: orderId, number }: Pick<DrugOrder, 'id' | 'number'>, { id, at }: { readonly id: string, readonly at: Date }): OutboxMessage {
  return { id, kind: parcelKinds.shipment, key: number, payload: { orderId }, createdAt: at }
}
