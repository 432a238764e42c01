import { createHash } from 'node:crypto'
import { paymentCallbackRoutes, paymentReadRoutes, paymentRoutes, refundRoutes } from '../../adapters/http/index.ts'
import { gather } from '../../adapters/queue/index.ts'
import type { CarryOut } from '../../core/outbox.ts'
import {
  applyCallback, cancelPayment, closePayment, compensatePayment, createPayment, decideOnRefund, keepCallbacks, nextQueryDue, paymentKinds, queryDue, refundToSource, requestRefund, submitRefund, takeCallback,
  type KeptCallback, type PaymentHalf
} from '../../core/payments/index.ts'
import { pruneCallbacks } from '../../jobs/prune-callbacks.ts'
import { undecidedPayments } from '../../jobs/undecided-payments.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { paymentTools, type AllPaymentTools } from './payment-tools.ts'

/** Anybody may send call-backs: what proves nothing is kept, but not without end. */
const mostUnprovenPerMinute = 120

/** 支付: orders, call-backs, queries, refunds over every channel that is configured. */
export function composePayments (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, ids, clock, wallClock, outside, onCall, notifyOutbox } = deps
  const tools = paymentTools(deps)
  const telling = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work
    notifyOutbox()
    return result
  }
  const taking = { gateways: outside.payments, keep: keeping(deps), ids, keyOf, now: clock.now, realNow: wallClock.now }
  return {
    ...plainArea,
    carryOut: carryOutOf(tools, notifyOutbox),
    // So few that a call-back, which takes its turn at the same writer, never waits for many.
    rules: { [paymentKinds.callback]: { maxRunning: 2, inOrder: false } },
    // Orders and refunds have states and source keys of their own; a call-back is applied under an id that comes once.
    forgettable: Object.values(paymentKinds),
    jobs: [pruneCallbacks({ inTransaction }), undecidedPayments(tools, { inTransaction, ids, onCall })],
    timers: [{
      name: 'payment-queries',
      nextDue: nextQueryDue,
      run: async (dueAt) => ({ ...await telling(queryDue(tools, dueAt)) })
    }],
    routes: [
      paymentCallbackRoutes({ takeCallback: (callback) => takeCallback(taking, callback) }),
      paymentRoutes({
        inReading,
        now: clock.now,
        writeInstant: deps.writeInstant,
        walletKeyOf: (openid) => deps.keys.fingerprint('openid', openid),
        createPayment: (command) => telling(createPayment(tools, command)),
        cancelPayment: (id) => telling(cancelPayment(tools, id))
      }),
      paymentReadRoutes({ inReading, now: clock.now, writeInstant: deps.writeInstant }),
      refundRoutes({
        inReading,
        writeInstant: deps.writeInstant,
        requestRefund: (command) => telling(inTransaction((stores) => requestRefund(stores, tools, command, clock.now()))),
        decideOnRefund: (verdict) => telling(inTransaction((stores) => decideOnRefund(stores, tools, verdict, clock.now())))
      })
    ]
  }
}

/** What each kind of outbox message does. */
export function carryOutOf (tools: AllPaymentTools, notifyOutbox: () => void): Readonly<Record<string, CarryOut>> {
  const { inTransaction, clock } = tools
  return {
    [paymentKinds.callback]: async (message) => {
      await inTransaction((stores) => applyCallback(stores, tools, message, clock.now()))
      notifyOutbox()
    },
    [paymentKinds.refundToSource]: async (message) => {
      await inTransaction((stores) => refundToSource(stores, tools, message, clock.now()))
      notifyOutbox()
    },
    [paymentKinds.refund]: ({ payload }) => submitRefund(tools, String(payload['refundId'])),
    [paymentKinds.compensation]: ({ payload }) => compensatePayment(tools, { orderId: String(payload['orderId']), half: payload['half'] as PaymentHalf }),
    [paymentKinds.close]: ({ payload }) => closePayment(tools, String(payload['orderId']))
  }
}

/** The very bytes with what was said beside them: a true call-back is never mistaken for a forged one with its body. */
function keyOf (headers: Readonly<Record<string, string>>, body: Uint8Array): string {
  const names = Object.keys(headers).sort()
  return createHash('sha256').update(JSON.stringify(names.map((name) => [name, headers[name]]))).update('\n').update(body).digest('hex')
}

function keeping ({ store: { inTransaction }, ids, wallClock, notifyOutbox }: AreaDeps): (callback: KeptCallback) => Promise<void> {
  const kept = gather<KeptCallback>({ commit: (callbacks) => inTransaction((stores) => keepCallbacks(stores, ids, callbacks)) })
  let minute = 0
  let unproven = 0
  return async (callback) => {
    const now = Math.floor(wallClock.now().getTime() / 60_000)
    if (now !== minute) [minute, unproven] = [now, 0]
    if (callback.proven === null && ++unproven > mostUnprovenPerMinute) return
    await kept(callback)
    if (callback.proven !== null) notifyOutbox()
  }
}
