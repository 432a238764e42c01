import type { PayRouteDeps } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { consultationPaymentPurpose, consultationSubject } from '../../core/consultations/index.ts'
import { escrowPurpose } from '../../core/escrow/index.ts'
import { membershipPurpose, membershipPurposeKind } from '../../core/membership/index.ts'
import { invitationEscrow, invitationPaymentPurpose, tipEscrow, tipPaymentPurpose } from '../../core/invitations/index.ts'
import { billPurpose, billsPurpose } from '../../core/pay-after-care/index.ts'
import { drugOrderPurpose, drugOrderPurposeName } from '../../core/prescriptions/index.ts'
import { createPayment, type PaymentTools, type Purpose, type requestRefund } from '../../core/payments/index.ts'
import type { AreaDeps } from './area.ts'
import { consultationTools } from './consultation-tools.ts'
import { membershipTools } from './membership-tools.ts'
import { invitationTools } from './invitation-tools.ts'
import { payAfterCareSettings } from './pay-after-care-settings.ts'

/** What can be paid for here: each purpose with what is owed, and whose money it becomes. */
export function purposesOf (deps: AreaDeps): Readonly<Record<string, Purpose<Stores>>> {
  const { config, ids, calendar, outside } = deps
  return {
    [consultationPaymentPurpose]: escrowPurpose<Stores>({ ids, calendar }, consultationSubject<Stores>(consultationTools(deps))),
    [membershipPurposeKind]: membershipPurpose<Stores>(membershipTools(deps)),
    [invitationPaymentPurpose]: escrowPurpose<Stores>({ ids, calendar }, invitationEscrow<Stores>(invitationTools(deps))),
    [tipPaymentPurpose]: escrowPurpose<Stores>({ ids, calendar }, tipEscrow<Stores>(invitationTools(deps))),
    [drugOrderPurposeName]: drugOrderPurpose<Stores>({ ids, calendar }),
    [billsPurpose]: billPurpose<Stores>({ ids, calendar, settings: payAfterCareSettings(config), hasInsurance: outside.insurance !== null })
  }
}

export type AllPaymentTools = PaymentTools<Stores> & Parameters<typeof requestRefund<Stores>>[1]

/** What every area that has something paid asks payments with. */
export function paymentTools (deps: AreaDeps): AllPaymentTools {
  const { store: { inTransaction }, ids, clock, calendar, outside, config } = deps
  return { purposes: purposesOf(deps), inTransaction, ids, calendar, clock, gateways: outside.payments, byTwoAboveFen: payAfterCareSettings(config).refundByTwoAboveFen }
}

/** What `payRoute` needs, so that an area adds the payment of its thing in a few lines. */
export function payRouteDeps (deps: AreaDeps): PayRouteDeps {
  const tools = paymentTools(deps)
  return {
    createPayment: async (command) => {
      const order = await createPayment(tools, command)
      deps.notifyOutbox()
      return order
    },
    walletKeyOf: (openid) => deps.keys.fingerprint('openid', openid),
    writeInstant: deps.writeInstant
  }
}
