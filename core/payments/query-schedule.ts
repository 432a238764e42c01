import type { PaymentOrder, Refund } from './payment-order.ts'

const minuteMs = 60_000

/** An order can be paid for so long; then it is closed at its channel. */
export const orderLivesMs = 15 * minuteMs

/** After its making: 30 s, 1, 2, 5, 10 min, then every 10 min (domain document §6). */
const firstMs = [30_000, minuteMs, 2 * minuteMs, 5 * minuteMs, 10 * minuteMs] as const
const everyMs = 10 * minuteMs
export const askedForMs = 24 * 60 * minuteMs

/**
 * When the channel is asked next, by business time: also on expiry, when the order is closed. Null: a day after its
 * expiry the day's statement has to say what became of it.
 */
export function nextQuery ({ createdAt, expiresAt }: Pick<PaymentOrder, 'createdAt' | 'expiresAt'>, now: Date): Date | null {
  const lastMs = expiresAt.getTime() + askedForMs
  const ageMs = now.getTime() - createdAt.getTime()
  const waitMs = firstMs.find((ms) => ms > ageMs) ?? (Math.floor(ageMs / everyMs) + 1) * everyMs
  const nextMs = createdAt.getTime() + waitMs
  if (now < expiresAt && nextMs > expiresAt.getTime()) return expiresAt
  return nextMs > lastMs ? null : new Date(nextMs)
}

/** Channels take up to days for a refund: 1, 5, 10, 30 min, 1 h, then every 6 h for 30 days. */
const refundMs = [minuteMs, 5 * minuteMs, 10 * minuteMs, 30 * minuteMs, 60 * minuteMs] as const
const refundEveryMs = 360 * minuteMs
const mostRefundQueries = refundMs.length + 4 * 30

export function nextRefundQuery ({ queries }: Pick<Refund, 'queries'>, now: Date): Date | null {
  return queries >= mostRefundQueries ? null : new Date(now.getTime() + (refundMs[queries] ?? refundEveryMs))
}
