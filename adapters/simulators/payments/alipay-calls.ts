import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import { beijingTime, instantOf } from '../../payments/beijing-time.ts'
import { jsonAt, textAt, type Json } from '../../payments/fields.ts'
import { fenOf, yuanOf } from '../../payments/yuan.ts'
import type { AlipayCall, AlipayReply } from './alipay-call.ts'
import { isClosedAccount, type Refunded, type Trade } from './book.ts'
import { acceptRefund, statementOf } from './channel.ts'

const done = (body: Json): AlipayReply => ({ code: '10000', ...body })
const failed = (subCode: string): AlipayReply => ({ code: '40004', sub_code: subCode })
const states = { waiting: 'WAIT_BUYER_PAY', success: 'TRADE_SUCCESS', failed: 'TRADE_CLOSED', closed: 'TRADE_CLOSED' } as const

const calls: Readonly<Record<string, (call: AlipayCall) => AlipayReply>> = {
  'alipay.trade.precreate': (call) => open(call, (trade) => ({ out_trade_no: trade.number, qr_code: `https://qr.alipay.example/${trade.channelNumber}` })),
  'alipay.trade.app.pay': (call) => open(call, (trade) => ({ out_trade_no: trade.number })),
  'alipay.trade.query': (call) => ofTrade(call, (trade) => done(tradeBody(trade, call.channel.book.refundedFen(trade)))),
  'alipay.trade.close': (call) => ofTrade(call, (trade) => close(trade)),
  'alipay.trade.refund': (call) => ofTrade(call, (trade) => refund(call, trade)),
  'alipay.trade.fastpay.refund.query': (call) => ofTrade(call, (trade) => refundQuery(call, trade)),
  'alipay.data.dataservice.bill.downloadurl.query': (call) => statement(call),
  'alipay.fund.trans.uni.transfer': (call) => transfer(call),
  'alipay.fund.trans.common.query': (call) => transferQuery(call),
  'alipay.trade.royalty.relation.bind': (call) => bindReceivers(call),
  'alipay.trade.order.settle': (call) => settle(call),
  'alipay.trade.order.settle.query': (call) => settleQuery(call)
}

export function alipayCall (call: AlipayCall, method: string): AlipayReply {
  const answer = Object.hasOwn(calls, method) ? calls[method] : undefined
  return answer === undefined ? { code: '40002', sub_code: 'isv.invalid-method' } : answer(call)
}

function open ({ channel: { book, journal }, content }: AlipayCall, body: (trade: Trade) => Json): AlipayReply {
  const [number, amountFen, subject] = [textAt(content, 'out_trade_no'), fenOf(textAt(content, 'total_amount') ?? ''), textAt(content, 'subject')]
  if (number === null || amountFen === null || amountFen <= 0 || subject === null) return failed('ACQ.INVALID_PARAMETER')
  const isFrozen = jsonAt(content, 'extend_params')['royalty_freeze'] === 'true'
  const opened = book.open({ number, amountFen, insuranceFen: 0, expiresAt: instantOf(textAt(content, 'time_expire') ?? undefined), isFrozen, details: { subject } })
  if (!('trade' in opened)) return failed({ differs: 'ACQ.CONTEXT_INCONSISTENT', paid: 'ACQ.TRADE_HAS_SUCCESS', closed: 'ACQ.TRADE_HAS_CLOSE' }[opened.kind])
  if (opened.kind === 'opened') journal.note({ at: opened.trade.createdAt, kind: 'order', key: number, body: { amountFen } })
  return done(body(opened.trade))
}

function ofTrade ({ channel: { book }, content }: AlipayCall, answer: (trade: Trade) => AlipayReply): AlipayReply {
  const trade = book.trade(textAt(content, 'out_trade_no') ?? '')
  return trade === null ? failed('ACQ.TRADE_NOT_EXIST') : answer(trade)
}

function tradeBody (trade: Trade, refundedFen: number): Json {
  const isGone = trade.state === 'success' && refundedFen === trade.amountFen
  return {
    out_trade_no: trade.number, trade_no: trade.channelNumber, trade_status: isGone ? 'TRADE_CLOSED' : states[trade.state], total_amount: yuanOf(fen(trade.amountFen)),
    ...(trade.paidAt === null ? {} : { send_pay_date: beijingTime(trade.paidAt), receipt_amount: yuanOf(fen(trade.amountFen)) })
  }
}

function close (trade: Trade): AlipayReply {
  if (trade.state === 'success') return failed('ACQ.TRADE_STATUS_ERROR')
  if (trade.state === 'waiting') {
    trade.state = 'closed'
    trade.cashState = 'closed'
  }
  return done({ out_trade_no: trade.number, trade_no: trade.channelNumber })
}

