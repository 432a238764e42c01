import type { ChannelNotice, PaymentGateway, PaymentOrder, Refund, RefundNotice } from '../../../core/payments/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { beijingTime, instantOf } from '../beijing-time.ts'
import { refused, unavailable } from '../exchange.ts'
import { textAt, type Json } from '../fields.ts'
import { fenOf, yuanOf } from '../yuan.ts'
import { acceptedByAlipay, alipayCrypto, callAlipay, channelName, type AlipayCrypto, type AlipayOptions } from './client.ts'
import { readAlipayCallback } from './notice.ts'
import { alipayStatement } from './statement.ts'

const tradeStates = new Map<string, ChannelNotice['state']>([['WAIT_BUYER_PAY', 'pending'], ['TRADE_SUCCESS', 'success'], ['TRADE_FINISHED', 'success'], ['TRADE_CLOSED', 'closed']])
const unknownTrade = 'ACQ.TRADE_NOT_EXIST'

/** 支付宝, through its official SDK's signatures: a QR of its own at a kiosk (precreate), an order string inside an app. */
export function alipay (options: AlipayOptions): PaymentGateway {
  const crypto = alipayCrypto(options)
  return {
    channel: 'alipay',
    create: async (order, { description }) => {
      if (order.mode === 'card') throw new DomainError('PAYMENT_NOT_PAYABLE', 'Alipay takes no cards; pay in the app or by QR.', 'mode')
      const content = orderContent(order, description)
      // The app hands this to the wallet itself; Alipay knows the order only then.
      if (order.mode === 'app') return { orderString: (await crypto()).signed('alipay.trade.app.pay', { ...content, product_code: 'QUICK_MSECURITY_PAY' }, options.clock.now()) }
      const qrCode = textAt(await acceptedByAlipay(options, await crypto(), 'alipay.trade.precreate', { ...content, product_code: 'QR_CODE_OFFLINE' }), 'qr_code')
      if (qrCode === null) throw unreadable()
      return { codeUrl: qrCode }
    },
    query: async (order) => {
      const { body, refusedWith } = await callAlipay(options, await crypto(), 'alipay.trade.query', { out_trade_no: order.orderNumber })
      if (refusedWith === unknownTrade) return null
      if (refusedWith !== null) throw refused(channelName, refusedWith)
      return queriedNotice(body, order)
    },
    close: async ({ orderNumber }) => {
      const { refusedWith } = await callAlipay(options, await crypto(), 'alipay.trade.close', { out_trade_no: orderNumber })
      if (refusedWith !== null && refusedWith !== unknownTrade && refusedWith !== 'ACQ.TRADE_HAS_CLOSE') throw refused(channelName, refusedWith)
    },
    refund: async (refund, order) => {
      const sdk = await crypto()
      const body = await acceptedByAlipay(options, sdk, 'alipay.trade.refund', { out_trade_no: order.orderNumber, refund_amount: yuanOf(refund.amountFen), out_request_no: refund.refundNumber, refund_reason: refund.reason.slice(0, 256) })
      if (body['fund_change'] === 'Y') return { ...refundOf(refund, body), state: 'success', at: instantOf(textAt(body, 'gmt_refund_pay') ?? undefined) ?? null }
      // N also where an earlier call of this number has moved the money.
      return await queriedRefund(options, sdk, refund, order) ?? { ...refundOf(refund, body), state: 'pending', at: null }
    },
    queryRefund: async (refund, order) => await queriedRefund(options, await crypto(), refund, order),
    readCallback: async (_headers, body, now) => await readAlipayCallback(options, await crypto(), body, now),
    callbackAnswer: (isTaken) => ({ status: isTaken ? 200 : 400, contentType: 'text/plain', body: isTaken ? 'success' : 'fail' }),
    statement: async (day) => await alipayStatement(options, await crypto(), day)
  }
}

function orderContent (order: PaymentOrder, description: string): Json {
  return { out_trade_no: order.orderNumber, total_amount: yuanOf(order.amountFen), subject: description.slice(0, 128), time_expire: beijingTime(order.expiresAt), ...order.isHeld === true ? { extend_params: { royalty_freeze: 'true' } } : {} }
}

function queriedNotice (body: Json, { orderNumber, amountFen }: PaymentOrder): ChannelNotice {
  const state = tradeStates.get(textAt(body, 'trade_status') ?? '')
  const amount = fenOf(textAt(body, 'total_amount') ?? '')
  const paidAt = instantOf(textAt(body, 'send_pay_date') ?? undefined)
  if (state === undefined || textAt(body, 'out_trade_no') !== orderNumber) throw unreadable()
  // A trade that was refunded in whole is closed as well, but it has been paid.
  if (state === 'success' || (state === 'closed' && paidAt !== null)) {
    if (amount === null || paidAt === null) throw unreadable()
    return { orderNumber, state: 'success', amountFen: amount, channelNumber: textAt(body, 'trade_no'), at: paidAt }
  }
  return { orderNumber, state, amountFen: amount ?? amountFen, channelNumber: null, at: null }
}

async function queriedRefund (options: AlipayOptions, crypto: AlipayCrypto, refund: Refund, order: PaymentOrder): Promise<RefundNotice | null> {
  const { body, refusedWith } = await callAlipay(options, crypto, 'alipay.trade.fastpay.refund.query', { out_trade_no: order.orderNumber, out_request_no: refund.refundNumber, query_options: ['gmt_refund_pay'] })
  if (refusedWith === unknownTrade || (refusedWith === null && textAt(body, 'out_request_no') === null)) return null
  if (refusedWith !== null) throw refused(channelName, refusedWith)
  const amountFen = fenOf(textAt(body, 'refund_amount') ?? '')
  if (textAt(body, 'out_request_no') !== refund.refundNumber || amountFen === null) throw unreadable()
  const isDone = body['refund_status'] === 'REFUND_SUCCESS'
  return { ...refundOf(refund, body), amountFen, state: isDone ? 'success' : 'pending', at: isDone ? instantOf(textAt(body, 'gmt_refund_pay') ?? undefined) : null }
}

/** Alipay numbers trades, not refunds; and `refund_fee` of its answers is the sum of all refunds so far. */
function refundOf ({ refundNumber, amountFen }: Refund, body: Json): Omit<RefundNotice, 'state' | 'at'> {
  return { refundNumber, amountFen, channelNumber: textAt(body, 'trade_no') }
}

const unreadable = (): DomainError => unavailable(channelName, 'gave an unreadable answer')
