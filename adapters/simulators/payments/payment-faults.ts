import { setTimeout as wait } from 'node:timers/promises'
import { strikingFaults, type Fault, type Striking } from '../fault.ts'

/**
 * Of requests: unavailable answers 5xx, dropped hangs up before anything is done, lost after it is done; slow answers
 * late; key_rotation signs with the coming key from then on.
 * Of call-backs: duplicate comes twice, reordered after the next one, forged with a wrong signature before the true one,
 * wrong_amount names a fen more; signature_test (微信 only) is the platform's probe.
 * Of what is done: refund_pending waits three days, half_success lets the insurance part of a mixed order fail.
 * Of statements: statement_late is made at 11:30, statement_extra_column has one more column at another place,
 * statement_corrupted differs from its hash.
 */
export type PaymentFaultKind = RequestFault | CallbackFault | 'refund_pending' | 'half_success' | StatementFault
export type RequestFault = 'unavailable' | 'dropped' | 'lost' | 'slow' | 'key_rotation'
export type CallbackFault = 'duplicate' | 'reordered' | 'forged' | 'wrong_amount' | 'signature_test'
export type StatementFault = 'statement_late' | 'statement_extra_column' | 'statement_corrupted'

const groups = {
  request: ['unavailable', 'dropped', 'lost', 'slow', 'key_rotation'],
  callback: ['duplicate', 'reordered', 'forged', 'wrong_amount', 'signature_test'],
  refund: ['refund_pending'],
  payment: ['half_success'],
  statement: ['statement_late', 'statement_extra_column', 'statement_corrupted']
} as const satisfies Record<string, readonly PaymentFaultKind[]>

/** Each kind of occasion draws for itself, so that faults of one do not use up those of another. */
export interface PaymentFaults {
  readonly request: Striking<RequestFault>
  readonly callback: Striking<CallbackFault>
  readonly refund: Striking<'refund_pending'>
  readonly payment: Striking<'half_success'>
  readonly statement: Striking<StatementFault>
}

export function paymentFaults (faults: ReadonlyArray<Fault<PaymentFaultKind>>): PaymentFaults {
  const of = <Kind extends PaymentFaultKind> (kinds: readonly Kind[]): Striking<Kind> =>
    strikingFaults(faults.filter((fault): fault is Fault<PaymentFaultKind> & Fault<Kind> => (kinds as readonly string[]).includes(fault.kind)))
  return { request: of(groups.request), callback: of(groups.callback), refund: of(groups.refund), payment: of(groups.payment), statement: of(groups.statement) }
}

export const isPaymentFault = (kind: string): kind is PaymentFaultKind => Object.values(groups).some((kinds) => (kinds as readonly string[]).includes(kind))

/** A timer that ends with the simulator. */
export async function slowly (ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined)
}
