import { beijingDigits } from '../../payments/beijing-time.ts'
import type { Fields } from '../../payments/bank/wire.ts'
import type { Refunded, Trade } from './book.ts'
import type { Channel, Protocol } from './channel.ts'

export interface BankMerchant {
  readonly merchantId: string
  readonly certificateId: string
}

export interface BankCall {
  readonly channel: Channel
  readonly fields: Fields
  readonly tellRefund: NonNullable<Protocol['tellRefund']>
}

const outcomes = { waiting: '05', success: '00', failed: '01', closed: '12' } as const

/** `origRespCode` is the outcome of the transaction that is told of. */
export function tradeFields (trade: Trade, addFen = 0): Fields {
  return {
    txnType: '01', orderId: trade.number, txnTime: trade.details['txnTime'] ?? '', txnAmt: String(trade.amountFen + addFen), currencyCode: '156', origRespCode: outcomes[trade.state],
    ...(trade.paidAt === null ? {} : { queryId: trade.channelNumber, settleTime: beijingDigits(trade.paidAt) })
  }
}

export function refundFields (refund: Refunded, { isBack, add }: { readonly isBack: boolean, readonly add: number }): Fields {
  return { txnType: '04', orderId: refund.number, txnAmt: String(refund.amountFen + add), currencyCode: '156', queryId: refund.channelNumber, origRespCode: isBack ? '00' : '05', ...(isBack ? { settleTime: beijingDigits(refund.dueAt) } : {}) }
}
