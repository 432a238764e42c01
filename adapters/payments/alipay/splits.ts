import type { PayoutNotice, SplitGateway, SplitNotice, WantedPayout, WantedSplit } from '../../../core/escrow/index.ts'
import type { PaymentOrder } from '../../../core/payments/index.ts'
import { instantOf } from '../beijing-time.ts'
import { refused, unavailable } from '../exchange.ts'
import { textAt, type Json } from '../fields.ts'
import { fenOf, yuanOf } from '../yuan.ts'
import { acceptedByAlipay, alipayCrypto, callAlipay, channelName, type AlipayOptions } from './client.ts'

const payoutStates = new Map<string, PayoutNotice['state']>([
  ['SUCCESS', 'success'], ['FAIL', 'failed'], ['CLOSED', 'failed'], ['REFUND', 'failed'], ['DEALING', 'pending'], ['WAIT_PAY', 'pending'], ['INIT', 'pending']
])
const single = { product_code: 'TRANS_ACCOUNT_NO_PWD', biz_scene: 'DIRECT_TRANSFER' } as const
const title = '医疗服务结算'

/** 支付宝分账 (alipay.trade.order.settle) and 单笔转账. The relation to a receiver is bound before it is split to. */
export function alipaySplits (options: AlipayOptions): SplitGateway {
  const crypto = alipayCrypto(options)
  return {
    channel: 'alipay',
    split: async (split, order) => {
      const sdk = await crypto()
      if (split.receiver !== null) await acceptedByAlipay(options, sdk, 'alipay.trade.royalty.relation.bind', { out_request_no: split.number, receiver_list: [{ ...accountOf(split.receiver.account), memo: title }] })
      const body = await acceptedByAlipay(options, sdk, 'alipay.trade.order.settle', { out_request_no: split.number, trade_no: order.channelNumber ?? '', royalty_parameters: royaltiesOf(split), extend_params: { royalty_finish: 'true' } })
      return { number: split.number, state: 'success', channelNumber: textAt(body, 'settle_no') }
    },
    querySplit: async (split, order) => {
      const { body, refusedWith } = await callAlipay(options, await crypto(), 'alipay.trade.order.settle.query', { out_request_no: split.number, trade_no: order.channelNumber ?? '' })
      if (refusedWith === 'ACQ.TRADE_SETTLE_ERROR' || refusedWith === 'ACQ.TRADE_SETTLE_NOT_EXIST') return null
      if (refusedWith !== null) throw refused(channelName, refusedWith)
      return queriedSplit(split, body, order)
    },
    payOut: async (payout) => {
      const identity = { identity: payout.account, identity_type: 'ALIPAY_LOGON_ID', ...payout.holderName === null ? {} : { name: payout.holderName } }
      const body = await acceptedByAlipay(options, await crypto(), 'alipay.fund.trans.uni.transfer', { ...single, out_biz_no: payout.number, trans_amount: yuanOf(payout.amountFen), order_title: title, payee_info: identity })
      return payoutNotice(payout, { trans_amount: yuanOf(payout.amountFen), ...body }, 'trans_date')
    },
    queryPayOut: async (payout) => {
      const { body, refusedWith } = await callAlipay(options, await crypto(), 'alipay.fund.trans.common.query', { ...single, out_biz_no: payout.number })
      if (refusedWith === 'ORDER_NOT_EXIST') return null
      if (refusedWith !== null) throw refused(channelName, refusedWith)
      return payoutNotice(payout, body, 'pay_date')
    }
  }
}

/** 2088… is an account's number; anything else is what its holder logs in with. */
function accountOf (account: string): { readonly type: string, readonly account: string } {
  return { type: /^2088\d{12}$/.test(account) ? 'userId' : 'loginName', account }
}

function royaltiesOf ({ receiver }: WantedSplit): readonly Json[] {
  if (receiver === null) return []
  const { type, account } = accountOf(receiver.account)
  return [{ royalty_type: 'transfer', trans_in_type: type, trans_in: account, amount: yuanOf(receiver.amountFen), desc: title }]
}

function queriedSplit ({ number, receiver }: WantedSplit, body: Json, { channelNumber }: PaymentOrder): SplitNotice {
  if (textAt(body, 'out_request_no') !== number) throw unreadable()
  const details = Array.isArray(body['royalty_detail_list']) ? body['royalty_detail_list'] as readonly Json[] : []
  const states = details.map((one) => textAt(one, 'state'))
  const state = receiver !== null && states.includes('FAIL') ? 'failed' : states.includes('PROCESSING') ? 'pending' : 'success'
  return { number, state, channelNumber }
}

function payoutNotice ({ number }: WantedPayout, body: Json, dated: 'trans_date' | 'pay_date'): PayoutNotice {
  const [state, amountFen] = [payoutStates.get(textAt(body, 'status') ?? ''), fenOf(textAt(body, 'trans_amount') ?? '')]
  if (textAt(body, 'out_biz_no') !== number || state === undefined || amountFen === null) throw unreadable()
  return { number, state, amountFen, channelNumber: textAt(body, 'order_id'), at: state === 'success' ? instantOf(textAt(body, dated) ?? undefined) : null }
}

const unreadable = (): Error => unavailable(channelName, 'gave an unreadable answer')
