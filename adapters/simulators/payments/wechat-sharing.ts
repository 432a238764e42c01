import { beijingInstant } from '../../payments/beijing-time.ts'
import { fenAt, textAt, type Json } from '../../payments/fields.ts'
import { isClosedAccount, type Payout, type Split } from './book.ts'
import type { WechatCall, WechatReply } from './wechat-call.ts'

const refuse = (status: number, code: string, message: string): WechatReply => ({ status, body: { code, message } })
const notSplit = { not_frozen: refuse(403, 'NO_AUTH', '订单未冻结或已解冻'), exceeds: refuse(400, 'NOT_ENOUGH', '分账金额不足'), differs: refuse(400, 'INVALID_REQUEST', '分账单号重复且参数不一致') }

/** 分账 and 商家转账; null for other calls. */
export function sharingCall (call: WechatCall): WechatReply | null {
  const { route } = call
  if (route === 'POST /v3/profitsharing/orders') return split(call, { isLast: call.body['unfreeze_unsplit'] === true, receivers: receiversIn(call.body) })
  if (route === 'POST /v3/profitsharing/orders/unfreeze') return split(call, { isLast: true, receivers: [] })
  if (route === 'POST /v3/profitsharing/receivers/add') return addReceiver(call)
  if (route === 'POST /v3/fund-app/mch-transfer/transfer-bills') return transfer(call)
  for (const [pattern, read] of reads) {
    const number = pattern.exec(route)?.[1]
    if (number !== undefined) return read(call, decodeURIComponent(number))
  }
  return null
}

const reads: ReadonlyArray<readonly [RegExp, (call: WechatCall, number: string) => WechatReply]> = [
  [/^GET \/v3\/profitsharing\/orders\/([^/]+)$/, ({ channel: { book }, url }, number) => {
    const found = book.splitOf(number)
    return found === null || url.searchParams.get('transaction_id') !== found.trade.channelNumber ? refuse(404, 'RESOURCE_NOT_EXISTS', '记录不存在') : { status: 200, body: splitBody(found) }
  }],
  [/^GET \/v3\/profitsharing\/transactions\/([^/]+)\/amounts$/, unsplitAmount],
  [/^GET \/v3\/fund-app\/mch-transfer\/transfer-bills\/out-bill-no\/([^/]+)$/, (call, number) => {
    const payout = call.channel.book.payout(number)
    return payout === null ? refuse(404, 'NOT_FOUND', '记录不存在') : { status: 200, body: payoutBody(call, payout) }
  }]
]

/** 添加分账接收方: may be repeated. */
function addReceiver ({ body, merchant }: WechatCall): WechatReply {
  const [type, account] = [textAt(body, 'type'), textAt(body, 'account')]
  if (type === null || account === null || textAt(body, 'appid') !== merchant.appId || textAt(body, 'relation_type') === null) return refuse(400, 'PARAM_ERROR', '参数错误')
  if (isClosedAccount(account)) return refuse(400, 'INVALID_REQUEST', '接收方账户不存在')
  return { status: 200, body: { type, account, relation_type: textAt(body, 'relation_type') } }
}

/** 查询剩余待分金额. */
function unsplitAmount ({ channel: { book } }: WechatCall, transaction: string): WechatReply {
  const trade = book.byChannelNumber(transaction)
  if (trade === null) return refuse(404, 'RESOURCE_NOT_EXISTS', '记录不存在')
  return { status: 200, body: { transaction_id: transaction, unsplit_amount: trade.isFrozen && trade.state === 'success' ? trade.amountFen - trade.sharedFen - book.refundedFen(trade) : 0 } }
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
  if (isClosedAccount(receiver)) return refuse(400, 'INVALID_REQUEST', '收款方账户不存在')
  const done = book.payOut({ number, to: 'balance', receiver, amountFen })
  if (done.kind === 'differs') return refuse(400, 'ALREADY_EXISTS', '商户单号已存在且参数不一致')
  if (done.kind === 'paid') journal.note({ at: options.clock.now(), kind: 'payout', key: number, body: { amountFen } })
  return { status: 200, body: payoutBody(call, done.payout) }
}

function payoutBody ({ merchant }: WechatCall, { number, channelNumber, amountFen, at }: Payout): Json {
  return { mch_id: merchant.merchantId, appid: merchant.appId, out_bill_no: number, transfer_bill_no: channelNumber, state: 'SUCCESS', transfer_amount: amountFen, create_time: beijingInstant(at), update_time: beijingInstant(at) }
}
