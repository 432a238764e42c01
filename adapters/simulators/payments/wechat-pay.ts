import type { KeyObject } from 'node:crypto'
import type { WireAnswer } from '../../payments/index.ts'
import type { InsuranceSide } from '../../payments/wechat/options.ts'
import { readJson, type Json } from '../../payments/fields.ts'
import { signRsa } from '../../payments/rsa.ts'
import { sealResource } from '../../payments/wechat/seal.ts'
import { answerText } from '../../payments/wechat/signature.ts'
import type { Refunded, Trade } from './book.ts'
import { openChannel, type Channel, type ChannelOptions, type PaymentChannelSimulator, type Protocol } from './channel.ts'
import type { MakeCallback } from './delivery.ts'
import type { ThrowAwayKeys } from './keys.ts'
import { platformIds, wechatPrivateKey, type WechatCall, type WechatMerchant, type WechatReply } from './wechat-call.ts'
import { refuseWechatRequest } from './wechat-authorization.ts'
import { mixedBody, refundBody, tradeBody } from './wechat-bodies.ts'
import { medInsCall, simulatedBureau } from './wechat-med-ins.ts'
import { paymentCall } from './wechat-payments.ts'
import { sharingCall } from './wechat-sharing.ts'
import { statementCall } from './wechat-statement.ts'

export interface WechatPaySimulator extends PaymentChannelSimulator {
  /** 医保局 of mixed orders, as the merchant's insurance side would reach it. */
  readonly bureau: InsuranceSide
}

export function wechatPlatformKeys ({ platform, nextPlatform }: ThrowAwayKeys): ReadonlyMap<string, KeyObject> {
  return new Map([[platformIds[0], platform.publicKey], [platformIds[1], nextPlatform.publicKey]])
}

/** 微信支付 v3 with signatures both ways, sealed call-backs, mixed insurance orders, transfers and profit sharing. */
export function wechatPaySimulator (options: ChannelOptions & { readonly merchant: WechatMerchant }): WechatPaySimulator {
  const { merchant } = options
  const { channel, ...simulator } = openChannel(options, { prefix: '42000', protocolOf: (channel) => protocolOf(channel, merchant) })
  return { ...simulator, bureau: simulatedBureau(channel) }
}

function protocolOf (channel: Channel, merchant: WechatMerchant): Protocol {
  const tellRefund = (refund: Refunded): MakeCallback => callbackOf(channel, merchant, { type: 'REFUND.SUCCESS', body: (add) => refundBody(merchant, refund, { isBack: true, add, isNotice: true }) })
  const nonces = new Map<string, number>()
  return {
    answer: (request) => signed(channel, answerTo({ channel, merchant, request, tellRefund }, nonces)),
    unavailable: () => signed(channel, { status: 500, body: { code: 'SYSTEM_ERROR', message: '系统异常' } }),
    tellBefore: (trade) => callbackOf(channel, merchant, { type: 'TRANSACTION.SUCCESS', body: (add) => tradeBody(merchant, trade, add) }),
    tellPaid: (trade: Trade) => trade.insuranceFen > 0
      ? callbackOf(channel, merchant, { type: 'MEDICAL_INSURANCE.SUCCESS', body: (add) => mixedBody(merchant, trade, add) })
      : callbackOf(channel, merchant, { type: 'TRANSACTION.SUCCESS', body: (add) => tradeBody(merchant, trade, add) }),
    tellRefund,
    isTaken: ({ status }) => status === 200 || status === 204
  }
}

function answerTo (given: Pick<WechatCall, 'channel' | 'merchant' | 'request' | 'tellRefund'>, nonces: Map<string, number>): WechatReply {
  const { channel, merchant, request } = given
  const refusal = refuseWechatRequest(request, { merchant, key: channel.options.keys.merchant.publicKey, nonces, now: channel.options.realClock.now() })
  if (refusal !== null) return { status: 401, body: { code: 'SIGN_ERROR', message: refusal } }
  const url = new URL(request.url)
  const body = request.body === null ? {} : readJson(request.body)
  if (body === null) return { status: 400, body: { code: 'PARAM_ERROR', message: '参数错误' } }
  const call: WechatCall = { ...given, route: `${request.method} ${url.pathname}`, url, body }
  return paymentCall(call) ?? medInsCall(call) ?? statementCall(call) ?? sharingCall(call) ?? { status: 404, body: { code: 'RESOURCE_NOT_EXISTS', message: '资源不存在' } }
}

/** Every answer is signed but the file of a statement. */
function signed ({ options: { keys, realClock, ids }, signs }: Channel, { status, body }: WechatReply): WireAnswer {
  if (Buffer.isBuffer(body)) return { status, headers: { 'content-type': 'application/octet-stream' }, body }
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body))
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...signatureHeaders({ keys, ids, id: platformIds[signs()], at: realClock.now() }, bytes) }, body: bytes }
}

function signatureHeaders ({ keys, ids, id, at }: { readonly keys: ThrowAwayKeys, readonly ids: ChannelOptions['ids'], readonly id: string, readonly at: Date }, body: Uint8Array): Record<string, string> {
  const key = wechatPrivateKey(keys, id) ?? keys.platform.privateKey
  const [timestamp, nonce] = [String(Math.floor(at.getTime() / 1000)), ids.next().replaceAll('-', '')]
  return { 'wechatpay-serial': id, 'wechatpay-timestamp': timestamp, 'wechatpay-nonce': nonce, 'wechatpay-signature': signRsa(answerText(timestamp, nonce, body), key) }
}

/** The event is the same at every attempt, its id with it; the signature is new. */
function callbackOf ({ options: { keys, realClock, ids }, signs }: Channel, { apiV3Key }: WechatMerchant, { type, body }: { readonly type: string, readonly body: (addFen: number) => Json }): MakeCallback {
  const id = ids.next()
  return (how) => {
    const resource = sealResource(JSON.stringify(body(how === 'wrong_amount' ? 1 : 0)), { apiV3Key, nonce: ids.next().slice(-12), associatedData: type.startsWith('REFUND') ? 'refund' : 'transaction' })
    const text = JSON.stringify({ id, create_time: realClock.now().toISOString(), resource_type: 'encrypt-resource', event_type: type, summary: '通知', resource: { original_type: 'transaction', ...resource } })
    const headers = signatureHeaders({ keys, ids, id: platformIds[signs()], at: realClock.now() }, Buffer.from(text))
    const signature = headers['wechatpay-signature'] ?? ''
    // A forger has no key of the platform; any other will do.
    const forged = how === 'forged' ? signRsa(text, keys.merchant.privateKey) : how === 'signature_test' ? `WECHATPAY/SIGNTEST/${signature}` : signature
    return { headers: { 'content-type': 'application/json', ...headers, 'wechatpay-signature': forged }, body: text }
  }
}
