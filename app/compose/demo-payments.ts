import type { DemoFault, DemoSimulator } from '../../adapters/http/index.ts'
import { alipay, alipaySplits, bank, bankSplits, httpExchange, wechatMixed, wechatPay, wechatSplits } from '../../adapters/payments/index.ts'
import { alipaySimulator } from '../../adapters/simulators/payments/alipay.ts'
import { bankPublicKeys, bankSimulator } from '../../adapters/simulators/payments/bank.ts'
import type { ChannelOptions, PaymentChannelSimulator } from '../../adapters/simulators/payments/channel.ts'
import type { Deliver } from '../../adapters/simulators/payments/delivery.ts'
import { throwAwayKeys } from '../../adapters/simulators/payments/keys.ts'
import { isPaymentFault, type PaymentFaultKind } from '../../adapters/simulators/payments/payment-faults.ts'
import { wechatPaySimulator, wechatPlatformKeys } from '../../adapters/simulators/payments/wechat-pay.ts'
import { startWireServer } from '../../adapters/simulators/payments/wire.ts'
import { DomainError } from '../../core/errors.ts'
import type { SplitGateway } from '../../core/escrow/index.ts'
import type { PaymentGateway } from '../../core/payments/index.ts'
import type { Fault } from '../../adapters/simulators/fault.ts'

export interface DemoPayments {
  readonly gateways: readonly PaymentGateway[]
  readonly splits: readonly SplitGateway[]
  readonly wechat: DemoSimulator
  readonly alipay: DemoSimulator
  readonly bank: DemoSimulator
  readonly close: () => Promise<void>
}

interface DemoPaymentsOptions extends Pick<ChannelOptions, 'clock' | 'calendar' | 'startOfDay' | 'realClock' | 'ids' | 'seed'> {
  /** Known once the server listens. */
  readonly callbackUrl: (channel: 'wechat' | 'alipay' | 'bank') => string | null
}

const timeoutMs = 3_000
const largestAnswerBytes = 64 * 1024 * 1024
const callbackTimeoutMs = 5_000
const host = { host: '127.0.0.1', port: 0 }
const wechatMerchant = { merchantId: '1900000001', appId: 'wx0000000000demo', merchantSerial: '4F1A2B3C4D5E6F708192A3B4C5D6E7F801234567', apiV3Key: 'demo-api-v3-key-of-nobody-000001' }
const alipayMerchant = { appId: '2021000000000001', sellerId: '2088000000000009' }
const bankMerchant = { merchantId: '777290058110048', certificateId: '68759663125' }
/** What the channels are told; where call-backs really go is asked each time. */
const notifyUrl = (channel: string): string => `https://yiqiao.example/v1/payments/callbacks/${channel}`

/** Simulated payment channels over real HTTP with keys of nobody, and the gateways to them. */
export async function openDemoPayments ({ callbackUrl, ...options }: DemoPaymentsOptions): Promise<DemoPayments> {
  const keys = await throwAwayKeys()
  const given = (channel: 'wechat' | 'alipay' | 'bank') => ({ ...options, keys, deliver: deliveringTo(() => callbackUrl(channel)) })
  const wechat = wechatPaySimulator({ ...given('wechat'), merchant: wechatMerchant })
  const wallet = alipaySimulator({ ...given('alipay'), merchant: alipayMerchant })
  const cards = bankSimulator({ ...given('bank'), merchant: bankMerchant })
  const [wechatServer, alipayServer, bankServer] = await Promise.all([wechat, wallet, cards].map(({ handle }) => startWireServer(handle, host))) as [Server, Server, Server]
  const ours = { clock: options.realClock, exchange: httpExchange({ timeoutMs, maxBytes: largestAnswerBytes }) }
  const wechatOptions = { ...ours, ...wechatMerchant, merchantKey: keys.merchant.privateKey, platformKeys: wechatPlatformKeys(keys), url: wechatServer.url, notifyUrl: notifyUrl('wechat'), nonces: options.ids }
  const alipayOptions = { ...ours, ...alipayMerchant, appKey: keys.merchant.privateKey, platformKeys: [keys.platform.publicKey, keys.nextPlatform.publicKey], gatewayUrl: `${alipayServer.url}/gateway.do`, notifyUrl: notifyUrl('alipay') }
  const bankOptions = { ...ours, ...bankMerchant, key: keys.merchant.privateKey, bankKeys: bankPublicKeys(keys), url: bankServer.url, notifyUrl: notifyUrl('bank') }
  return {
    gateways: [
      wechatPay(wechatOptions),
      wechatMixed(wechatOptions, wechat.bureau),
      openingWallet(alipay(alipayOptions), wallet.openWallet),
      bank(bankOptions)
    ],
    splits: [wechatSplits(wechatOptions), alipaySplits(alipayOptions), bankSplits(bankOptions)],
    wechat: demoSimulator(wechat),
    alipay: demoSimulator(wallet),
    bank: demoSimulator(cards),
    close: async () => {
      for (const simulator of [wechat, wallet, cards]) simulator.close()
      await Promise.all([wechatServer, alipayServer, bankServer].map((server) => server.close()))
    }
  }
}

type Server = Awaited<ReturnType<typeof startWireServer>>

/** The patient's phone opens the wallet as soon as the app has the order string, so that an order number is enough to pay. */
function openingWallet (gateway: PaymentGateway, open: (orderString: string) => void): PaymentGateway {
  return {
    ...gateway,
    create: async (order, who) => {
      const prepay = await gateway.create(order, who)
      if (prepay['orderString'] !== undefined) open(prepay['orderString'])
      return prepay
    }
  }
}

function deliveringTo (url: () => string | null): Deliver {
  return async ({ headers, body }) => {
    const target = url()
    if (target === null) throw new Error('the server does not listen yet')
    const answer = await fetch(target, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(callbackTimeoutMs) })
    return { status: answer.status, body: await answer.text() }
  }
}

function demoSimulator (simulator: PaymentChannelSimulator): DemoSimulator {
  return {
    items: async (since) => simulator.items(since),
    setFaults: async (faults) => { simulator.setFaults(faults.filter(isOfPayments)) },
    act: (act) => simulator.act(act)
  }
}

const isOfPayments = (fault: DemoFault): fault is DemoFault & Fault<PaymentFaultKind> => isPaymentFault(fault.kind)

const accountActs: readonly string[] = ['follow', 'scan', 'unfollow', 'authorize']
const accountFaults: readonly string[] = ['unavailable', 'busy', 'stale_token', 'dropped']

/** 微信 is one party with two sides: the official account, and what is paid through it. */
export function joinedWechat (account: DemoSimulator, pay: DemoSimulator): DemoSimulator {
  return {
    items: async (since) => [...await account.items(since), ...await pay.items(since)].sort((one, other) => one.at.getTime() - other.at.getTime()),
    setFaults: async (faults) => {
      const stranger = faults.find(({ kind }) => !accountFaults.includes(kind) && !isPaymentFault(kind))
      if (stranger !== undefined) throw new DomainError('REQUEST_INVALID', 'WeChat has no fault of this kind.', 'faults')
      await account.setFaults(faults.filter(({ kind }) => accountFaults.includes(kind)))
      await pay.setFaults(faults)
    },
    act: (act) => accountActs.includes(act.act) ? account.act(act) : pay.act(act)
  }
}
