import type { KeyObject } from 'node:crypto'
import type { PaymentOrder, Refund } from '../../../core/payments/index.ts'
import type { Clock } from '../../../core/clock.ts'
import type { Fen } from '../../../core/money.ts'
import type { Ids } from '../../../core/ids.ts'
import type { Exchange } from '../exchange.ts'

export interface WechatPayOptions {
  readonly merchantId: string
  readonly appId: string
  /** Number of our own API certificate, and its private key. */
  readonly merchantSerial: string
  readonly merchantKey: KeyObject
  /** APIv3 密钥: 32 bytes, of the resources in call-backs. */
  readonly apiV3Key: string
  /**
   * 微信支付公钥 by id (PUB_KEY_ID_…) and platform certificates by serial number. All that are named are believed, so a
   * coming key is named before the platform changes to it.
   */
  readonly platformKeys: ReadonlyMap<string, KeyObject>
  readonly url: string
  /** Where the platform sends its call-backs; without a query. */
  readonly notifyUrl: string
  /** Real time, for signatures. */
  readonly clock: Clock
  readonly nonces: Ids
  readonly exchange: Exchange
}

/** What the insurance side knows of a mixed order: the bureau's own order of it (6201), and whom it pays. */
export interface InsuranceOrder {
  readonly institutionName: string
  readonly institutionNumber: string
  readonly cityId: string
  readonly channelNumber: string | null
  /** pay_order_id and pay_auth_no of the insurance bureau. */
  readonly payOrderId: string
  readonly payAuthNumber: string
  readonly geoLocation: string
  readonly createdAt: Date
  /** Pooled fund, personal account, other benefits: together the order's insurance part. */
  readonly govFen: Fen
  readonly selfFen: Fen
  readonly otherFen: Fen
}

/** 医保局, as far as a mixed order goes: the hospital's insurance side gives it. */
export interface InsuranceSide {
  readonly orderOf: (order: PaymentOrder) => Promise<InsuranceOrder>
  /** Gives the insurance part back at the bureau; the same number once. */
  readonly giveBack: (refund: Refund, order: PaymentOrder) => Promise<void>
}
