import type { KeyObject } from 'node:crypto'
import type { WireRequest } from '../../payments/index.ts'
import type { Json } from '../../payments/fields.ts'
import type { Channel, Protocol } from './channel.ts'
import type { ThrowAwayKeys } from './keys.ts'

export interface WechatMerchant {
  readonly merchantId: string
  readonly appId: string
  readonly merchantSerial: string
  readonly apiV3Key: string
}

/** What a call of the interface needs. */
export interface WechatCall {
  readonly channel: Channel
  readonly merchant: WechatMerchant
  readonly request: WireRequest
  /** Method and path. */
  readonly route: string
  readonly url: URL
  readonly body: Json
  readonly tellRefund: NonNullable<Protocol['tellRefund']>
}

export type WechatReply = { readonly status: number, readonly body: Json | Buffer | null }

/** A platform certificate first, then 微信支付公钥: a rotation changes from one style to the other. */
export const platformIds = ['5157F09EFDC096DE15EBE81A47057A7232F1B8E1', 'PUB_KEY_ID_0114232134912410000000000000'] as const

export function wechatPrivateKey ({ platform, nextPlatform }: ThrowAwayKeys, id: string): KeyObject | null {
  return id === platformIds[0] ? platform.privateKey : id === platformIds[1] ? nextPlatform.privateKey : null
}
