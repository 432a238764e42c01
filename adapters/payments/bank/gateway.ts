import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import type { ChannelNotice, PaymentGateway, PaymentOrder, Refund, RefundNotice } from '../../../core/payments/index.ts'
import { beijingDigits, instantOf } from '../beijing-time.ts'
import { unavailable } from '../exchange.ts'
import { isFresh } from '../rsa.ts'
import { accepted, acceptedBy, amountOf, call, channelName, inWork, ok, unknown, type BankOptions } from './client.ts'
import { isSignedFields, readForm, type Fields } from './wire.ts'

const largestBytes = 256 * 1024 * 1024
/** txnSubType of a purchase, by how it is presented: in an app, by QR, on the cashier page for cards. */
const purchases = { app: '01', qr: '07', card: '03' } as const
/** respCode: no such file. */
const noFile = '98'

/** 银行卡, a gateway in the manner of UnionPay: signed forms, transactions told apart by order number and time. */
export function bank (options: BankOptions): PaymentGateway {
  return {
    channel: 'bank',
    create: async (order, { description }) => {
      const answer = await acceptedBy(options, '/gateway/api/appTransReq.do', {
        ...transaction(order), txnType: '01', txnSubType: purchases[order.mode], txnAmt: String(order.amountFen), currencyCode: '156',
        orderDesc: description.slice(0, 32), payTimeout: beijingDigits(order.expiresAt), backUrl: options.notifyUrl, ...order.isHeld === true ? { accSplitFlag: '1' } : {}
      })
      const { tn, qrCode } = answer
      if (order.mode === 'qr') return { codeUrl: needed(qrCode) }
      return order.mode === 'app' ? { tn: needed(tn) } : { tn: needed(tn), payUrl: new URL(`/cashier?tn=${encodeURIComponent(needed(tn))}`, options.url).href }
    },
    query: async (order) => {
      const answer = await call(options, '/gateway/api/queryTrans.do', { ...transaction(order), txnType: '00', txnSubType: '00' })
      return answer['respCode'] === unknown ? null : ofOrder(tradeNotice(ok(answer)), order)
    },
    close: async (order) => {
      const answer = await call(options, '/gateway/api/closeTrans.do', { ...transaction(order), txnType: '31', txnSubType: '00' })
      if (answer['respCode'] !== unknown) ok(answer)
    },
    refund: async (refund, order) => ofRefund(refundNotice(await acceptedBy(options, '/gateway/api/backTransReq.do', {
      ...refundTransaction(refund), txnType: '04', txnSubType: '00', txnAmt: String(refund.amountFen), currencyCode: '156', origQryId: order.channelNumber ?? '', origOrderId: order.orderNumber, backUrl: options.notifyUrl
    })), refund),
    queryRefund: async (refund) => {
      const answer = await call(options, '/gateway/api/queryTrans.do', { ...refundTransaction(refund), txnType: '00', txnSubType: '00' })
      return answer['respCode'] === unknown ? null : ofRefund(refundNotice(ok(answer)), refund)
    },
    readCallback: async (_headers, body, now) => readBankCallback(options, body, now),
    callbackAnswer: (isTaken) => ({ status: isTaken ? 200 : 400, contentType: 'text/plain', body: isTaken ? 'ok' : 'fail' }),
    statement: async (day) => await bankStatement(options, day)
  }
}

/** The gateway knows a transaction by both, so the time is that of the order and never that of a repetition. */
const transaction = ({ orderNumber, createdAt }: PaymentOrder): Fields => ({ orderId: orderNumber, txnTime: beijingDigits(createdAt) })
const refundTransaction = ({ refundNumber, requestedAt }: Refund): Fields => ({ orderId: refundNumber, txnTime: beijingDigits(requestedAt) })

/** origRespCode tells of the transaction that was asked for: 00 done, 05 in work, anything else failed. */
function tradeNotice (fields: Fields): ChannelNotice | null {
  const { orderId: orderNumber, queryId, origRespCode: outcome } = fields
  const [amountFen, at] = [amountOf(fields['txnAmt']), instantOf(fields['settleTime'])]
  if (orderNumber === undefined || amountFen === null || outcome === undefined) return null
  if (outcome === accepted) return at === null || queryId === undefined ? null : { orderNumber, state: 'success', amountFen, channelNumber: queryId, at }
  return { orderNumber, state: inWork.includes(outcome) ? 'pending' : outcome === '12' ? 'closed' : 'failed', amountFen, channelNumber: null, at: null }
}

function refundNotice (fields: Fields): RefundNotice | null {
  const { orderId: refundNumber, queryId, origRespCode: outcome } = fields
  const [amountFen, at] = [amountOf(fields['txnAmt']), instantOf(fields['settleTime'])]
  if (refundNumber === undefined || amountFen === null || outcome === undefined) return null
  return { refundNumber, state: outcome === accepted ? 'success' : inWork.includes(outcome) ? 'pending' : 'failed', amountFen, channelNumber: queryId ?? null, at: outcome === accepted ? at : null }
}

/** 后台通知. `notifyTime` says when it was sent, so that an old one proves nothing. */
function readBankCallback ({ bankKeys, merchantId }: BankOptions, body: Uint8Array, now: Date): Awaited<ReturnType<PaymentGateway['readCallback']>> {
  const fields = readForm(body)
  if (fields === null || !isSignedFields(fields, bankKeys) || fields['merId'] !== merchantId || !isFresh(instantOf(fields['notifyTime']), now)) return null
  const key = fields['notifyId']
  if (key === undefined) return null
  if (fields['txnType'] === '04') {
    const notice = refundNotice(fields)
    return notice === null ? null : { kind: 'refund', key, notice }
  }
  const notice = fields['txnType'] === '01' ? tradeNotice(fields) : null
  return notice === null ? null : { kind: 'payment', key, notice }
}

/** 对账文件: deflated in the answer, whose signature covers it; its own SHA-256 is compared as well. */
async function bankStatement (options: BankOptions, day: CalendarDate): Promise<Uint8Array | null> {
  const at = options.clock.now()
  const answer = await call(options, '/gateway/api/fileTransfer.do', { txnType: '76', txnSubType: '01', fileType: '00', settleDate: day.replaceAll('-', ''), txnTime: beijingDigits(at) })
  if (answer['respCode'] === noFile) return null
  const { fileContent, fileHash } = ok(answer)
  const bytes = inflated(fileContent ?? '')
  if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== fileHash) throw new DomainError('STATEMENT_INVALID', 'The statement of the bank does not have the hash that was named for it. Fetch it again; do not reconcile with this one.')
  return bytes
}

function inflated (base64: string): Uint8Array | null {
  try {
    return inflateSync(Buffer.from(base64, 'base64'), { maxOutputLength: largestBytes })
  } catch {
    return null
  }
}

function needed (text: string | undefined): string {
  if (text === undefined || text === '') throw unreadable()
  return text
}

function ofOrder (notice: ChannelNotice | null, order: PaymentOrder): ChannelNotice {
  if (notice?.orderNumber !== order.orderNumber) throw unreadable()
  return notice
}

function ofRefund (notice: RefundNotice | null, refund: Refund): RefundNotice {
  if (notice?.refundNumber !== refund.refundNumber) throw unreadable()
  return notice
}

const unreadable = (): DomainError => unavailable(channelName, 'gave an unreadable answer')
