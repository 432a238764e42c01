import { readJson } from '../../payments/fields.ts'
import { beijingTime, instantOf } from '../../payments/beijing-time.ts'
import { isFresh, isSignedRsa, signRsa } from '../../payments/rsa.ts'
import { yuanOf } from '../../payments/yuan.ts'
import { fen } from '../../../core/money.ts'
import type { WireAnswer, WireRequest } from '../../payments/index.ts'
import type { AlipayMerchant, AlipayReply } from './alipay-call.ts'
import { alipayCall } from './alipay-calls.ts'
import { alipayFile } from './alipay-statement.ts'
import type { Trade } from './book.ts'
import { openChannel, type Channel, type ChannelOptions, type PaymentChannelSimulator, type Protocol } from './channel.ts'
import type { MakeCallback } from './delivery.ts'

export interface AlipaySimulator extends PaymentChannelSimulator {
  /** The app opens the wallet with the order string that it was given: from then on Alipay knows the order. */
  readonly openWallet: (orderString: string) => void
}

/** 支付宝 gateway 1.0: signed forms in, signed JSON out, statements as ZIP, transfers and royalties. */
export function alipaySimulator (options: ChannelOptions & { readonly merchant: AlipayMerchant }): AlipaySimulator {
  const { merchant } = options
  const { channel, ...simulator } = openChannel(options, { prefix: '2088', protocolOf: (channel) => protocolOf(channel, merchant) })
  return { ...simulator, openWallet: (orderString) => { openWallet(channel, merchant, orderString) } }
}

function protocolOf (channel: Channel, merchant: AlipayMerchant): Protocol {
  return {
    answer: (request) => answerTo(channel, merchant, request),
    unavailable: () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html>Bad Gateway</html>') }),
    tellPaid: (trade) => callbackOf(channel, merchant, trade),
    tellRefund: null,
    isTaken: ({ body }) => body === 'success'
  }
}

function answerTo (channel: Channel, merchant: AlipayMerchant, request: WireRequest): WireAnswer {
  const url = new URL(request.url)
  if (url.pathname === '/bill') return alipayFile(channel, merchant, url.searchParams.get('token') ?? '')
  if (url.pathname !== '/gateway.do') return { status: 404, headers: {}, body: Buffer.alloc(0) }
  const fields = Object.fromEntries([...url.searchParams, ...new URLSearchParams(request.body ?? '')])
  const refusal = refuse(channel, merchant, fields)
  const method = fields['method'] ?? ''
  if (refusal !== null) return signedAnswer(channel, 'error_response', refusal)
  const content = readJson(fields['biz_content'] ?? '{}')
  const reply = content === null ? missing : alipayCall({ channel, merchant, content, origin: url.origin }, method)
  return signedAnswer(channel, `${method.replaceAll('.', '_')}_response`, reply)
}

const missing: AlipayReply = { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-parameter' }

/** The signature is over every field but itself, by name. */
function refuse ({ options: { keys, realClock } }: Channel, { appId }: AlipayMerchant, { sign = '', ...fields }: Record<string, string>): AlipayReply | null {
  const text = Object.keys(fields).sort().map((name) => `${name}=${fields[name] ?? ''}`).join('&')
  const isOurs = fields['app_id'] === appId && fields['sign_type'] === 'RSA2' && fields['charset'] === 'utf-8' && fields['version'] === '1.0'
  if (!isOurs) return { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-app-id' }
  if (!isSignedRsa(text, sign, keys.merchant.publicKey)) return { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-signature' }
  return isFresh(instantOf(fields['timestamp']), realClock.now()) ? null : { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-timestamp' }
}

function signedAnswer (channel: Channel, name: string, reply: AlipayReply): WireAnswer {
  const text = JSON.stringify({ msg: reply.code === '10000' ? 'Success' : 'Business Failed', ...reply })
  return { status: 200, headers: { 'content-type': 'text/html;charset=utf-8' }, body: Buffer.from(`{"${name}":${text},"sign":"${signRsa(text, platformKey(channel))}"}`) }
}

const platformKey = ({ options: { keys }, signs }: Channel) => (signs() === 0 ? keys.platform : keys.nextPlatform).privateKey

/** What the wallet sends when it is opened is the order string itself. */
function openWallet (channel: Channel, merchant: AlipayMerchant, orderString: string): void {
  const fields = Object.fromEntries(new URLSearchParams(orderString))
  const content = readJson(fields['biz_content'] ?? '')
  if (content === null || refuse(channel, merchant, fields) !== null || fields['method'] !== 'alipay.trade.app.pay') throw new Error('the wallet does not take this order string')
  const reply = alipayCall({ channel, merchant, content, origin: '' }, 'alipay.trade.app.pay')
  if (reply.code !== '10000') throw new Error(`the wallet does not take this order: ${String(reply['sub_code'])}`)
}

function callbackOf (channel: Channel, { appId, sellerId }: AlipayMerchant, trade: Trade): MakeCallback {
  const { options: { ids, realClock, keys } } = channel
  const id = ids.next().replaceAll('-', '')
  return (how) => {
    const total = yuanOf(fen(trade.amountFen + (how === 'wrong_amount' ? 1 : 0)))
    const fields: Record<string, string> = {
      notify_time: beijingTime(realClock.now()), notify_type: 'trade_status_sync', notify_id: id, app_id: appId, charset: 'utf-8', version: '1.0',
      trade_no: trade.channelNumber, out_trade_no: trade.number, trade_status: 'TRADE_SUCCESS', total_amount: total, receipt_amount: total, buyer_pay_amount: total,
      seller_id: sellerId, buyer_id: '2088000000000001', subject: trade.details['subject'] ?? '', gmt_create: beijingTime(trade.createdAt), gmt_payment: beijingTime(trade.paidAt ?? trade.createdAt)
    }
    const text = Object.keys(fields).sort().map((name) => `${name}=${fields[name] ?? ''}`).join('&')
    const sign = signRsa(text, how === 'forged' || how === 'signature_test' ? keys.merchant.privateKey : platformKey(channel))
    return { headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body: new URLSearchParams({ ...fields, sign_type: 'RSA2', sign }).toString() }
  }
}
