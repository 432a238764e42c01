import { DomainError } from '../errors.ts'
import { fen, type Fen } from '../money.ts'
import type { PrescriptionItem } from './prescription.ts'

export const drugOrderStates = ['created', 'paid', 'rx_checked', 'dispensed', 'shipped', 'delivered', 'returned', 'refunded', 'cancelled'] as const
export type DrugOrderState = typeof drugOrderStates[number]

export const deliveries = ['pick_up', 'mail'] as const
export type Delivery = typeof deliveries[number]

/**
 * 药品订单. created → paid → rx_checked → dispensed → shipped → delivered | returned → refunded (telemedicine §1.4); before
 * it is dispensed it may be cancelled, and what was paid goes back whole. One that is picked up is dispensed → delivered.
 */
export interface DrugOrder {
  readonly id: string
  readonly number: string
  readonly prescriptionId: string
  readonly hospitalId: string
  readonly patientId: string
  readonly items: readonly PrescriptionItem[]
  readonly delivery: Delivery
  /** Name, phone and address of the parcel, sealed; null: picked up. */
  readonly sealedAddress: string | null
  /** Fixed when it is made. */
  readonly drugsFen: Fen
  readonly logisticsFen: Fen
  readonly state: DrugOrderState
  /** The payment that it was paid with; null: not paid, or nothing to pay. */
  readonly paymentOrderId: string | null
  /** Decided to go back. */
  readonly refundFen: Fen
  /** 退货. What the person wants to give back, as long as nobody has decided. */
  readonly returnAsked: { readonly reason: string, readonly at: Date } | null
  /** Why it was cancelled, refused or returned. */
  readonly reason: string | null
  readonly createdAt: Date
  readonly paidAt: Date | null
  readonly checkedBy: string | null
  readonly checkedAt: Date | null
  readonly dispensedBy: string | null
  readonly dispensedAt: Date | null
  readonly shippedAt: Date | null
  readonly deliveredAt: Date | null
  readonly endedAt: Date | null
  /** Unpaid it is cancelled then. */
  readonly dueAt: Date | null
}

export const totalFen = ({ drugsFen, logisticsFen }: Pick<DrugOrder, 'drugsFen' | 'logisticsFen'>): Fen => fen(drugsFen + logisticsFen)

/** Its items belong to it and cannot be ordered again. */
export const isLive = ({ state }: Pick<DrugOrder, 'state'>): boolean => state !== 'cancelled' && state !== 'refunded' && state !== 'returned'

export type DrugOrderEvent =
  | { readonly kind: 'pay', readonly paymentOrderId: string | null, readonly paidAt: Date }
  | { readonly kind: 'check', readonly by: string }
  | { readonly kind: 'dispense', readonly by: string }
  | { readonly kind: 'ship' }
  | { readonly kind: 'deliver' }
  | { readonly kind: 'cancel', readonly reason: string }
  | { readonly kind: 'ask_return', readonly reason: string }
  | { readonly kind: 'keep', readonly reason: string }
  /** `isWhole`: also the fee goes back, since the carrier did not do its work. */
  | { readonly kind: 'return', readonly reason: string, readonly isWhole: boolean }
  | { readonly kind: 'refund' }

const moves: Readonly<Record<DrugOrderState, ReadonlyArray<DrugOrderEvent['kind']>>> = {
  created: ['pay', 'cancel'],
  paid: ['check', 'cancel'],
  rx_checked: ['dispense', 'cancel'],
  dispensed: ['ship', 'deliver', 'return'],
  shipped: ['deliver', 'return'],
  delivered: ['ask_return', 'keep', 'return'],
  returned: ['refund'],
  cancelled: ['refund'],
  refunded: []
}

/** Refuses with DRUG_ORDER_STATE_REFUSED and changes nothing where the state does not know the event. */
export function decideDrugOrder (order: DrugOrder, event: DrugOrderEvent, at: Date): DrugOrder {
  if (!moves[order.state].includes(event.kind) || !fits(order, event)) throw new DomainError('DRUG_ORDER_STATE_REFUSED', `The order is ${order.state}, which does not allow this. Read it again.`)
  return (changes[event.kind] as Change<DrugOrderEvent>)(order, event, at)
}

type Change<Event> = (order: DrugOrder, event: Event, at: Date) => DrugOrder

const changes: { readonly [Kind in DrugOrderEvent['kind']]: Change<Extract<DrugOrderEvent, { readonly kind: Kind }>> } = {
  pay: (order, { paymentOrderId, paidAt }) => ({ ...order, state: 'paid', paymentOrderId, paidAt, dueAt: null }),
  check: (order, { by }, at) => ({ ...order, state: 'rx_checked', checkedBy: by, checkedAt: at }),
  dispense: (order, { by }, at) => ({ ...order, state: 'dispensed', dispensedBy: by, dispensedAt: at }),
  ship: (order, _event, at) => ({ ...order, state: 'shipped', shippedAt: at }),
  deliver: (order, _event, at) => ({ ...order, state: 'delivered', deliveredAt: at }),
  cancel: (order, { reason }, at) => ({ ...order, state: 'cancelled', reason, refundFen: paidFen(order), dueAt: null, endedAt: at }),
  ask_return: (order, { reason }, at) => ({ ...order, returnAsked: { reason, at } }),
  keep: (order, { reason }) => ({ ...order, returnAsked: null, reason }),
  return: (order, { reason, isWhole }, at) => ({ ...order, state: 'returned', reason, returnAsked: null, refundFen: isWhole ? paidFen(order) : fen(Math.min(order.drugsFen, paidFen(order))), endedAt: at }),
  refund: (order, _event, at) => ({ ...order, state: 'refunded', endedAt: at })
}

const paidFen = (order: DrugOrder): Fen => order.paymentOrderId === null ? fen(0) : totalFen(order)

function fits (order: DrugOrder, { kind }: DrugOrderEvent): boolean {
  switch (kind) {
    case 'ship': return order.delivery === 'mail'
    case 'deliver': return order.delivery === 'mail' ? order.state === 'shipped' : order.state === 'dispensed'
    case 'ask_return': return order.returnAsked === null
    case 'keep': return order.returnAsked !== null
    case 'refund': return order.refundFen > 0
    case 'pay': case 'check': case 'dispense': case 'cancel': case 'return': return true
  }
}
