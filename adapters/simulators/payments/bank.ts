import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import type { KeyObject } from 'node:crypto'
import type { CalendarDate } from '../../../core/clock.ts'
import { beijingDigits } from '../../payments/beijing-time.ts'
import { formText, isSignedFields, readForm, signFields, type Fields } from '../../payments/bank/wire.ts'
import type { WireAnswer, WireRequest } from '../../payments/index.ts'
import { refundFields, tradeFields, type BankCall, type BankMerchant } from './bank-call.ts'
import { bankCall } from './bank-calls.ts'
import { bankStatementText } from './bank-statement.ts'
import type { Refunded } from './book.ts'
import { openChannel, statementOf, type Channel, type ChannelOptions, type PaymentChannelSimulator, type Protocol } from './channel.ts'
import type { MakeCallback } from './delivery.ts'
import type { ThrowAwayKeys } from './keys.ts'

const certificateIds = ['68759529225', '69026276696'] as const

export function bankPublicKeys ({ platform, nextPlatform }: ThrowAwayKeys): ReadonlyMap<string, KeyObject> {
  return new Map([[certificateIds[0], platform.publicKey], [certificateIds[1], nextPlatform.publicKey]])
}

/** A card gateway in the manner of UnionPay: signed forms both ways, statements inside its answers, payouts and splits. */
export function bankSimulator (options: ChannelOptions & { readonly merchant: BankMerchant }): PaymentChannelSimulator {
  const { merchant } = options
  return openChannel(options, { prefix: '6200', protocolOf: (channel) => protocolOf(channel, merchant) })
}

function protocolOf (channel: Channel, merchant: BankMerchant): Protocol {
  const tellRefund = (refund: Refunded): MakeCallback => callbackOf(channel, merchant, (add) => refundFields(refund, { isBack: true, add }))
  return {
    answer: (request) => answerTo(channel, merchant, { request, tellRefund }),
    unavailable: () => ({ status: 503, headers: { 'content-type': 'text/plain' }, body: Buffer.from('busy') }),
    tellPaid: (trade) => callbackOf(channel, merchant, (add) => tradeFields(trade, add)),
    tellRefund,
    isTaken: ({ status }) => status === 200
  }
}

function answerTo (channel: Channel, merchant: BankMerchant, { request, tellRefund }: { readonly request: WireRequest, readonly tellRefund: BankCall['tellRefund'] }): WireAnswer {
  const { pathname } = new URL(request.url)
  const fields = readForm(request.body ?? '')
  const isOurs = fields?.['merId'] === merchant.merchantId && isSignedFields(fields, new Map([[merchant.certificateId, channel.options.keys.merchant.publicKey]]))
  if (fields === null || !isOurs) return signed(channel, { merId: fields?.['merId'] ?? '', respCode: '11', respMsg: '验证签名失败' })
  const reply = pathname === '/gateway/api/fileTransfer.do' ? statement(channel, merchant, fields) : bankCall({ channel, fields, tellRefund }, pathname)
  return signed(channel, { version: '5.1.0', encoding: 'UTF-8', merId: merchant.merchantId, ...reply })
}

function signed (channel: Channel, fields: Fields): WireAnswer {
  return { status: 200, headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }, body: Buffer.from(formText(signFields(fields, signerOf(channel)))) }
}

function signerOf ({ options: { keys }, signs }: Channel): Parameters<typeof signFields>[1] {
  return { certificateId: certificateIds[signs()], key: (signs() === 0 ? keys.platform : keys.nextPlatform).privateKey }
}

function statement (channel: Channel, merchant: BankMerchant, { settleDate = '' }: Fields): Fields {
  const day = settleDate.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3') as CalendarDate
  if (day.length !== 10) return { respCode: '10', respMsg: '报文格式错误' }
  const made = statementOf(channel, day)
  if (made === null) return { respCode: '98', respMsg: '文件不存在' }
  const bytes = Buffer.from(bankStatementText(channel, merchant, { day, made }))
  const sent = made.fault === 'statement_corrupted' ? bytes.subarray(0, -2) : bytes
  return { respCode: '00', respMsg: '成功', settleDate, fileName: `${merchant.merchantId}_${settleDate}.txt`, fileHash: createHash('sha256').update(bytes).digest('hex'), fileContent: deflateSync(sent).toString('base64') }
}

function callbackOf (channel: Channel, { merchantId }: BankMerchant, fieldsOf: (addFen: number) => Fields): MakeCallback {
  const { options: { ids, realClock, keys } } = channel
  const notifyId = ids.next().replaceAll('-', '')
  return (how) => {
    const fields = { version: '5.1.0', encoding: 'UTF-8', merId: merchantId, ...fieldsOf(how === 'wrong_amount' ? 1 : 0), respCode: '00', notifyId, notifyTime: beijingDigits(realClock.now()) }
    const isForged = how === 'forged' || how === 'signature_test'
    const signer = isForged ? { certificateId: signerOf(channel).certificateId, key: keys.merchant.privateKey } : signerOf(channel)
    return { headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }, body: formText(signFields(fields, signer)) }
  }
}
