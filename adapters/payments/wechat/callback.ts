import type { PaymentGateway } from '../../../core/payments/index.ts'
import { jsonAt, readJson, textAt, type Json } from '../fields.ts'
import { isMixed, mixedNotice, refundNotice, tradeNotice } from './notices.ts'
import type { WechatPayOptions } from './options.ts'
import { openResource } from './seal.ts'
import { proofOf } from './signature.ts'

type Read = Awaited<ReturnType<PaymentGateway['readCallback']>>

/**
 * Proves first, opens then, and takes only what is ours: our merchant, our app (I-52). Plain and mixed orders share an
 * address; each of the two gateways takes its own kind only.
 */
export function readWechatCallback (options: WechatPayOptions, kind: 'plain' | 'mixed'): PaymentGateway['readCallback'] {
  return async (headers, body, now) => {
    if (proofOf(headers, body, { keys: options.platformKeys, now }) !== 'proven') return null
    const event = readJson(body)
    const [key, type] = event === null ? [null, null] : [textAt(event, 'id'), textAt(event, 'event_type')]
    if (event === null || key === null || type === null) return null
    const resource = openResource(jsonAt(event, 'resource'), options.apiV3Key)
    return resource === null ? null : readEvent(options, { key, type, resource, kind })
  }
}

function readEvent ({ merchantId, appId }: WechatPayOptions, { key, type, resource, kind }: { readonly key: string, readonly type: string, readonly resource: Json, readonly kind: 'plain' | 'mixed' }): Read {
  const isOurMerchant = textAt(resource, 'mchid') === merchantId
  const isOurApp = textAt(resource, 'appid') === appId
  if (type === 'TRANSACTION.SUCCESS' && isOurMerchant && isOurApp && isMixed(resource) === (kind === 'mixed')) return payment(key, tradeNotice(resource))
  // A mixed order names the app only, which belongs to one merchant.
  if (type === 'MEDICAL_INSURANCE.SUCCESS' && isOurApp && kind === 'mixed') return payment(key, mixedNotice(resource))
  // Refunds of a mixed order's cash name no address: they are only half of what goes back, and are queried.
  if (type.startsWith('REFUND.') && isOurMerchant && kind === 'plain') {
    const notice = refundNotice(resource)
    return notice === null ? null : { kind: 'refund', key, notice }
  }
  return null
}

function payment (key: string, notice: ReturnType<typeof tradeNotice>): Read {
  return notice === null ? null : { kind: 'payment', key, notice }
}

/** 2xx without a body, or the platform sends it again. */
export const wechatCallbackAnswer: PaymentGateway['callbackAnswer'] = (isTaken) => isTaken
  ? { status: 204, contentType: 'application/json', body: '' }
  : { status: 401, contentType: 'application/json', body: JSON.stringify({ code: 'FAIL', message: '验签失败' }) }
