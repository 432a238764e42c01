import type { Json } from '../../payments/fields.ts'
import type { Channel } from './channel.ts'

export interface AlipayMerchant {
  readonly appId: string
  readonly sellerId: string
}

/** Refusals of the gateway itself name no method. */
export type AlipayReply = Json & { readonly code: string }

export interface AlipayCall {
  readonly channel: Channel
  readonly merchant: AlipayMerchant
  readonly content: Json
  readonly origin: string
}
