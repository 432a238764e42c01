import { membershipPayerOf, membershipRoutes, payRoute } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import {
  askMembershipRefund, decideMembershipRefund, endMemberships, membershipPurposeKind, nextMembershipDue, orderMembership, saveProduct, useMembership, type LookAfterMemberships, type MembershipTools
} from '../../core/membership/index.ts'
import { createPayment } from '../../core/payments/index.ts'
import { remindMemberships } from '../../jobs/remind-memberships.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { membershipTools } from './membership-tools.ts'
import { paymentTools } from './payment-tools.ts'

/** 会员: products, orders, uses, refunds, and when they end. */
export function composeMembership (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, clock, writeInstant, config, keys, notifyOutbox } = deps
  const tools = membershipTools(deps)
  const lookAfter: LookAfterMemberships<Stores> = { inTransaction, inReading, tools }
  const payments = paymentTools(deps)
  const hospitalIds = config.site.hospitals.map(({ id }) => id)
  const telling = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work
    notifyOutbox()
    return result
  }
  const making = <Command, Made>(work: (stores: Stores, tools: MembershipTools, command: Command, at: Date) => Promise<Made>) => (command: Command): Promise<Made> =>
    telling(inTransaction((stores) => work(stores, tools, command, clock.now())))
  return {
    ...plainArea,
    jobs: [remindMemberships(lookAfter)],
    timers: [{ name: 'membership-ends', nextDue: nextMembershipDue, run: (dueAt) => telling(endMemberships(lookAfter, dueAt)) }],
    routes: [
      membershipRoutes({
        inReading, now: clock.now, writeInstant,
        saveProduct: (product) => inTransaction((stores) => saveProduct(stores, product, hospitalIds, clock.now())),
        order: making(orderMembership), use: making(useMembership), askRefund: making(askMembershipRefund), decideRefund: making(decideMembershipRefund)
      }),
      payRoute(
        { createPayment: (command) => telling(createPayment(payments, command)), walletKeyOf: (openid) => keys.fingerprint('openid', openid), writeInstant },
        { path: '/v1/membership-orders', access: 'membership.buy', requirements: ['C14', 'M5', 'M15'], tag: 'memberships', purpose: membershipPurposeKind, payerOf: membershipPayerOf({ inReading }) }
      )
    ]
  }
}
