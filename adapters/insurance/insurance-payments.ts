import type { Ids } from '../../core/ids.ts'
import { DomainError } from '../../core/errors.ts'
import type { ChannelNotice, PaymentGateway, PaymentOrder, Refund, RefundNotice } from '../../core/payments/index.ts'
import { insurerCaller, insurerRefused, insurerSilent, type Called, type CallInsurer, type InsurerOptions } from './call.ts'
import { objectOf, readInterfaceTime, readSigned, textOf } from './envelope.ts'
import { fetchStatement } from './statement.ts'
import { orderStates, refundStates, residentIdCredential, transactions } from './transactions.ts'
import { fenOfYuan, yuanOfFen } from './yuan.ts'

export interface InsurancePaymentsOptions extends InsurerOptions {
  readonly ids: Ids
}

type Json = Readonly<Record<string, unknown>>

/** How old a call-back may be by the insurer's own time in it (I-52). */
const callbackFreshMs = 300_000

/**
 * 医保移动支付: a person pays from their insurance account without the card, and agrees in the insurer's own app.
 * Every call has the order's or refund's number as its request, so what is asked again is carried out once.
 */
export function insurancePayments (options: InsurancePaymentsOptions): PaymentGateway {
  const call = insurerCaller(options)
  return {
    channel: 'insurance',
    create: (order, who) => create(call, order, who.person),
    query: async (order) => {
      const answer = await ask(call, transactions.paymentQuery, options.ids.next(), { medOrgOrd: order.orderNumber })
      return answer === null ? null : noticeOf(answer)
    },
    close: async (order) => { await ask(call, transactions.paymentClose, order.orderNumber, { medOrgOrd: order.orderNumber }) },
    refund: async (refund, order) => {
      const answer = await ask(call, transactions.paymentRefund, refund.refundNumber, { medOrgOrd: order.orderNumber, appRefdSn: refund.refundNumber, refdAmt: yuanOfFen(refund.amountFen) })
      if (answer === null) throw insurerRefused('ORDER_NOT_FOUND')
      return refundNoticeOf(answer)
    },
    queryRefund: (refund, order) => queryRefund(call, { refund, order, requestId: options.ids.next() }),
    readCallback: async (_headers, body, now) => readCallback(options, body, now),
    callbackAnswer: (isTaken) => ({ status: 200, contentType: 'application/json', body: JSON.stringify({ infcode: isTaken ? 0 : -1, err_msg: isTaken ? '' : '[NOT_TAKEN]' }) }),
    statement: (day) => fetchStatement(call, day, options.ids.next())
  }
}

async function create (call: CallInsurer, order: PaymentOrder, person: { readonly residentId: string, readonly name: string } | null): Promise<Readonly<Record<string, string>>> {
  if (person === null) throw new DomainError('OUTSIDE_REFUSED', 'Payment from an insurance account needs the payer\'s resident id on a patient record. Use another channel.')
  const whose = { mdtrt_cert_type: residentIdCredential, mdtrt_cert_no: person.residentId, psn_name: person.name }
  const uploaded = await demand(call, transactions.paymentUpload, order.orderNumber, { ...whose, medOrgOrd: order.orderNumber, feeSumamt: yuanOfFen(order.amountFen) })
  const payToken = textOf(uploaded['payToken'])
  const ordered = await demand(call, transactions.paymentOrder, order.orderNumber, { ...whose, medOrgOrd: order.orderNumber, payOrdId: textOf(uploaded['payOrdId']), payToken, feeSumamt: yuanOfFen(order.amountFen) })
  const payOrderId = textOf(ordered['payOrdId'])
  if (payOrderId === '') throw insurerSilent()
  return { payOrderId, payUrl: textOf(ordered['payUrl']) }
}

async function queryRefund (call: CallInsurer, { refund, order, requestId }: { readonly refund: Refund, readonly order: PaymentOrder, readonly requestId: string }): Promise<RefundNotice | null> {
  const answer = await ask(call, transactions.paymentQuery, requestId, { medOrgOrd: order.orderNumber, appRefdSn: refund.refundNumber })
  return answer === null ? null : refundNoticeOf(answer)
}

/** Null: the insurer does not know the number. */
async function ask (call: CallInsurer, infno: string, requestId: string, data: Json): Promise<Json | null> {
  const called = await call({ infno, requestId, hospitalId: null, input: { data } })
  return called.kind === 'rejected' && called.code === 'ORDER_NOT_FOUND' ? null : dataOf(called)
}

async function demand (call: CallInsurer, infno: string, requestId: string, data: Json): Promise<Json> {
  return dataOf(await call({ infno, requestId, hospitalId: null, input: { data } }))
}

function dataOf (called: Called): Json {
  if (called.kind === 'unknown') throw insurerSilent()
  if (called.kind === 'rejected') throw insurerRefused(called.code)
  return objectOf(called.output['data']) ?? {}
}

function noticeOf (data: Json): ChannelNotice {
  const state = orderStates[textOf(data['ordStas']) as keyof typeof orderStates] as ChannelNotice['state'] | undefined
  const amountFen = fenOfYuan(data['feeSumamt'])
  const orderNumber = textOf(data['medOrgOrd'])
  if (state === undefined || amountFen === null || orderNumber === '') throw insurerSilent()
  return { orderNumber, state, amountFen, channelNumber: textOf(data['payOrdId']) || null, at: readInterfaceTime(data['tradeTime']) }
}

function refundNoticeOf (data: Json): RefundNotice {
  const state = refundStates[textOf(data['refStatus']) as keyof typeof refundStates] as RefundNotice['state'] | undefined
  const amountFen = fenOfYuan(data['refdAmt'])
  const refundNumber = textOf(data['appRefdSn'])
  if (state === undefined || amountFen === null || refundNumber === '') throw insurerSilent()
  return { refundNumber, state, amountFen, channelNumber: textOf(data['refdOrdId']) || null, at: readInterfaceTime(data['refdTime']) }
}

/** 6302. Believed only when it is signed by the insurer's key and of now; what it says is then compared with the order. */
function readCallback ({ verifier }: InsurancePaymentsOptions, body: Uint8Array, now: Date): Awaited<ReturnType<PaymentGateway['readCallback']>> {
  const message = readSigned(Buffer.from(body).toString('utf8'), verifier)
  if (message?.['infno'] !== transactions.paymentNotice) return null
  const at = readInterfaceTime(message['inf_time'])
  const key = textOf(message['msgid'])
  if (at === null || key === '' || Math.abs(at.getTime() - now.getTime()) > callbackFreshMs) return null
  const data = objectOf(objectOf(message['input'])?.['data']) ?? {}
  try {
    return data['appRefdSn'] === undefined ? { kind: 'payment', key, notice: noticeOf(data) } : { kind: 'refund', key, notice: refundNoticeOf(data) }
  } catch {
    return null
  }
}
