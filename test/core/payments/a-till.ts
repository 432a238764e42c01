import { createHash, randomUUID } from 'node:crypto'
import { carryOutOf } from '../../../app/compose/payments.ts'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import { codeOf } from '../../../core/back-off.ts'
import { calendarIn } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { channelClearing, creditBalance, patientReceivable, post, refundPayable, reverse, unsettledRevenue, type Entry, type Posting } from '../../../core/ledger/index.ts'
import { fen, negateFen, type Fen } from '../../../core/money.ts'
import {
  clearingShares, createPayment, keepCallbacks, nextQueryDue, paymentKinds, queryDue, refundToSourceMessage, requestRefund, takeCallback,
  type CallbackAnswer, type CreatePayment, type PaymentGateway, type PaymentOrder, type PaymentTools, type Purpose, type Refund, type RequestRefund
} from '../../../core/payments/index.ts'
import type { ACallback } from './a-channel.ts'

export const calendar = calendarIn('Asia/Shanghai')
export const minutes = (count: number): number => count * 60_000

export interface ATill {
  readonly store: Store
  readonly tools: PaymentTools<Stores> & { readonly byTwoAboveFen: Fen }
  readonly now: () => Date
  readonly pass: (ms: number) => void
  /** A patient owes so much. */
  readonly owe: (patientId: string, amountFen: number) => Promise<void>
  readonly create: (patientId: string, given?: Partial<CreatePayment>) => Promise<PaymentOrder>
  readonly refund: (orderId: string, given?: Partial<RequestRefund>) => Promise<Refund>
  readonly callBack: (callback: ACallback, channel?: 'wechat' | 'alipay') => Promise<CallbackAnswer>
  /** Carries the outbox out until nothing more can be done; answers the codes of what died. */
  readonly drain: () => Promise<readonly string[]>
  /** Runs every query that is due until so much time has passed. */
  readonly wait: (ms: number) => Promise<void>
  readonly order: (id: string) => Promise<PaymentOrder>
  readonly refundsOf: (orderId: string) => Promise<readonly Refund[]>
  readonly balance: (account: string) => Promise<number>
}

/** Whoever owes pays the oldest debts first; what is too much goes back. It keeps nothing but entries in the books. */
const debts = (ids: () => string): Purpose<Stores> => {
  const owedFen = async ({ ledger }: Stores, account: string): Promise<number> => (await ledger.balances([account])).reduce((sum, { balanceFen }) => sum + balanceFen, 0)
  const entry = (kind: Entry['kind'], sourceKey: string, at: Date, postings: readonly Posting[]): Entry => ({ id: ids(), hospitalId: 'east', kind, sourceKey, effectiveOn: calendar(at), postedAt: at, postings: postings.filter(({ amountFen }) => amountFen !== 0), reverses: null, memo: null })
  return {
    payables: {
      owed: async (stores, payer, { amountFen, items }) => {
        const patientId = payer.kind === 'person' ? payer.patientId : payer.organizationId
        const owed = await owedFen(stores, patientReceivable(patientId))
        const wanted = items?.[0]?.amountFen ?? amountFen ?? fen(Math.max(0, owed))
        if (owed <= 0) throw new DomainError('PAYMENT_NOT_PAYABLE', 'Nothing is owed here.')
        if (wanted > owed) throw new DomainError('PAYMENT_AMOUNT_INVALID', 'More than is owed.')
        return { subjectId: `debts of ${patientId}`, parts: [{ hospitalId: 'east', referenceId: 'debt', patientId, amountFen: wanted }], description: 'debts', insuranceFen: null }
      }
    },
    payee: {
      paid: async (stores, order, at) => {
        await stores.payments.lockSubject('debts', order.subjectId)
        const owed = Math.max(0, await owedFen(stores, patientReceivable(order.payerPatientId ?? '')))
        const taken = Math.min(owed, order.amountFen)
        const clearing = clearingShares(order).map(({ channel, amountFen }) => ({ account: channelClearing(channel), amountFen }))
        await post(stores, entry('payment', `payment:${order.id}`, at, [...clearing, { account: patientReceivable(order.payerPatientId ?? ''), amountFen: fen(0 - taken) }, { account: creditBalance(order.payerPatientId ?? ''), amountFen: fen(taken - order.amountFen) }]))
        if (taken < order.amountFen) await stores.outbox.add(refundToSourceMessage({ orderId: order.id, amountFen: fen(order.amountFen - taken), parts: null, reason: 'overpaid' }, { id: ids(), key: `overpaid:${order.id}`, at }))
      },
      refunding: async (stores, refund, order, at) => {
        const account = refund.reason === 'overpaid' ? creditBalance(order.payerPatientId ?? '') : patientReceivable(order.payerPatientId ?? '')
        await post(stores, entry('refund', `refunding:${refund.id}`, at, [{ account, amountFen: refund.amountFen }, { account: refundPayable, amountFen: negateFen(refund.amountFen) }]))
      },
      refunded: async (stores, refund, order, at) => {
        if (refund.state === 'success') {
          await post(stores, entry('refund', `refunded:${refund.id}`, at, [{ account: refundPayable, amountFen: refund.amountFen }, { account: channelClearing(order.channel === 'mixed' ? 'wechat' : order.channel), amountFen: negateFen(refund.amountFen) }]))
          return
        }
        const reserved = await stores.ledger.bySourceKey(`refunding:${refund.id}`)
        if (reserved !== null) await reverse(stores, { entryId: reserved.id, id: ids(), sourceKey: `refund failed:${refund.id}`, effectiveOn: calendar(at), postedAt: at, memo: null })
      }
    }
  }
}

