import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { alipay, alipaySplits, bank, bankSplits, httpExchange, wechatPay, wechatSplits, type AlipayOptions, type BankOptions, type WechatPayOptions } from '../../adapters/payments/index.ts'
import type { SplitGateway } from '../../core/escrow/index.ts'
import type { PaymentGateway } from '../../core/payments/index.ts'
import type { Config } from '../config.ts'
import type { System } from './compose.ts'

const timeoutMs = 10_000
/** Statements of a large hospital group. */
const largestAnswerBytes = 256 * 1024 * 1024

/** The payment channels that SITE_CONFIG names, each with its splits and payouts. */
export function configuredPayments ({ site: { payments } }: Config, { wallClock, ids }: Pick<System, 'wallClock' | 'ids'>): { readonly payments: readonly PaymentGateway[], readonly splits: readonly SplitGateway[] } {
  const common = { clock: wallClock, exchange: httpExchange({ timeoutMs, maxBytes: largestAnswerBytes }) }
  const wechat = payments.wechat === undefined ? null : { ...common, ...wechatOptions(payments.wechat), nonces: ids }
  const wallet = payments.alipay === undefined ? null : { ...common, ...alipayOptions(payments.alipay) }
  const cards = payments.bank === undefined ? null : { ...common, ...bankOptions(payments.bank) }
  return {
    payments: [...wechat === null ? [] : [wechatPay(wechat)], ...wallet === null ? [] : [alipay(wallet)], ...cards === null ? [] : [bank(cards)]],
    splits: [...wechat === null ? [] : [wechatSplits(wechat)], ...wallet === null ? [] : [alipaySplits(wallet)], ...cards === null ? [] : [bankSplits(cards)]]
  }
}

type Payments = Config['site']['payments']
type Outer = 'clock' | 'exchange' | 'nonces'

function wechatOptions (wechat: NonNullable<Payments['wechat']>): Omit<WechatPayOptions, Outer> {
  return {
    merchantId: wechat.merchantId, appId: wechat.appId, merchantSerial: wechat.merchantSerial, merchantKey: privateKey(wechat.merchantKeyFile), apiV3Key: apiV3Key(wechat.apiV3KeyFile),
    platformKeys: keysById(wechat.platformKeys), url: wechat.url, notifyUrl: wechat.notifyUrl
  }
}

function alipayOptions (wallet: NonNullable<Payments['alipay']>): Omit<AlipayOptions, Outer> {
  return { appId: wallet.appId, sellerId: wallet.sellerId, appKey: privateKey(wallet.appKeyFile), platformKeys: wallet.platformKeyFiles.map(publicKey), gatewayUrl: wallet.url, notifyUrl: wallet.notifyUrl }
}

function bankOptions (cards: NonNullable<Payments['bank']>): Omit<BankOptions, Outer> {
  return { merchantId: cards.merchantId, certificateId: cards.certificateId, key: privateKey(cards.keyFile), bankKeys: keysById(cards.bankKeys), url: cards.url, notifyUrl: cards.notifyUrl }
}

const privateKey = (file: string): KeyObject => createPrivateKey(readFileSync(file))
/** Of a certificate its key is taken. */
const publicKey = (file: string): KeyObject => createPublicKey(readFileSync(file))

function keysById (named: ReadonlyArray<{ readonly id: string, readonly file: string }>): ReadonlyMap<string, KeyObject> {
  return new Map(named.map(({ id, file }) => [id, publicKey(file)]))
}

/** A key of another length fails with the first call-back; better at start. */
function apiV3Key (file: string): string {
  const key = readFileSync(file, 'utf8').trim()
  if (Buffer.byteLength(key) !== 32) throw new Error('payments.wechat.apiV3KeyFile: the APIv3 key has 32 bytes')
  return key
}
