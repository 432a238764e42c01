import { fenAt, jsonAt, textAt, type Json } from '../../payments/fields.ts'
import type { InsuranceSide } from '../../payments/wechat/options.ts'
import { sumsHold } from '../../payments/wechat/notices.ts'
import { openField } from '../../payments/wechat/seal.ts'
import type { Trade } from './book.ts'
import type { Channel } from './channel.ts'
import { mixTradeNumber, mixedBody } from './wechat-bodies.ts'
import { wechatPrivateKey, type WechatCall, type WechatReply } from './wechat-call.ts'
import { notOpened, prepayId } from './wechat-payments.ts'

const refuse = (status: number, code: string, message: string): WechatReply => ({ status, body: { code, message } })
const insuranceFields = ['pay_order_id', 'pay_auth_no', 'geo_location', 'med_ins_order_create_time'] as const

/** 医保自费混合收款; null for other calls. */
export function medInsCall (call: WechatCall): WechatReply | null {
  const { route, channel: { book }, merchant } = call
  if (route === 'POST /v3/med-ins/orders') return order(call)
  if (route === 'POST /v3/med-ins/refunds/notify') return toldRefund(call)
  const [, by, number] = /^GET \/v3\/med-ins\/orders\/(out-trade-no|mix-trade-no)\/([^/]+)$/.exec(route) ?? []
  if (by === undefined || number === undefined) return null
  const trade = by === 'out-trade-no' ? book.trade(decodeURIComponent(number)) : byMixNumber(call, decodeURIComponent(number))
  return trade?.details['mixType'] === undefined && trade?.insuranceFen === 0 || trade === null ? refuse(404, 'ORDER_NOT_EXIST', '订单不存在') : { status: 200, body: mixedBody(merchant, trade) }
}

function order (call: WechatCall): WechatReply {
  const { body, channel: { book, journal, options }, merchant } = call
  const faulty = faultIn(call)
  if (faulty !== null) return faulty
  const [number, total, cash] = [wordIn(body, 'out_trade_no'), amountIn(body, 'total_fee'), amountIn(body, 'wechat_pay_cash_fee')]
  const prepaid = book.trade(number)
  if (cash > 0 && !isOfCash(prepaid, { prepaidAs: wordIn(body, 'prepay_id'), cash })) return refuse(400, 'RULE_LIMIT', '自费预下单不符')
  const opened = book.open({
    number, amountFen: total, insuranceFen: total - cash, expiresAt: prepaid?.expiresAt ?? null, isFrozen: false,
    details: { type: 'JSAPI', openid: wordIn(body, 'openid'), mixType: wordIn(body, 'mix_pay_type') }
  })
  if (!('trade' in opened)) return notOpened[opened.kind]
  journal.note({ at: options.clock.now(), kind: 'mixed_order', key: number, body: { amountFen: total, insuranceFen: total - cash } })
  return { status: 200, body: mixedBody(merchant, opened.trade) }
}

function faultIn ({ body, channel: { options }, request }: WechatCall): WechatReply | null {
  if (!sumsHold(body)) return refuse(400, 'RULE_LIMIT', '金额校验不通过')
  if (wordIn(body, 'openid') === '' || !hasItsFields(body)) return refuse(400, 'RULE_LIMIT', '混合支付类型与字段不符')
  const key = wechatPrivateKey(options.keys, request.headers['wechatpay-serial'] ?? '')
  const [name, digest] = ['name', 'id_digest'].map((field) => key === null ? null : openField(wordIn(jsonAt(body, 'payer'), field), key))
  return name === null || !/^[0-9a-f]{32}$/.test(digest ?? '') ? refuse(400, 'PARAM_ERROR', '敏感信息解密失败') : null
}

const wordIn = (body: Json, name: string): string => textAt(body, name) ?? ''
const amountIn = (body: Json, name: string): number => fenAt(body, name) ?? 0

/** Which fields an order must and must not have follows from its type. */
function hasItsFields (body: Json): boolean {
  const cash = amountIn(body, 'wechat_pay_cash_fee')
  const given = insuranceFields.filter((name) => wordIn(body, name) !== '').length
  switch (wordIn(body, 'mix_pay_type')) {
    case 'CASH_ONLY': return given === 0 && cash > 0
    case 'INSURANCE_ONLY': return given === insuranceFields.length && cash === 0 && wordIn(body, 'prepay_id') === ''
    case 'CASH_AND_INSURANCE': return given === insuranceFields.length && cash > 0
    default: return false
  }
}

function isOfCash (prepaid: Trade | null, { prepaidAs, cash }: { readonly prepaidAs: string, readonly cash: number }): boolean {
  return prepaid !== null && prepaidAs === prepayId(prepaid) && prepaid.amountFen - prepaid.insuranceFen === cash
}

function byMixNumber ({ channel: { book } }: WechatCall, number: string): Trade | null {
  const trade = book.byChannelNumber(number.slice(1))
  return trade !== null && mixTradeNumber(trade) === number ? trade : null
}

/** The bureau must have given the money back before the platform is told of it. */
function toldRefund (call: WechatCall): WechatReply {
  const { body, url, channel: { journal, options } } = call
  const trade = byMixNumber(call, url.searchParams.get('mix_trade_no') ?? '')
  const total = fenAt(body, 'med_refund_total_fee')
  const parts = ['med_refund_gov_fee', 'med_refund_self_fee', 'med_refund_other_fee'].reduce((sum, name) => sum + (fenAt(body, name) ?? 0), 0)
  if (trade === null) return refuse(404, 'ORDER_NOT_EXIST', '订单不存在')
  if (total !== parts || total !== trade.insuranceBackFen) return refuse(400, 'RULE_LIMIT', '医保退款金额不符')
  journal.note({ at: options.clock.now(), kind: 'insurance_refund', key: textAt(body, 'out_refund_no') ?? '', body: { amountFen: total } })
  return { status: 204, body: null }
}

/** 医保局: it pays out of the personal account, and takes the whole back. */
export function simulatedBureau ({ book, journal, options: { clock } }: Channel): InsuranceSide {
  return {
    orderOf: async (wanted) => ({
      institutionName: '演示医院', institutionNumber: 'H00000000001', cityId: '330600', channelNumber: null, payOrderId: `ORD${wanted.orderNumber}`, payAuthNumber: `AUTH${wanted.orderNumber}`,
      geoLocation: '120.0,30.0', createdAt: wanted.createdAt, govFen: 0 as typeof wanted.insuranceFen, selfFen: wanted.insuranceFen, otherFen: 0 as typeof wanted.insuranceFen
    }),
    giveBack: async (refund, wanted) => {
      const trade = book.trade(wanted.orderNumber)
      if (trade?.insuranceState !== 'success') throw new Error('the bureau paid nothing for this order')
      if (trade.insuranceBackFen > 0) return
      trade.insuranceBackFen = trade.insuranceFen
      journal.note({ at: clock.now(), kind: 'bureau_refund', key: refund.refundNumber, body: { amountFen: trade.insuranceFen } })
    }
  }
}