const wanted = { purpose: 'debts', items: null, amountFen: null, channel: 'wechat', mode: 'qr', insuranceFen: null, openid: null, walletKey: null } as const

/** Payments with channels of the test's own, on a real store, by a clock that stands until it is told to pass. */
export function aTill (store: Store, gatewaysOf: (now: () => Date) => readonly PaymentGateway[], byTwoAboveFen = 100_000, more: Readonly<Record<string, Purpose<Stores>>> = {}): ATill {
  let instant = new Date('2027-03-01T01:00:00Z')
  const now = (): Date => instant
  const ids = { next: () => randomUUID() }
  const tools = { purposes: { debts: debts(ids.next), ...more }, inTransaction: store.inTransaction, ids, calendar, clock: { now }, gateways: gatewaysOf(now), byTwoAboveFen: fen(byTwoAboveFen) }
  const carryOut = carryOutOf(tools, () => undefined)
  const dead: string[] = []
  const drainOnce = async (): Promise<number> => {
    let done = 0
    for (const kind of Object.values(paymentKinds)) {
      for (const message of await store.inReading(({ outbox }) => outbox.due(now(), 500, kind))) {
        try {
          await carryOut[kind]?.(message)
          await store.inTransaction(({ outbox }) => outbox.markDone(message.id, now()))
          done += 1
        } catch (error) {
          if (error instanceof DomainError && error.kind === 'unavailable') continue
          dead.push(codeOf(error) ?? String(error))
          await store.inTransaction(({ outbox }) => outbox.markDead(message.id, { attempts: 1, reason: codeOf(error) ?? 'UNEXPECTED', at: now() }))
        }
      }
    }
    return done
  }
  return {
    store,
    tools,
    now,
    pass: (ms) => { instant = new Date(instant.getTime() + ms) },
    owe: async (patientId, amountFen) => {
      const postings = [{ account: patientReceivable(patientId), amountFen: fen(amountFen) }, { account: unsettledRevenue, amountFen: fen(0 - amountFen) }]
      await store.inTransaction(({ ledger }) => post({ ledger }, { id: ids.next(), hospitalId: 'east', kind: 'charge', sourceKey: ids.next(), effectiveOn: calendar(now()), postedAt: now(), postings, reverses: null, memo: null }))
    },
    create: (patientId, given = {}) => createPayment(tools, { ...wanted, payer: { kind: 'person', patientId }, patientIds: [patientId], ...given }),
    refund: (orderId, given = {}) => store.inTransaction((stores) => requestRefund(stores, tools, { orderId, sourceKey: ids.next(), amountFen: null, parts: null, hospitalId: null, reason: 'asked', requestedBy: 'finance-1', ...given }, now())),
    callBack: ({ headers, body }, channel = 'wechat') => takeCallback({
      gateways: tools.gateways,
      keep: (callback) => store.inTransaction((stores) => keepCallbacks(stores, ids, [callback])),
      ids,
      keyOf: (names, bytes) => createHash('sha256').update(JSON.stringify(names)).update(bytes).digest('hex'),
      now,
      realNow: now
    }, { channel, headers, body }),
    drain: async () => {
      while (await drainOnce() > 0) continue
      return dead.splice(0)
    },
    wait: async (ms) => {
      const until = instant.getTime() + ms
      for (let due = await store.inReading(nextQueryDue); due !== null && due.getTime() <= until; due = await store.inReading(nextQueryDue)) {
        if (due > instant) instant = due
        await queryDue(tools, due)
        await drainOnce()
      }
      instant = new Date(until)
    },
    order: async (id) => {
      const order = await store.inReading(({ payments }) => payments.find(id))
      if (order === null) throw new Error('no such order')
      return order
    },
    refundsOf: (orderId) => store.inReading(({ payments }) => payments.refundsOf(orderId)),
    balance: async (account) => (await store.inReading(({ ledger }) => ledger.balances([account]))).reduce((sum, { balanceFen }) => sum + balanceFen, 0)
  }
}
