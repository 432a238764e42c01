import { DomainError } from '../../../core/errors.ts'
import type { Fen } from '../../../core/money.ts'
import type { PaymentGateway, PaymentOrder, Refund, RefundNotice } from '../../../core/payments/index.ts'
import { beijingInstant } from '../beijing-time.ts'
import { refused, unavailable } from '../exchange.ts'
import { textAt, type Json } from '../fields.ts'
import { readWechatCallback, wechatCallbackAnswer } from './callback.ts'
import { acceptedBy, callWechat, channelName, nonceOf } from './client.ts'
import { refundNotice, tradeNotice } from './notices.ts'
import type { WechatPayOptions } from './options.ts'
import { walletSignature } from './signature.ts'
import { wechatStatement } from './statement.ts'

type Who = Parameters<PaymentGateway['create']>[1]

/** 微信支付 v3: a QR of its own at a kiosk (Native), inside the official account (JSAPI) or an app. */
export function wechatPay (options: WechatPayOptions): PaymentGateway {
  return {
    channel: 'wechat',
    create: async (order, who) => {
      if (order.mode === 'qr') return { codeUrl: needed(await prepaid(options, 'native', { ...orderBody(options, order, who) }), 'code_url') }
      if (order.mode === 'card') throw new DomainError('PAYMENT_NOT_PAYABLE', 'WeChat Pay takes no cards; pay in the app or by QR.', 'mode')
      return who.openid === null ? await inApp(options, order, who) : await jsapi(options, order, who)
    },
    query: async (order) => {
      const { body, refusedWith } = await callWechat(options, { method: 'GET', target: tradeTarget(options, order) })
      if (refusedWith === 'ORDER_NOT_EXIST' || refusedWith === 'ORDERNOTEXIST') return null
      if (refusedWith !== null) throw refused(channelName, refusedWith)
      return ofOrder(tradeNotice(body), order)
    },
    close: async (order) => { await closed(options, order) },
    refund: async (refund, order) => await refundedCash(options, refund, { order, refundFen: refund.amountFen, paidFen: order.amountFen, notifyUrl: options.notifyUrl }),
    queryRefund: async (refund) => await queriedRefund(options, refund),
    readCallback: readWechatCallback(options, 'plain'),
    callbackAnswer: wechatCallbackAnswer,
    statement: async (day) => await wechatStatement(options, day)
  }
}

function orderBody ({ appId, merchantId, notifyUrl }: WechatPayOptions, order: PaymentOrder, { description }: Who): Json {
  return {
    appid: appId, mchid: merchantId, description: description.slice(0, 127), out_trade_no: order.orderNumber, notify_url: notifyUrl,
    time_expire: beijingInstant(order.expiresAt), amount: { total: order.amountFen, currency: 'CNY' },
    ...order.isHeld === true ? { settle_info: { profit_sharing: true } } : {}
  }
}

/** The same number with the same content answers the same on every repetition. */
async function prepaid (options: WechatPayOptions, kind: 'native' | 'jsapi' | 'app', body: Json): Promise<Json> {
  return await acceptedBy(options, { method: 'POST', target: `/v3/pay/transactions/${kind}`, body })
}

export async function jsapiPrepayId (options: WechatPayOptions, order: PaymentOrder, { who, change }: { readonly who: Who, readonly change: Json }): Promise<string> {
  return needed(await prepaid(options, 'jsapi', { ...orderBody(options, order, who), payer: { openid: who.openid }, ...change }), 'prepay_id')
}

async function jsapi (options: WechatPayOptions, order: PaymentOrder, who: Who): Promise<Readonly<Record<string, string>>> {
  const prepayId = await jsapiPrepayId(options, order, { who, change: {} })
  const [timeStamp, nonceStr, packed] = [secondsNow(options), nonceOf(options), `prepay_id=${prepayId}`]
  return { appId: options.appId, timeStamp, nonceStr, package: packed, signType: 'RSA', paySign: walletSignature([options.appId, timeStamp, nonceStr, packed], options.merchantKey) }
}

async function inApp (options: WechatPayOptions, order: PaymentOrder, who: Who): Promise<Readonly<Record<string, string>>> {
  const prepayId = needed(await prepaid(options, 'app', orderBody(options, order, who)), 'prepay_id')
  const [timestamp, noncestr] = [secondsNow(options), nonceOf(options)]
  return { appid: options.appId, partnerid: options.merchantId, prepayid: prepayId, package: 'Sign=WXPay', noncestr, timestamp, sign: walletSignature([options.appId, timestamp, noncestr, prepayId], options.merchantKey) }
}

function tradeTarget ({ merchantId }: WechatPayOptions, { orderNumber }: PaymentOrder): string {
  return `/v3/pay/transactions/out-trade-no/${encodeURIComponent(orderNumber)}?mchid=${encodeURIComponent(merchantId)}`
}

export async function closed (options: WechatPayOptions, { orderNumber }: PaymentOrder): Promise<void> {
  const { refusedWith } = await callWechat(options, { method: 'POST', target: `/v3/pay/transactions/out-trade-no/${encodeURIComponent(orderNumber)}/close`, body: { mchid: options.merchantId } })
  const isGone = refusedWith === null || ['ORDER_CLOSED', 'ORDERCLOSED', 'ORDER_NOT_EXIST', 'ORDERNOTEXIST'].includes(refusedWith)
  if (!isGone) throw refused(channelName, refusedWith)
}

interface RefundedCash {
  readonly order: PaymentOrder
  readonly refundFen: Fen
  /** What the wallet has paid of the order. */
  readonly paidFen: Fen
  readonly notifyUrl: string | null
}

export async function refundedCash (options: WechatPayOptions, refund: Refund, { order, refundFen, paidFen, notifyUrl }: RefundedCash): Promise<RefundNotice> {
  const body = {
    out_trade_no: order.orderNumber, out_refund_no: refund.refundNumber, reason: refund.reason.slice(0, 80), ...(notifyUrl === null ? {} : { notify_url: notifyUrl }),
    amount: { refund: refundFen, total: paidFen, currency: 'CNY' }
  }
  const notice = refundNotice(await acceptedBy(options, { method: 'POST', target: '/v3/refund/domestic/refunds', body }))
  if (notice?.refundNumber !== refund.refundNumber) throw unavailable(channelName, 'gave an unreadable answer')
  return notice
}

export async function queriedRefund (options: WechatPayOptions, refund: Refund): ReturnType<PaymentGateway['queryRefund']> {
  const { body, refusedWith } = await callWechat(options, { method: 'GET', target: `/v3/refund/domestic/refunds/${encodeURIComponent(refund.refundNumber)}` })
  if (refusedWith === 'RESOURCE_NOT_EXISTS') return null
  if (refusedWith !== null) throw refused(channelName, refusedWith)
  const notice = refundNotice(body)
  if (notice?.refundNumber !== refund.refundNumber) throw unavailable(channelName, 'gave an unreadable answer')
  return notice
}

export function ofOrder<Notice extends { readonly orderNumber: string }> (notice: Notice | null, order: PaymentOrder): Notice {
  if (notice?.orderNumber !== order.orderNumber) throw unavailable(channelName, 'gave an unreadable answer')
  return notice
}

export function needed (body: Json, name: string): string {
  const text = textAt(body, name)
  if (text === null) throw unavailable(channelName, 'gave an unreadable answer')
  return text
}

function secondsNow ({ clock }: WechatPayOptions): string {
  return String(Math.floor(clock.now().getTime() / 1000))
}