function refund ({ channel, content }: AlipayCall, trade: Trade): AlipayReply {
  const [number, amountFen] = [textAt(content, 'out_request_no'), fenOf(textAt(content, 'refund_amount') ?? '')]
  if (number === null || amountFen === null) return failed('ACQ.INVALID_PARAMETER')
  const taken = acceptRefund(channel, { number, trade, amountFen }, null)
  if (!('refund' in taken)) return failed({ unpaid: 'ACQ.TRADE_STATUS_ERROR', exceeds: 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', differs: 'ACQ.DISCORDANT_REPEAT_REQUEST' }[taken.kind])
  const isBack = channel.book.isBack(taken.refund)
  return done({
    out_trade_no: trade.number, trade_no: trade.channelNumber, refund_fee: yuanOf(fen(channel.book.refundedFen(trade))),
    // Only the first call of a number moves money.
    fund_change: taken.kind === 'accepted' && isBack ? 'Y' : 'N', ...(isBack ? { gmt_refund_pay: beijingTime(taken.refund.dueAt) } : {})
  })
}

function refundQuery ({ channel: { book }, content }: AlipayCall, trade: Trade): AlipayReply {
  const found = book.refunded(textAt(content, 'out_request_no') ?? '')
  return done(found === null || found.trade !== trade ? {} : refundBody(found, book.isBack(found)))
}

function refundBody ({ trade, number, amountFen, dueAt }: Refunded, isBack: boolean): Json {
  return {
    out_trade_no: trade.number, trade_no: trade.channelNumber, out_request_no: number, total_amount: yuanOf(fen(trade.amountFen)), refund_amount: yuanOf(fen(amountFen)),
    ...(isBack ? { refund_status: 'REFUND_SUCCESS', gmt_refund_pay: beijingTime(dueAt) } : {})
  }
}

function statement ({ channel, content, origin }: AlipayCall): AlipayReply {
  const day = textAt(content, 'bill_date') ?? ''
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return failed('ACQ.INVALID_PARAMETER')
  const made = statementOf(channel, day as CalendarDate)
  return made === null ? failed('isp.bill_not_exist') : done({ bill_download_url: `${origin}/bill?token=${day}.${made.fault ?? 'usual'}` })
}

function transfer ({ channel: { book, journal, options }, content }: AlipayCall): AlipayReply {
  const [number, amountFen, payee] = [textAt(content, 'out_biz_no'), fenOf(textAt(content, 'trans_amount') ?? ''), jsonAt(content, 'payee_info')]
  const receiver = textAt(payee, 'identity')
  if (number === null || amountFen === null || amountFen <= 0 || receiver === null) return failed('INVALID_PARAMETER')
  if (isClosedAccount(receiver)) return failed('PAYEE_NOT_EXIST')
  const to = textAt(payee, 'identity_type') === 'BANKCARD_ACCOUNT' ? 'card' : 'balance'
  const paid = book.payOut({ number, to, receiver, amountFen })
  if (!('payout' in paid)) return failed('DISCORDANT_REPEAT_REQUEST')
  if (paid.kind === 'paid') journal.note({ at: options.clock.now(), kind: 'payout', key: number, body: { amountFen, to } })
  return done({ out_biz_no: number, order_id: paid.payout.channelNumber, status: 'SUCCESS', trans_date: beijingTime(paid.payout.at) })
}

function transferQuery ({ channel: { book }, content }: AlipayCall): AlipayReply {
  const payout = book.payout(textAt(content, 'out_biz_no') ?? '')
  return payout === null ? failed('ORDER_NOT_EXIST') : done({ out_biz_no: payout.number, order_id: payout.channelNumber, status: 'SUCCESS', trans_amount: yuanOf(fen(payout.amountFen)), pay_date: beijingTime(payout.at) })
}

/** 分账关系绑定: may be repeated. */
function bindReceivers ({ content }: AlipayCall): AlipayReply {
  const given = Array.isArray(content['receiver_list']) ? content['receiver_list'] as readonly Json[] : []
  const accounts = given.map((one) => textAt(one, 'account'))
  if (accounts.length === 0 || accounts.includes(null) || textAt(content, 'out_request_no') === null) return failed('INVALID_PARAMETER')
  return accounts.some((account) => isClosedAccount(account ?? '')) ? failed('USER_NOT_EXIST') : done({ result_code: 'SUCCESS' })
}

/** 分账; `royalty_finish` frees what is left. */
function settle ({ channel: { book, journal, options }, content }: AlipayCall): AlipayReply {
  const [number, trade] = [textAt(content, 'out_request_no'), book.byChannelNumber(textAt(content, 'trade_no') ?? '')]
  const given = Array.isArray(content['royalty_parameters']) ? content['royalty_parameters'] as readonly Json[] : []
  const receivers = given.map((one) => ({ account: textAt(one, 'trans_in') ?? '', amountFen: fenOf(textAt(one, 'amount') ?? '') ?? 0 }))
  if (number === null || trade === null || receivers.some(({ account }) => account === '')) return failed('ACQ.INVALID_PARAMETER')
  const split = book.split({ number, trade, receivers, isLast: jsonAt(content, 'extend_params')['royalty_finish'] === 'true' })
  if (!('split' in split)) return failed({ not_frozen: 'ACQ.TRADE_SETTLE_ERROR', exceeds: 'ACQ.ALLOC_AMOUNT_VALIDATE_ERROR', differs: 'ACQ.DISCORDANT_REPEAT_REQUEST' }[split.kind])
  if (split.kind === 'split') journal.note({ at: options.clock.now(), kind: 'split', key: number, body: { receivers } })
  return done({ trade_no: trade.channelNumber, settle_no: split.split.channelNumber })
}

function settleQuery ({ channel: { book }, content }: AlipayCall): AlipayReply {
  const found = book.splitOf(textAt(content, 'out_request_no') ?? '')
  if (found === null || found.trade.channelNumber !== textAt(content, 'trade_no')) return failed('ACQ.TRADE_SETTLE_ERROR')
  return done({ out_request_no: found.number, operation_dt: beijingTime(found.at), royalty_detail_list: found.receivers.map(({ account, amountFen }) => ({ operation_type: 'transfer', trans_in: account, amount: yuanOf(fen(amountFen)), state: 'SUCCESS' })) })
}
