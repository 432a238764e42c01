import { beijingInstant } from '../../payments/beijing-time.ts'
import type { Json } from '../../payments/fields.ts'
import type { Refunded, Trade, TradeState } from './book.ts'
import type { WechatMerchant } from './wechat-call.ts'

const tradeStates = { waiting: 'NOTPAY', success: 'SUCCESS', failed: 'PAYERROR', closed: 'CLOSED' } as const satisfies Record<TradeState, string>

/** Of a plain order, or of the cash part of a mixed one. `addFen` makes the amount wrong on purpose. */
export function tradeBody ({ appId, merchantId }: WechatMerchant, trade: Trade, addFen = 0, isRefunded = false): Json {
  const total = trade.amountFen - trade.insuranceFen + addFen
  return {
    appid: appId, mchid: merchantId, out_trade_no: trade.number, attach: trade.details['attach'] ?? '',
    trade_type: trade.details['type'] ?? 'NATIVE', trade_state: isRefunded ? 'REFUND' : tradeStates[trade.cashState], trade_state_desc: '', bank_type: 'OTHERS',
    ...(trade.paidAt === null ? {} : { transaction_id: trade.channelNumber, success_time: beijingInstant(trade.paidAt) }),
    payer: { openid: trade.details['openid'] ?? 'openid-of-nobody-real-1' },
    amount: { total, payer_total: total, currency: 'CNY', payer_currency: 'CNY' }
  }
}

export function refundBody ({ merchantId }: WechatMerchant, refund: Refunded, { isBack, add, isNotice }: { readonly isBack: boolean, readonly add: number, readonly isNotice: boolean }): Json {
  const { trade } = refund
  const status = isBack ? 'SUCCESS' : 'PROCESSING'
  return {
    ...(isNotice ? { mchid: merchantId, refund_status: status } : { status, channel: 'ORIGINAL', create_time: beijingInstant(refund.createdAt) }),
    out_trade_no: trade.number, transaction_id: trade.channelNumber, out_refund_no: refund.number, refund_id: refund.channelNumber, user_received_account: '支付用户零钱',
    ...(isBack ? { success_time: beijingInstant(refund.dueAt) } : {}),
    amount: { total: trade.amountFen - trade.insuranceFen, refund: refund.amountFen + add, payer_total: trade.amountFen - trade.insuranceFen, payer_refund: refund.amountFen + add }
  }
}

export function mixedBody ({ appId }: WechatMerchant, trade: Trade, addFen = 0): Json {
  const cash = trade.amountFen - trade.insuranceFen
  return {
    mix_trade_no: mixTradeNumber(trade), ...mixedStates(trade, cash),
    ...(trade.paidAt === null ? {} : { paid_time: beijingInstant(trade.paidAt) }),
    mix_pay_type: trade.details['mixType'] ?? 'CASH_AND_INSURANCE', order_type: 'DIAG_PAY', appid: appId, openid: trade.details['openid'] ?? '', out_trade_no: trade.number,
    total_fee: trade.amountFen + addFen, med_ins_gov_fee: 0, med_ins_self_fee: trade.insuranceFen + addFen, med_ins_other_fee: 0, med_ins_cash_fee: cash, wechat_pay_cash_fee: cash,
    cash_add_detail: [], cash_reduce_detail: []
  }
}

export const mixTradeNumber = (trade: Trade): string => `M${trade.channelNumber}`

function mixedStates (trade: Trade, cash: number): Json {
  const word = { waiting: 'CREATED', success: 'SUCCESS', failed: 'FAIL', closed: 'FAIL' } as const
  const isBack = trade.insuranceBackFen > 0
  return {
    mix_pay_status: `MIX_PAY_${trade.state === 'waiting' ? 'CREATED' : trade.state === 'success' ? 'SUCCESS' : 'FAIL'}`,
    self_pay_status: cash === 0 ? 'NO_SELF_PAY' : `SELF_PAY_${word[trade.cashState]}`,
    med_ins_pay_status: trade.insuranceFen === 0 ? 'NO_MED_INS_PAY' : isBack ? 'MED_INS_PAY_REFUND' : `MED_INS_PAY_${word[trade.insuranceState]}`
  }
}
