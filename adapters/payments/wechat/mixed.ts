import assert from 'node:assert'
import { DomainError } from '../../../core/errors.ts'
import { fen, type Fen } from '../../../core/money.ts'
import type { PaymentGateway, PaymentOrder, Refund, RefundNotice } from '../../../core/payments/index.ts'
import { beijingInstant } from '../beijing-time.ts'
import { refused } from '../exchange.ts'
import { readWechatCallback } from './callback.ts'
import type { Json } from '../fields.ts'
import { acceptedBy, callWechat, channelName } from './client.ts'
import { closed, jsapiPrepayId, needed, ofOrder, queriedRefund, refundedCash, wechatPay } from './gateway.ts'
import { mixedAttachment, mixedNotice, sumsHold } from './notices.ts'
import type { InsuranceOrder, InsuranceSide, WechatPayOptions } from './options.ts'
import { idDigest, sealField } from './seal.ts'

type Who = Parameters<PaymentGateway['create']>[1]

/**
 * 医保自费混合收款: one order of two parts, cash from the wallet and money from the insurance account. Call-backs and
 * statements are those of WeChat Pay; the insurance part itself is refunded at the bureau, and the platform is told.
 */
export function wechatMixed (options: WechatPayOptions, insurance: InsuranceSide): PaymentGateway {
  return {
    ...wechatPay(options),
    channel: 'mixed',
    readCallback: readWechatCallback(options, 'mixed'),
    create: async (order, who) => {
      const asked = checked(order, { who, insurance: await insurance.orderOf(order) })
      const prepayId = order.cashFen > 0 ? await jsapiPrepayId(options, order, { who, change: { attach: mixedAttachment(order.amountFen), amount: { total: order.cashFen, currency: 'CNY' } } }) : null
      const [sealedTo, key] = sealing(options)
      const body = { ...orderBody(options, order, asked), payer: payerOf(asked.person, key), ...(prepayId === null ? {} : { prepay_id: prepayId }) }
      const mixTradeNo = needed(await acceptedBy(options, { method: 'POST', target: '/v3/med-ins/orders', body, sealedTo }), 'mix_trade_no')
      return { appId: options.appId, mixTradeNo, ...(prepayId === null ? {} : { prepayId }) }
    },
    query: async (order) => {
      const { body, refusedWith } = await queriedOrder(options, order)
      if (refusedWith === 'ORDER_NOT_EXIST' || refusedWith === 'RESOURCE_NOT_EXISTS') return null
      if (refusedWith !== null) throw refused(channelName, refusedWith)
      return ofOrder(mixedNotice(body), order)
    },
    close: async (order) => { await closed(options, order) },
    refund: async (refund, order) => await refunded(options, refund, { order, insurance }),
    // The bureau's part is told, not asked for: whoever does not know the outcome hands the same refund over again.
    queryRefund: async (refund, order) => {
      const { cashFen, insuranceFen } = split(refund, order)
      const cash = cashFen === 0 ? null : await queriedRefund(options, refund)
      if (cash?.state === 'success' && insuranceFen > 0) return await refunded(options, refund, { order, insurance })
      return cash === null ? null : whole(cash, refund)
    }
  }
}

interface Asked {
  readonly person: NonNullable<Who['person']>
  readonly openid: string
  readonly insurance: InsuranceOrder
  readonly fees: Json
}

/** Before anything is sent: who pays is known, and the sums hold. */
function checked (order: PaymentOrder, { who: { person, openid }, insurance }: { readonly who: Who, readonly insurance: InsuranceOrder }): Asked {
  if (person === null || openid === null) throw new DomainError('PAYMENT_NOT_PAYABLE', 'A mixed order needs the person\'s name and resident id and their WeChat account.')
  const { govFen, selfFen, otherFen } = insurance
  const fees = {
    total_fee: order.amountFen, med_ins_gov_fee: govFen, med_ins_self_fee: selfFen, med_ins_other_fee: otherFen,
    med_ins_cash_fee: order.cashFen, wechat_pay_cash_fee: order.cashFen, cash_add_detail: [], cash_reduce_detail: []
  }
  if (!sumsHold(fees) || govFen + selfFen + otherFen !== order.insuranceFen) throw new DomainError('PAYMENT_AMOUNT_INVALID', 'The parts of a mixed order must add up to its amount; pre-settle the bill again.')
  return { person, openid, insurance, fees }
}

