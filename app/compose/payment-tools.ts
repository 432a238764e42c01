import type { Stores } from '../../adapters/store/index.ts'
import { billPurpose, billsPurpose } from '../../core/pay-after-care/index.ts'
import type { requestRefund, PaymentTools, Purpose } from '../../core/payments/index.ts'
import type { AreaDeps } from './area.ts'
import { payAfterCareSettings } from './pay-after-care-settings.ts'

/** What can be paid for here: each purpose with what is owed, and whose money it becomes. */
export function purposesOf ({ config, ids, calendar, outside }: AreaDeps): Readonly<Record<string, Purpose<Stores>>> {
  return {
    [billsPurpose]: billPurpose<Stores>({ ids, calendar, settings: payAfterCareSettings(config), hasInsurance: outside.insurance !== null })
  }
}

export type AllPaymentTools = PaymentTools<Stores> & Parameters<typeof requestRefund<Stores>>[1]

/** What every area that has something paid asks payments with. */
export function paymentTools (deps: AreaDeps): AllPaymentTools {
  const { store: { inTransaction }, ids, clock, calendar, outside, config } = deps
  return { purposes: purposesOf(deps), inTransaction, ids, calendar, clock, gateways: outside.payments, byTwoAboveFen: payAfterCareSettings(config).refundByTwoAboveFen }
}
