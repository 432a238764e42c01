import type { Calendar, Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { PatientStore } from '../identity/index.ts'
import type { Ids } from '../ids.ts'
import type { LedgerStore } from '../ledger/index.ts'
import type { OutboxStore } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { PaymentChannel } from './payment-order.ts'
import type { PaymentGateway, PaymentStore, Purpose } from './ports.ts'

export interface PaymentStores {
  readonly payments: PaymentStore
  readonly outbox: Pick<OutboxStore, 'add'>
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil'>
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
}

/** What is needed to learn something inside a transaction that stands. */
export interface LearnTools<Stores> {
  /** By name of the purpose. */
  readonly purposes: Readonly<Record<string, Purpose<Stores>>>
  readonly ids: Ids
  readonly calendar: Calendar
}

/** A channel is asked outside any transaction; what it said is learned in one of its own. */
export interface PaymentTools<Stores> extends LearnTools<Stores> {
  readonly inTransaction: InTransaction<Stores>
  readonly gateways: readonly PaymentGateway[]
  /** Business time: an answer of a channel comes later than the question. */
  readonly clock: Clock
}

export function gatewayOf ({ gateways }: { readonly gateways: readonly PaymentGateway[] }, channel: PaymentChannel): PaymentGateway {
  const gateway = gateways.find((one) => one.channel === channel)
  if (gateway === undefined) throw new DomainError('PAYMENT_CHANNEL_UNAVAILABLE', 'This channel is not configured here. Choose another one.', 'channel')
  return gateway
}

export function purposeOf<Stores> ({ purposes }: Pick<LearnTools<Stores>, 'purposes'>, name: string): Purpose<Stores> {
  const purpose = Object.hasOwn(purposes, name) ? purposes[name] : undefined
  if (purpose === undefined) throw new DomainError('REQUEST_INVALID', 'There is no such thing to pay for here.', 'purpose')
  return purpose
}

export const noPayment = (): DomainError => new DomainError('PAYMENT_NOT_FOUND', 'No payment has this id; list the payments of the patient.')
export const noRefund = (): DomainError => new DomainError('REFUND_NOT_FOUND', 'No refund has this id; list the refunds of the payment.')
