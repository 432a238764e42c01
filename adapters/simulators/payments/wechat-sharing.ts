import { beijingInstant } from '../../payments/beijing-time.ts'
import { fenAt, textAt, type Json } from '../../payments/fields.ts'
import type { Payout, Split } from './book.ts'
import type { WechatCall, WechatReply } from './wechat-call.ts'

const refuse = (status: number, code: string, message: string): WechatReply => ({ status, body: { code, message } })
const notSplit = { not_frozen: refuse(403, 'NO_AUTH', '订单未冻结或已解冻'), exceeds: refuse(400, 'NOT_ENOUGH', '分账金额不足'), differs: refuse(400, 'INVALID_REQUEST', '分账单号重复且参数不一致') }

/** 分账 and 商家转账; null for other calls. */
export function sharingCall (call: WechatCall): WechatReply | null {
  const { route, channel: { book }, url } = call
  if (route === 'POST /v3/profitsharing/orders') return split(call, { isLast: call.body['unfreeze_unsplit'] === true, receivers: receiversIn(call.body) })
  if (route === 'POST /v3/profitsharing/orders/unfreeze') return split(call, { isLast: true, receivers: [] })
  if (route === 'POST /v3/fund-app/mch-transfer/transfer-bills') return transfer(call)
  const shared = /^GET \/v3\/profitsharing\/orders\/([^/]+)$/.exec(route)?.[1]
  if (shared !== undefined) {
    const found = book.splitOf(decodeURIComponent(shared))
    return found === null || url.searchParams.get('transaction_id') !== found.trade.channelNumber ? refuse(404, 'RESOURCE_NOT_EXISTS', '记录不存在') : { status: 200, body: splitBody(found) }
  }
  const paid = /^GET \/v3\/fund-app\/mch-transfer\/transfer-bills\/out-bill-no\/([^/]+)$/.exec(route)?.[1]
  if (paid === undefined) return null
  const payout = book.payout(decodeURIComponent(paid))
  return payout === null ? refuse(404, 'NOT_FOUND', '记录不存在') : { status: 200, body: payoutBody(call, payout) }
}

function receiversIn (body: Json): Split['receivers'] {
  const given = Array.isArray(body['receivers']) ? body['receivers'] as readonly Json[] : []
  return given.map((receiver) => ({ account: textAt(receiver, 'account') ?? '', amountFen: fenAt(receiver, 'amount') ?? 0 }))
}

function split ({ body, channel: { book, journal, options } }: WechatCall, { isLast, receivers }: Pick<Split, 'isLast' | 'receivers'>): WechatReply {
  const [transaction, number] = [textAt(body, 'transaction_id'), textAt(body, 'out_order_no')]
  const trade = transaction === null ? null : book.byChannelNumber(transaction)
  if (trade === null || number === null || receivers.some(({ account }) => account === '')) return refuse(400, 'PARAM_ERROR', '参数错误')
  const done = book.split({ number, trade, receivers, isLast })
  if (!('split' in done)) return notSplit[done.kind]
  if (done.kind === 'split') journal.note({ at: options.clock.now(), kind: 'split', key: number, body: { receivers, isLast } })
  return { status: 200, body: splitBody(done.split) }
}

function splitBody ({ number, channelNumber, trade, receivers, at }: Split): Json {
  return {
    transaction_id: trade.channelNumber, out_order_no: number, order_id: channelNumber, state: 'FINISHED',
    receivers: receivers.map(({ account, amountFen }) => ({ type: 'PERSONAL_OPENID', account, amount: amountFen, result: 'SUCCESS', create_time: beijingInstant(at), finish_time: beijingInstant(at) }))
  }
}

function transfer (call: WechatCall): WechatReply {
  const { body, merchant, channel: { book, journal, options } } = call
  const [number, receiver, amountFen] = [textAt(body, 'out_bill_no'), textAt(body, 'openid'), fenAt(body, 'transfer_amount')]
  if (number === null || receiver === null || amountFen === null || amountFen === 0 || textAt(body, 'appid') !== merchant.appId) return refuse(400, 'PARAM_ERROR', '参数错误')
  const done = book.payOut({ number, to: 'balance', receiver, amountFen })
  if (done.kind === 'differs') return refuse(400, 'ALREADY_EXISTS', '商户单号已存在且参数不一致')
  if (done.kind === 'paid') journal.note({ at: options.clock.now(), kind: 'payout', key: number, body: { amountFen } })
  return { status: 200, body: payoutBody(call, done.payout) }
}

function payoutBody ({ merchant }: WechatCall, { number, channelNumber, amountFen, at }: Payout): Json {
  return { mch_id: merchant.merchantId, appid: merchant.appId, out_bill_no: number, transfer_bill_no: channelNumber, state: 'SUCCESS', transfer_amount: amountFen, create_time: beijingInstant(at), update_time: beijingInstant(at) }
}
