import type { PayoutNotice, SplitGateway, SplitNotice, WantedPayout, WantedSplit } from '../../../core/escrow/index.ts'
import type { PaymentOrder } from '../../../core/payments/index.ts'
import { instantOf } from '../beijing-time.ts'
import { refused, unavailable } from '../exchange.ts'
import { fenAt, textAt, type Json } from '../fields.ts'
import { acceptedBy, callWechat, channelName } from './client.ts'
import type { WechatPayOptions } from './options.ts'

const splitWords = { PROCESSING: 'pending', FINISHED: 'success' } as const
const payoutStates = new Map<string, PayoutNotice['state']>([
  ['SUCCESS', 'success'], ['FAIL', 'failed'], ['CANCELLED', 'failed'],
  // The payee has to take it in the wallet, within a day.
  ['WAIT_USER_CONFIRM', 'pending'], ['ACCEPTED', 'pending'], ['PROCESSING', 'pending'], ['TRANSFERING', 'pending'], ['CANCELING', 'pending']
])
/** 佣金报酬: what a doctor earns by the platform; the scene asks for two words about it. */
const scene = { transfer_scene_id: '1005', transfer_scene_report_infos: [{ info_type: '岗位类型', info_content: '医生' }, { info_type: '报酬说明', info_content: '医疗服务报酬' }] }
const remark = '医疗服务结算'

/** 微信支付分账 v3 and 商家转账. The receiver is made known to the merchant's account before it is split to. */
export function wechatSplits (options: WechatPayOptions): SplitGateway {
  return {
    channel: 'wechat',
    split: async (split, order) => {
      if (split.receiver === null) return splitNotice(split, await acceptedBy(options, { method: 'POST', target: '/v3/profitsharing/orders/unfreeze', body: { ...ofOrder(split, order), description: remark } }))
      const receiver = { type: 'PERSONAL_OPENID', account: split.receiver.account }
      await acceptedBy(options, { method: 'POST', target: '/v3/profitsharing/receivers/add', body: { appid: options.appId, ...receiver, relation_type: 'PARTNER' } })
      const body = { appid: options.appId, ...ofOrder(split, order), receivers: [{ ...receiver, amount: split.receiver.amountFen, description: remark }], unfreeze_unsplit: true }
      return splitNotice(split, await acceptedBy(options, { method: 'POST', target: '/v3/profitsharing/orders', body }))
    },
    querySplit: async (split, order) => {
      const { transaction_id: transaction } = ofOrder(split, order)
      const { body, refusedWith } = await callWechat(options, { method: 'GET', target: `/v3/profitsharing/orders/${encodeURIComponent(split.number)}?transaction_id=${encodeURIComponent(transaction)}` })
      if (refusedWith === 'RESOURCE_NOT_EXISTS') return null
      if (refusedWith !== null) throw refused(channelName, refusedWith)
      return splitNotice(split, body)
    },
    payOut: async (payout) => {
      const body = { appid: options.appId, out_bill_no: payout.number, openid: payout.account, transfer_amount: payout.amountFen, transfer_remark: remark, ...scene }
      const answer = await acceptedBy(options, { method: 'POST', target: '/v3/fund-app/mch-transfer/transfer-bills', body })
      // The first answer does not repeat the amount.
      return payoutNotice(payout, { transfer_amount: payout.amountFen, ...answer })
    },
    queryPayOut: async (payout) => {
      const { body, refusedWith } = await callWechat(options, { method: 'GET', target: `/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/${encodeURIComponent(payout.number)}` })
      if (refusedWith === 'NOT_FOUND') return null
      if (refusedWith !== null) throw refused(channelName, refusedWith)
      return payoutNotice(payout, body)
    },
    frozenFen: async ({ channelNumber }) => {
      const amount = fenAt(await acceptedBy(options, { method: 'GET', target: `/v3/profitsharing/transactions/${encodeURIComponent(channelNumber ?? '')}/amounts` }), 'unsplit_amount')
      if (amount === null) throw unreadable()
      return amount
    }
  }
}

function ofOrder ({ number }: WantedSplit, { channelNumber }: PaymentOrder): { readonly transaction_id: string, readonly out_order_no: string } {
  return { transaction_id: channelNumber ?? '', out_order_no: number }
}

/** FINISHED says that it is over; whether the receiver took it stands with the receiver. */
function splitNotice ({ number, receiver }: WantedSplit, body: Json): SplitNotice {
  const word = textAt(body, 'state') ?? ''
  if (textAt(body, 'out_order_no') !== number || !(word in splitWords)) throw unreadable()
  const whole = splitWords[word as keyof typeof splitWords]
  const results = (Array.isArray(body['receivers']) ? body['receivers'] as readonly Json[] : []).map((one) => textAt(one, 'result'))
  const state = whole === 'success' && receiver !== null && results.includes('CLOSED') ? 'failed' : whole
  return { number, state, channelNumber: textAt(body, 'order_id') }
}

function payoutNotice ({ number }: WantedPayout, body: Json): PayoutNotice {
  const [state, amountFen] = [payoutStates.get(textAt(body, 'state') ?? ''), fenAt(body, 'transfer_amount')]
  if (textAt(body, 'out_bill_no') !== number || state === undefined || amountFen === null) throw unreadable()
  return { number, state, amountFen, channelNumber: textAt(body, 'transfer_bill_no'), at: state === 'success' ? instantOf(textAt(body, 'update_time') ?? undefined) : null }
}

const unreadable = (): Error => unavailable(channelName, 'gave an unreadable answer')
