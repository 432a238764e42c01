import type { Store, Stores } from '../../../adapters/store/index.ts'
import { DomainError } from '../../../core/errors.ts'
import {
  carryPayout, carrySplit, decideWithdrawal, escrowKinds, escrowPurpose, keepAccounts, nextTransferDue, queryTransfers, requestWithdrawal, returnFromEscrow, settleEscrow,
  type Escrow, type EscrowSubject, type RequestWithdrawal, type ReturnFromEscrow, type SettleEscrow, type TransferTools, type WantedAccount, type WalletId, type Withdrawal
} from '../../../core/escrow/index.ts'
import { fen, type Fen } from '../../../core/money.ts'
import type { Payer, PaymentOrder } from '../../../core/payments/index.ts'
import { aChannel, type AChannel } from '../payments/a-channel.ts'
import { aTill, calendar, type ATill } from '../payments/a-till.ts'
import { aSplitChannel, type ASplitChannel } from './a-split-channel.ts'

export const sealing = { sealed: (text: string) => `sealed:${text}`, opened: (text: string) => text.replace('sealed:', '') }

/** A thing that somebody buys, as consultations and invitations are. */
export interface Thing {
  readonly priceFen: Fen
  readonly patientId: string | null
  isWanted: boolean
}

export interface AnEscrowOffice {
  readonly till: ATill
  readonly wechat: AChannel
  readonly splits: ASplitChannel
  /** So much is gone from what the channel keeps, and nobody told us. */
  readonly strayFen: { fen: number }
  readonly things: Map<string, Thing>
  readonly tools: TransferTools<Stores>
  /** A new thing of this price; answers its id. */
  readonly offer: (priceFen: number) => string
  readonly order: (id: string, payer?: Payer) => Promise<PaymentOrder>
  /** Ordered, paid and told of. */
  readonly bought: (priceFen: number) => Promise<string>
  readonly back: (command: Partial<ReturnFromEscrow> & { readonly id: string }) => Promise<Fen>
  readonly settle: (command: Partial<SettleEscrow> & { readonly id: string }) => Promise<Escrow>
  readonly accounts: (walletId: WalletId, ...accounts: readonly WantedAccount[]) => Promise<unknown>
  readonly withdraw: (command: Partial<RequestWithdrawal> & Pick<RequestWithdrawal, 'walletId'>) => Promise<Withdrawal>
  readonly decide: (id: string, isApproved: boolean, by?: string) => Promise<Withdrawal>
  readonly escrow: (id: string) => Promise<Escrow | null>
  /** Payments and transfers, until nothing moves. */
  readonly drain: () => Promise<void>
  /** Runs every query of transfers that is due within so much time. */
  readonly wait: (ms: number) => Promise<void>
}

export const anna: Payer = { kind: 'person', patientId: 'anna' }

export function anEscrowOffice (store: Store): AnEscrowOffice {
  const things = new Map<string, Thing>()
  const subject: EscrowSubject<Stores> = {
    purpose: 'things',
    owed: async (_stores, { id }) => {
      const thing = things.get(id)
      if (thing?.isWanted !== true) throw new DomainError('PAYMENT_NOT_PAYABLE', 'Not to be paid.')
      return { amountFen: thing.priceFen, hospitalId: 'east', patientId: thing.patientId, description: 'a thing' }
    },
    paid: async (_stores, { id }) => things.get(id)?.isWanted === true
  }
  const parts: { now: () => Date } = { now: () => new Date(0) }
  const wechat = aChannel('wechat', () => parts.now())
  const splits = aSplitChannel('wechat', () => parts.now())
  let count = 0
  const strayFen = { fen: 0 }
  const ids = { next: () => `${String(++count).padStart(8, '0')}-0000-4000-8000-000000000000` }
  const till = aTill(store, (now) => {
    parts.now = now
    return [wechat.gateway, aChannel('mixed', now).gateway]
  }, 100_000, { things: escrowPurpose(({ ids, calendar }), subject) })
  const tools: TransferTools<Stores> = { inTransaction: store.inTransaction, splitGateways: [{ ...splits.gateway, frozenFen: async ({ orderNumber, amountFen }) => fen(amountFen - backFen(orderNumber) - strayFen.fen) }], ids, calendar, clock: { now: till.now }, opened: sealing.opened }
  const backFen = (orderNumber: string): number => [...wechat.trades.get(orderNumber)?.refunds.values() ?? []].reduce((sum, { amountFen }) => sum + amountFen, 0)
  const within = <Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> => store.inTransaction(work)
  const carryOnce = async (): Promise<number> => {
    let done = 0
    for (const kind of Object.values(escrowKinds)) {
      for (const message of await store.inReading(({ outbox }) => outbox.due(till.now(), 500, kind))) {
        await (kind === escrowKinds.split ? carrySplit(tools, String(message.payload['escrowId'])) : carryPayout(tools, String(message.payload['withdrawalId'])))
        await store.inTransaction(({ outbox }) => outbox.markDone(message.id, till.now()))
        done += 1
      }
    }
    return done
  }
  const drain = async (): Promise<void> => {
    await till.drain()
    while (await carryOnce() > 0) continue
  }
  const order = (id: string, payer: Payer = anna): Promise<PaymentOrder> => till.create('anna', { purpose: 'things', payer, patientIds: ['anna'], items: [{ referenceId: id, amountFen: null }] })
  const offer = (priceFen: number): string => {
    const id = `thing-${String(++count)}`
    things.set(id, { priceFen: fen(priceFen), patientId: 'anna', isWanted: true })
    return id
  }
  return {
    till, wechat, splits, strayFen, things, tools, offer, order, drain,
    bought: async (priceFen) => {
      const id = offer(priceFen)
      const { orderNumber } = await order(id)
      wechat.pay(orderNumber)
      await till.callBack(wechat.callbackOf(orderNumber))
      await till.drain()
      return id
    },
    back: (command) => within((stores) => returnFromEscrow(stores, tools, { amountFen: null, reason: 'cancelled', key: 'cancel', ...command }, till.now())),
    settle: (command) => within((stores) => settleEscrow(stores, tools, { payee: 'doctor:d1', feePermille: 100, ...command }, till.now())),
    accounts: (walletId, ...accounts) => within((stores) => keepAccounts(stores, sealing, { walletId, accounts }, till.now())),
    withdraw: (command) => within((stores) => requestWithdrawal(stores, { ids, calendar, byTwoAboveFen: fen(50_000) }, { channel: 'wechat', amountFen: fen(1), by: 'd1', ...command }, till.now())),
    decide: (id, isApproved, by = 'finance-1') => within((stores) => decideWithdrawal(stores, tools, { id, isApproved, by }, till.now())),
    escrow: (id) => store.inReading(({ escrows }) => escrows.find(id)),
    wait: async (ms) => {
      const until = till.now().getTime() + ms
      for (let due = await store.inReading(nextTransferDue); due !== null && due.getTime() <= until; due = await store.inReading(nextTransferDue)) {
        till.pass(Math.max(0, due.getTime() - till.now().getTime()))
        await queryTransfers(tools, due)
        await drain()
      }
      till.pass(until - till.now().getTime())
    }
  }
}
