import type { ChannelNotice, PaymentState, RefundNotice } from '../../../core/payments/index.ts'
import { sumFen, type Fen } from '../../../core/money.ts'
import { instantOf } from '../beijing-time.ts'
import { fenAt, jsonAt, textAt, type Json } from '../fields.ts'

const tradeStates = new Map<string, ChannelNotice['state']>([
  // A payment that was refunded since had succeeded.
  ['SUCCESS', 'success'], ['REFUND', 'success'], ['NOTPAY', 'pending'], ['USERPAYING', 'pending'], ['ACCEPT', 'pending'],
  ['CLOSED', 'closed'], ['REVOKED', 'closed'], ['PAYERROR', 'failed']
])
const refundStates = new Map<string, RefundNotice['state']>([['SUCCESS', 'success'], ['PROCESSING', 'pending'], ['ABNORMAL', 'pending'], ['CLOSED', 'failed']])
const partStates = new Map<string, PaymentState>([['CREATED', 'pending'], ['SUCCESS', 'success'], ['REFUND', 'success'], ['FAIL', 'failed']])

/** Of a mixed order the cash part's own prepaid order carries the whole sum along, so that either call-back tells it. */
const attachedTotal = /^mixed:(\d{1,16})$/
export const mixedAttachment = (total: Fen): string => `mixed:${total}`
export const isMixed = (trade: Json): boolean => attachedTotal.test(textAt(trade, 'attach') ?? '')

/** 支付结果. Null where it is incomplete. */
export function tradeNotice (trade: Json): ChannelNotice | null {
  const [orderNumber, state, amountFen] = [textAt(trade, 'out_trade_no'), tradeStates.get(textAt(trade, 'trade_state') ?? ''), fenAt(jsonAt(trade, 'amount'), 'total')]
  if (orderNumber === null || state === undefined || amountFen === null) return null
  const notice = { orderNumber, state, amountFen, channelNumber: textAt(trade, 'transaction_id'), at: instantOf(textAt(trade, 'success_time') ?? undefined) }
  if (state === 'success' && (notice.at === null || notice.channelNumber === null)) return null
  const total = attachedTotal.exec(textAt(trade, 'attach') ?? '')?.[1]
  // The cash of a mixed order alone is no payment (I-51): the other half is still to come.
  return total === undefined ? notice : { ...notice, state: 'pending', amountFen: Number(total) as Fen, channelNumber: null, at: null, cashState: state }
}

/** 医保混合收款: three states, of the whole and of each part. Null where it is incomplete or its sums do not hold. */
export function mixedNotice (trade: Json): ChannelNotice | null {
  const [orderNumber, total] = [textAt(trade, 'out_trade_no'), fenAt(trade, 'total_fee')]
  const cashState = partState(trade, 'self_pay_status')
  const insuranceState = partState(trade, 'med_ins_pay_status')
  if (orderNumber === null || total === null || cashState === null || insuranceState === null || !sumsHold(trade)) return null
  const whole = wholeState(trade, cashState.state, insuranceState.state)
  const at = instantOf(textAt(trade, 'paid_time') ?? undefined)
  if (whole === null || (whole === 'success' && at === null)) return null
  return { orderNumber, state: whole, amountFen: total, channelNumber: textAt(trade, 'mix_trade_no'), at: whole === 'success' ? at : null, ...parts(cashState.state, insuranceState.state) }
}

/** A part that the order does not have is not told of. */
function parts (cashState: PaymentState | null, insuranceState: PaymentState | null): Pick<ChannelNotice, 'cashState' | 'insuranceState'> {
  return { ...(cashState === null ? {} : { cashState }), ...(insuranceState === null ? {} : { insuranceState }) }
}

/** The platform's word for the whole counts only where its parts bear it out. */
function wholeState (trade: Json, cash: PaymentState | null, insurance: PaymentState | null): ChannelNotice['state'] | null {
  const states = [cash, insurance].filter((state) => state !== null)
  switch (textAt(trade, 'mix_pay_status') ?? '') {
    case 'MIX_PAY_SUCCESS':
    case 'MIX_PAY_REFUND': return states.length > 0 && states.every((state) => state === 'success') ? 'success' : null
    case 'MIX_PAY_FAIL': return 'failed'
    case 'MIX_PAY_CREATED': return 'pending'
    default: return null
  }
}

function partState (trade: Json, name: 'self_pay_status' | 'med_ins_pay_status'): { readonly state: PaymentState | null } | null {
  const prefix = name === 'self_pay_status' ? 'SELF_PAY' : 'MED_INS_PAY'
  const text = textAt(trade, name) ?? ''
  if (text === `NO_${prefix}`) return { state: null }
  const state = text.startsWith(`${prefix}_`) ? partStates.get(text.slice(prefix.length + 1)) : undefined
  return state === undefined ? null : { state }
}

/** total = gov + self + other + cash paid + reductions = gov + self + other + insurance cash + additions (domain document §4.1). */
export function sumsHold (trade: Json): boolean {
  const amount = (name: string): Fen => fenAt(trade, name) ?? (0 as Fen)
  const details = (list: string, name: string): Fen => sumFen((Array.isArray(trade[list]) ? trade[list] as readonly Json[] : []).map((detail) => fenAt(detail, name) ?? (0 as Fen)))
  const [added, reduced] = [details('cash_add_detail', 'cash_add_fee'), details('cash_reduce_detail', 'cash_reduce_fee')]
  const insured = amount('med_ins_gov_fee') + amount('med_ins_self_fee') + amount('med_ins_other_fee')
  const [paid, owed, total] = [amount('wechat_pay_cash_fee'), amount('med_ins_cash_fee'), amount('total_fee')]
  return total === insured + paid + reduced && total === insured + owed + added && paid === owed + added - reduced
}

/** 退款结果, of a query or answer (`status`) or a call-back (`refund_status`). */
export function refundNotice (refund: Json): RefundNotice | null {
  const [refundNumber, state] = [textAt(refund, 'out_refund_no'), refundStates.get(textAt(refund, 'status') ?? textAt(refund, 'refund_status') ?? '')]
  const amountFen = fenAt(jsonAt(refund, 'amount'), 'refund')
  if (refundNumber === null || state === undefined || amountFen === null) return null
  return { refundNumber, state, amountFen, channelNumber: textAt(refund, 'refund_id'), at: instantOf(textAt(refund, 'success_time') ?? undefined) }
}