function orderBody ({ appId, notifyUrl }: WechatPayOptions, order: PaymentOrder, { openid, insurance, fees }: Asked): Json {
  return {
    mix_pay_type: order.insuranceFen === 0 ? 'CASH_ONLY' : order.cashFen === 0 ? 'INSURANCE_ONLY' : 'CASH_AND_INSURANCE',
    order_type: 'DIAG_PAY', appid: appId, openid, pay_for_relatives: false, out_trade_no: order.orderNumber, serial_no: order.orderNumber.slice(0, 20), callback_url: notifyUrl,
    city_id: insurance.cityId, med_inst_name: insurance.institutionName, med_inst_no: insurance.institutionNumber,
    ...(insurance.channelNumber === null ? {} : { channel_no: insurance.channelNumber }),
    // What belongs to the insurance part is forbidden where there is none, as is a prepaid order where there is no cash.
    ...(order.insuranceFen === 0 ? {} : { pay_order_id: insurance.payOrderId, pay_auth_no: insurance.payAuthNumber, geo_location: insurance.geoLocation, med_ins_order_create_time: beijingInstant(insurance.createdAt) }),
    ...fees
  }
}

function payerOf ({ name, residentId }: NonNullable<Who['person']>, key: Parameters<typeof sealField>[1]): Json {
  return { name: sealField(name, key), id_digest: sealField(idDigest(residentId), key), card_type: 'ID_CARD' }
}

/** The public key where there is one: certificates are on their way out. */
function sealing ({ platformKeys }: WechatPayOptions): readonly [string, Parameters<typeof sealField>[1]] {
  const known = [...platformKeys]
  const chosen = known.find(([id]) => id.startsWith('PUB_KEY_ID_')) ?? known[0]
  assert(chosen !== undefined, 'WeChat Pay is configured with a platform key')
  return chosen
}

async function queriedOrder (options: WechatPayOptions, { orderNumber }: PaymentOrder): ReturnType<typeof callWechat> {
  return await callWechat(options, { method: 'GET', target: `/v3/med-ins/orders/out-trade-no/${encodeURIComponent(orderNumber)}` })
}

/** One half of the order goes back, or both. */
function split (refund: Refund, order: PaymentOrder): { readonly cashFen: Fen, readonly insuranceFen: Fen } {
  if (refund.half === 'cash') return { cashFen: refund.amountFen, insuranceFen: fen(0) }
  if (refund.half === 'insurance') return { cashFen: fen(0), insuranceFen: refund.amountFen }
  return { cashFen: order.cashFen, insuranceFen: order.insuranceFen }
}

/** The insurance part goes back at the bureau, under the same number as the cash, and then the platform is told. */
async function refunded (options: WechatPayOptions, refund: Refund, { order, insurance }: { readonly order: PaymentOrder, readonly insurance: InsuranceSide }): Promise<RefundNotice> {
  const { cashFen, insuranceFen } = split(refund, order)
  const cash = cashFen === 0 ? null : await refundedCash(options, refund, { order, refundFen: cashFen, paidFen: order.cashFen, notifyUrl: null })
  if (insuranceFen > 0) {
    await insurance.giveBack(refund, order)
    await tell(options, refund, { order, insurance: await insurance.orderOf(order) })
  }
  return cash === null ? told(refund, order) : whole(cash, refund)
}

/** 医保退款通知: the merchant tells the platform, not the other way round. */
async function tell (options: WechatPayOptions, refund: Refund, { order, insurance }: { readonly order: PaymentOrder, readonly insurance: InsuranceOrder }): Promise<void> {
  const { body } = await queriedOrder(options, order)
  const target = `/v3/med-ins/refunds/notify?mix_trade_no=${encodeURIComponent(needed(body, 'mix_trade_no'))}`
  const { govFen, selfFen, otherFen } = insurance
  await acceptedBy(options, {
    method: 'POST',
    target,
    body: { med_refund_total_fee: order.insuranceFen, med_refund_gov_fee: govFen, med_refund_self_fee: selfFen, med_refund_other_fee: otherFen, refund_time: beijingInstant(refund.requestedAt), out_refund_no: refund.refundNumber }
  })
}

function told (refund: Refund, { channelNumber }: PaymentOrder): RefundNotice {
  return { refundNumber: refund.refundNumber, state: 'success', amountFen: refund.amountFen, channelNumber, at: refund.requestedAt }
}

function whole (cash: RefundNotice, { amountFen }: Refund): RefundNotice {
  return { ...cash, amountFen }
}
