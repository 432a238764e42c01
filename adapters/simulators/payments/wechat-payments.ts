import { instantOf } from '../../payments/beijing-time.ts'
import { fenAt, jsonAt, textAt, type Json } from '../../payments/fields.ts'
import { isMixed } from '../../payments/wechat/notices.ts'
import type { Trade } from './book.ts'
import { acceptRefund } from './channel.ts'
import { refundBody, tradeBody } from './wechat-bodies.ts'
import type { WechatCall, WechatReply } from './wechat-call.ts'

const refuse = (status: number, code: string, message: string): WechatReply => ({ status, body: { code, message } })
const wrong = (message: string): WechatReply => refuse(400, 'PARAM_ERROR', message)

export const notOpened = { differs: refuse(400, 'INVALID_REQUEST', '201 商户订单号重复'), paid: refuse(400, 'ORDERPAID', '该订单已支付'), closed: refuse(400, 'ORDER_CLOSED', '该订单已关闭') }
const notRefunded = { unpaid: refuse(400, 'INVALID_REQUEST', '订单未支付'), exceeds: refuse(403, 'NOT_ENOUGH', '退款金额大于可退金额'), differs: wrong('退款单号重复且参数不一致') }

/** Orders, queries, closing and refunds; null for other calls. */
export function paymentCall (call: WechatCall): WechatReply | null {
  const { route, url } = call
  const kind = /^POST \/v3\/pay\/transactions\/(native|jsapi|app)$/.exec(route)?.[1]
  if (kind !== undefined) return prepay(call, kind as 'native' | 'jsapi' | 'app')
  const order = /^(GET|POST) \/v3\/pay\/transactions\/out-trade-no\/([^/]+)(\/close)?$/.exec(route)
  if (order !== null) return ofOrder(call, { number: decodeURIComponent(order[2] ?? ''), isClosing: order[3] !== undefined, merchantId: order[3] === undefined ? url.searchParams.get('mchid') : textAt(call.body, 'mchid') })
  if (route === 'POST /v3/refund/domestic/refunds') return refund(call)
  const refunded = /^GET \/v3\/refund\/domestic\/refunds\/([^/]+)$/.exec(route)?.[1]
  return refunded === undefined ? null : queryRefund(call, decodeURIComponent(refunded))
}

function prepay (call: WechatCall, kind: 'native' | 'jsapi' | 'app'): WechatReply {
  const { body, merchant, channel } = call
  const [number, total, attach] = [textAt(body, 'out_trade_no'), fenAt(jsonAt(body, 'amount'), 'total'), wordIn(body, 'attach')]
  if (textAt(body, 'mchid') !== merchant.merchantId || textAt(body, 'appid') !== merchant.appId) return refuse(400, 'APPID_MCHID_NOT_MATCH', 'AppID和mch_id不匹配')
  if (number === null || total === null || !isWhole(body, kind)) return wrong('输入参数有误')
  // Of a mixed order the attachment names the whole; the insurance part joins with the order of both.
  const whole = isMixed(body) ? Number(attach.slice('mixed:'.length)) : total
  const opened = channel.book.open({
    number, amountFen: whole, insuranceFen: whole - total, expiresAt: instantOf(textAt(body, 'time_expire') ?? undefined), isFrozen: jsonAt(body, 'settle_info')['profit_sharing'] === true,
    details: { type: kind.toUpperCase(), attach, openid: payerIn(body), description: wordIn(body, 'description') }
  })
  if (!('trade' in opened)) return notOpened[opened.kind]
  if (opened.kind === 'opened') channel.journal.note({ at: opened.trade.createdAt, kind: 'order', key: number, body: { amountFen: whole, type: kind } })
  return { status: 200, body: kind === 'native' ? { code_url: `weixin://wxpay/bizpayurl?pr=${opened.trade.channelNumber}` } : { prepay_id: prepayId(opened.trade) } }
}

const wordIn = (body: Json, name: string): string => textAt(body, name) ?? ''
const payerIn = (body: Json): string => textAt(jsonAt(body, 'payer'), 'openid') ?? ''

function isWhole (body: Json, kind: string): boolean {
  const [number, expires] = [textAt(body, 'out_trade_no') ?? '', textAt(body, 'time_expire')]
  const isTimed = expires === null || (expires.endsWith('+08:00') && instantOf(expires) !== null)
  const isNamed = /^[\w-|*]{6,32}$/.test(number) && textAt(body, 'description') !== null && textAt(body, 'notify_url') !== null
  return isTimed && isNamed && fenAt(jsonAt(body, 'amount'), 'total') !== 0 && (kind !== 'jsapi' || payerIn(body) !== '')
}

export const prepayId = (trade: Trade): string => `wx${trade.channelNumber}`

function ofOrder ({ channel: { book, journal, options }, merchant }: WechatCall, { number, isClosing, merchantId }: { readonly number: string, readonly isClosing: boolean, readonly merchantId: string | null }): WechatReply {
  if (merchantId !== merchant.merchantId) return refuse(400, 'MCH_NOT_EXISTS', '商户号不存在')
  const trade = book.trade(number)
  if (trade === null) return refuse(404, 'ORDER_NOT_EXIST', '订单不存在')
  if (!isClosing) return { status: 200, body: tradeBody(merchant, trade, 0, trade.cashState === 'success' && book.refundedFen(trade) > 0) }
  if (trade.cashState === 'success') return refuse(400, 'ORDERPAID', '该订单已支付')
  if (trade.state === 'waiting') {
    trade.state = 'closed'
    trade.cashState = 'closed'
    trade.insuranceState = 'closed'
    journal.note({ at: options.clock.now(), kind: 'close', key: number, body: {} })
  }
  return { status: 204, body: null }
}

function refund (call: WechatCall): WechatReply {
  const { body, channel, merchant, tellRefund } = call
  const [orderNumber, number, amount] = [textAt(body, 'out_trade_no'), textAt(body, 'out_refund_no'), jsonAt(body, 'amount')]
  const [amountFen, total] = [fenAt(amount, 'refund'), fenAt(amount, 'total')]
  if (orderNumber === null || number === null || amountFen === null || total === null) return wrong('输入参数有误')
  const trade = channel.book.trade(orderNumber)
  if (trade === null) return refuse(404, 'RESOURCE_NOT_EXISTS', '订单不存在')
  if (total !== trade.amountFen - trade.insuranceFen) return wrong('订单金额与之前不一致')
  // Without an address nobody is told.
  const taken = acceptRefund(channel, { number, trade, amountFen }, textAt(body, 'notify_url') === null ? null : tellRefund)
  if (!('refund' in taken)) return notRefunded[taken.kind]
  return { status: 200, body: refundBody(merchant, taken.refund, { isBack: channel.book.isBack(taken.refund), add: 0, isNotice: false }) }
}

function queryRefund ({ channel: { book }, merchant }: WechatCall, number: string): WechatReply {
  const found = book.refunded(number)
  return found === null ? refuse(404, 'RESOURCE_NOT_EXISTS', '退款单不存在') : { status: 200, body: refundBody(merchant, found, { isBack: book.isBack(found), add: 0, isNotice: false }) }
}
