import { beijingDigits, instantOf } from '../../payments/beijing-time.ts'
import type { Fields } from '../../payments/bank/wire.ts'
import { refundFields, tradeFields, type BankCall } from './bank-call.ts'
import { isClosedAccount } from './book.ts'
import { acceptRefund } from './channel.ts'

const refuse = (respCode: string, respMsg: string): Fields => ({ respCode, respMsg })
const unknown = refuse('34', '查无此交易')
const closedAccount = refuse('14', '无效卡号')
const malformed = refuse('10', '报文格式错误')

const calls: Readonly<Record<string, (call: BankCall) => Fields>> = {
  '/gateway/api/appTransReq.do': purchase,
  '/gateway/api/queryTrans.do': query,
  '/gateway/api/closeTrans.do': close,
  '/gateway/api/backTransReq.do': (call) => call.fields['txnType'] === '12' ? payOut(call) : refund(call),
  '/gateway/api/splitTrans.do': split
}

export function bankCall (call: BankCall, path: string): Fields {
  const answer = Object.hasOwn(calls, path) ? calls[path] : undefined
  return answer === undefined ? refuse('13', '交易类型不支持') : answer(call)
}

function purchase ({ channel: { book, journal }, fields }: BankCall): Fields {
  const { orderId, txnTime, txnSubType, accSplitFlag, orderDesc } = fields
  const amountFen = amountOf(fields['txnAmt'])
  if (orderId === undefined || amountFen === null || !isWhole(fields)) return malformed
  const opened = book.open({ number: orderId, amountFen, insuranceFen: 0, expiresAt: instantOf(fields['payTimeout']), isFrozen: accSplitFlag === '1', details: { txnTime: txnTime ?? '', orderDesc: orderDesc ?? '' } })
  if (!('trade' in opened)) return { differs: refuse('12', '重复交易'), paid: refuse('35', '交易已支付'), closed: refuse('36', '交易已关闭') }[opened.kind]
  if (opened.kind === 'opened') journal.note({ at: opened.trade.createdAt, kind: 'order', key: orderId, body: { amountFen } })
  const { channelNumber } = opened.trade
  return { respCode: '00', respMsg: '成功', orderId, txnTime: txnTime ?? '', ...(txnSubType === '07' ? { qrCode: `https://qr.95516.example/${channelNumber}` } : { tn: channelNumber }) }
}

function isWhole ({ orderId = '', txnTime, currencyCode, backUrl }: Fields): boolean {
  return /^[0-9A-Za-z]{8,40}$/.test(orderId) && instantOf(txnTime) !== null && currencyCode === '156' && backUrl !== undefined
}

/** A transaction is told apart by number and time. */
function query ({ channel: { book }, fields: { orderId = '', txnTime } }: BankCall): Fields {
  const trade = book.trade(orderId)
  if (trade !== null) return trade.details['txnTime'] === txnTime ? { respCode: '00', respMsg: '成功', ...tradeFields(trade) } : unknown
  const refunded = book.refunded(orderId)
  if (refunded !== null) return { respCode: '00', respMsg: '成功', ...refundFields(refunded, { isBack: book.isBack(refunded), add: 0 }) }
  const payout = book.payout(orderId)
  if (payout !== null) return { respCode: '00', respMsg: '成功', txnType: '12', orderId, txnAmt: String(payout.amountFen), queryId: payout.channelNumber, origRespCode: '00', settleTime: beijingDigits(payout.at) }
  const found = book.splitOf(orderId)
  return found === null ? unknown : { respCode: '00', respMsg: '成功', txnType: '21', orderId, queryId: found.channelNumber, origRespCode: '00' }
}

function close ({ channel: { book }, fields: { orderId = '' } }: BankCall): Fields {
  const trade = book.trade(orderId)
  if (trade === null) return unknown
  if (trade.state === 'success') return refuse('35', '交易已支付')
  if (trade.state === 'waiting') {
    trade.state = 'closed'
    trade.cashState = 'closed'
  }
  return { respCode: '00', respMsg: '成功', orderId }
}

function refund ({ channel, fields, tellRefund }: BankCall): Fields {
  const { orderId, origQryId, origOrderId } = fields
  const amountFen = amountOf(fields['txnAmt'])
  if (fields['txnType'] !== '04' || orderId === undefined || amountFen === null) return malformed
  const trade = channel.book.trade(origOrderId ?? '')
  if (trade === null || (origQryId !== '' && origQryId !== trade.channelNumber)) return unknown
  const taken = acceptRefund(channel, { number: orderId, trade, amountFen }, tellRefund)
  if (!('refund' in taken)) return { unpaid: refuse('37', '原交易未成功'), exceeds: refuse('39', '退货金额超限'), differs: refuse('12', '重复交易') }[taken.kind]
  return { respCode: '00', respMsg: '成功', ...refundFields(taken.refund, { isBack: channel.book.isBack(taken.refund), add: 0 }) }
}

/** 代付 to a card. */
function payOut ({ channel: { book, journal, options }, fields: { orderId, accNo, txnAmt } }: BankCall): Fields {
  const amountFen = amountOf(txnAmt)
  if (orderId === undefined || accNo === undefined || accNo === '' || amountFen === null || amountFen === 0) return malformed
  if (isClosedAccount(accNo)) return closedAccount
  const paid = book.payOut({ number: orderId, to: 'card', receiver: accNo, amountFen })
  if (!('payout' in paid)) return refuse('12', '重复交易')
  if (paid.kind === 'paid') journal.note({ at: options.clock.now(), kind: 'payout', key: orderId, body: { amountFen, to: 'card' } })
  return { respCode: '00', respMsg: '成功', txnType: '12', orderId, txnAmt: String(amountFen), queryId: paid.payout.channelNumber, origRespCode: '00', settleTime: beijingDigits(paid.payout.at) }
}

/** 分账: `receivers` is `account:fen` with commas between; `finish` = 1 frees what is left. */
function split ({ channel: { book, journal, options }, fields: { orderId, origQryId, receivers: given = '', finish } }: BankCall): Fields {
  const trade = book.byChannelNumber(origQryId ?? '')
  const receivers = given === '' ? [] : given.split(',').map((one) => ({ account: one.split(':')[0] ?? '', amountFen: amountOf(one.split(':')[1]) ?? 0 }))
  if (orderId === undefined || trade === null || receivers.some(({ account }) => account === '')) return malformed
  if (receivers.some(({ account }) => isClosedAccount(account))) return closedAccount
  const done = book.split({ number: orderId, trade, receivers, isLast: finish === '1' })
  if (!('split' in done)) return { not_frozen: refuse('38', '交易未冻结'), exceeds: refuse('39', '分账金额超限'), differs: refuse('12', '重复交易') }[done.kind]
  if (done.kind === 'split') journal.note({ at: options.clock.now(), kind: 'split', key: orderId, body: { receivers, isLast: finish === '1' } })
  return { respCode: '00', respMsg: '成功', orderId, queryId: done.split.channelNumber, origRespCode: '00' }
}

function amountOf (text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}
