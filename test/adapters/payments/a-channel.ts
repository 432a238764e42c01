import { randomUUID } from 'node:crypto'
import { alipay, alipaySplits, bank, bankSplits, httpExchange, wechatMixed, wechatPay, wechatSplits, type Exchange } from '../../../adapters/payments/index.ts'
import { alipaySimulator } from '../../../adapters/simulators/payments/alipay.ts'
import { bankPublicKeys, bankSimulator } from '../../../adapters/simulators/payments/bank.ts'
import type { ChannelOptions, PaymentChannelSimulator } from '../../../adapters/simulators/payments/channel.ts'
import type { Callback } from '../../../adapters/simulators/payments/delivery.ts'
import { throwAwayKeys } from '../../../adapters/simulators/payments/keys.ts'
import type { PaymentFaultKind } from '../../../adapters/simulators/payments/payment-faults.ts'
import { wechatPaySimulator, wechatPlatformKeys, type WechatPaySimulator } from '../../../adapters/simulators/payments/wechat-pay.ts'
import { inProcess, startWireServer } from '../../../adapters/simulators/payments/wire.ts'
import { calendarIn } from '../../../core/clock.ts'
import { startOfDayIn } from '../../../core/days.ts'
import { fen } from '../../../core/money.ts'
import type { SplitGateway } from '../../../core/escrow/index.ts'
import type { PaymentGateway, PaymentOrder, Refund } from '../../../core/payments/index.ts'
import type { Teardown } from '../../fixtures/store.ts'

export const keys = await throwAwayKeys()
export const strangerKeys = await throwAwayKeys()
/** Real time, which signatures go by. */
export const realNow = new Date('2026-11-26T08:00:00Z')
const realClock = { now: () => realNow }

export const wechatMerchant = { merchantId: '1900000001', appId: 'wx0000000000test', merchantSerial: '4F1A2B3C4D5E6F708192A3B4C5D6E7F801234567', apiV3Key: 'test-api-v3-key-of-nobody-000001' }
export const alipayMerchant = { appId: '2021000000000001', sellerId: '2088000000000009' }
export const bankMerchant = { merchantId: '777290058110048', certificateId: '68759663125' }
export const notifyUrl = 'https://yiqiao.example/callbacks'

export interface ChannelUnderTest {
  readonly gateway: PaymentGateway
  readonly splits: SplitGateway
  readonly simulator: PaymentChannelSimulator
  /** Business time, to be set. */
  readonly clock: { at: Date }
  /** What came back to us, as it came; answered as the gateway says. */
  readonly callbacks: Callback[]
  readonly read: (callback: Callback | undefined) => ReturnType<PaymentGateway['readCallback']>
  readonly url: string
  readonly fail: (kind: PaymentFaultKind, count?: number) => void
}

export type WechatUnderTest = ChannelUnderTest & { readonly mixed: PaymentGateway, readonly bureau: WechatPaySimulator['bureau'] }

type Way = 'http' | 'process'
type Given = { readonly url: string, readonly exchange: Exchange }
type Opened<Simulator> = { readonly simulator: Simulator, readonly gatewayOf: (given: Given) => PaymentGateway, readonly splitsOf: (given: Given) => SplitGateway }

async function opened<Simulator extends PaymentChannelSimulator> (t: Teardown, way: Way, make: (options: ChannelOptions) => Opened<Simulator>): Promise<ChannelUnderTest & { readonly simulator: Simulator, readonly exchange: Exchange }> {
  const clock = { at: new Date('2027-03-01T10:00:00+08:00') }
  const callbacks: Callback[] = []
  const ears: { gateway: PaymentGateway | null } = { gateway: null }
  const { simulator, gatewayOf, splitsOf } = make({
    clock: { now: () => clock.at }, calendar: calendarIn('Asia/Shanghai'), startOfDay: startOfDayIn('Asia/Shanghai'), realClock, ids: { next: randomUUID }, keys, seed: 7, slowMs: 60_000, retryAfterMs: 1,
    deliver: async (callback) => {
      callbacks.push(callback)
      const proven = await ears.gateway?.readCallback(callback.headers, Buffer.from(callback.body), realNow) ?? null
      return ears.gateway?.callbackAnswer(proven !== null) ?? { status: 500, body: '' }
    }
  })
  const server = way === 'http' ? await startWireServer(simulator.handle, { host: '127.0.0.1', port: 0 }) : null
  t.teardown(async () => {
    simulator.close()
    await server?.close()
  })
  const url = server?.url ?? 'https://channel.simulated'
  const exchange = server === null ? inProcess(simulator.handle) : httpExchange({ timeoutMs: 400, maxBytes: 1_000_000 })
  const gateway = gatewayOf({ url, exchange })
  ears.gateway = gateway
  return {
    gateway, splits: splitsOf({ url, exchange }), simulator, clock, callbacks, url, exchange,
    read: async (callback) => callback === undefined ? null : await gateway.readCallback(callback.headers, Buffer.from(callback.body), realNow),
    fail: (kind, count = 1) => { simulator.setFaults([{ kind, rate: 1, count, seed: 1 }]) }
  }
}

export const wechatOptions = (given: { readonly url: string, readonly exchange: Exchange }) => ({
  ...wechatMerchant, ...given, merchantKey: keys.merchant.privateKey, platformKeys: wechatPlatformKeys(keys), notifyUrl, clock: realClock, nonces: { next: randomUUID }
})

const alipayOptions = ({ url, exchange }: Given) => ({ ...alipayMerchant, appKey: keys.merchant.privateKey, platformKeys: [keys.platform.publicKey, keys.nextPlatform.publicKey], gatewayUrl: `${url}/gateway.do`, notifyUrl, clock: realClock, exchange })
const bankOptions = ({ url, exchange }: Given) => ({ ...bankMerchant, key: keys.merchant.privateKey, bankKeys: bankPublicKeys(keys), url, notifyUrl, clock: realClock, exchange })

export async function aWechat (t: Teardown, way: Way = 'http'): Promise<WechatUnderTest> {
  const channel = await opened(t, way, (options) => ({ simulator: wechatPaySimulator({ ...options, merchant: wechatMerchant }), gatewayOf: (given) => wechatPay(wechatOptions(given)), splitsOf: (given) => wechatSplits(wechatOptions(given)) }))
  return { ...channel, mixed: wechatMixed(wechatOptions(channel), channel.simulator.bureau), bureau: channel.simulator.bureau }
}

export async function anAlipay (t: Teardown, way: Way = 'http'): Promise<ChannelUnderTest & { readonly openWallet: (orderString: string) => void }> {
  const channel = await opened(t, way, (options) => ({
    simulator: alipaySimulator({ ...options, merchant: alipayMerchant }),
    gatewayOf: (given) => alipay(alipayOptions(given)),
    splitsOf: (given) => alipaySplits(alipayOptions(given))
  }))
  return { ...channel, openWallet: channel.simulator.openWallet }
}

export async function aBank (t: Teardown, way: Way = 'http'): Promise<ChannelUnderTest> {
  return await opened(t, way, (options) => ({
    simulator: bankSimulator({ ...options, merchant: bankMerchant }),
    gatewayOf: (given) => bank(bankOptions(given)),
    splitsOf: (given) => bankSplits(bankOptions(given))
  }))
}

export const nobody = { description: '门诊费用', openid: null, person: null }

export function anOrder (change: Partial<PaymentOrder> = {}): PaymentOrder {
  return {
    id: 'order-1', orderNumber: 'ord00000000000000000000000000001', purpose: 'bills', subjectId: 'contract-1', payerPatientId: 'patient-1', channel: 'wechat', mode: 'qr',
    amountFen: fen(12_345), parts: [{ hospitalId: 'east', referenceId: 'bill-1', patientId: 'patient-1', amountFen: fen(12_345) }], state: 'created',
    cashFen: fen(12_345), insuranceFen: fen(0), cashState: null, insuranceState: null, channelNumber: null, prepay: null,
    createdAt: new Date('2027-03-01T10:00:00+08:00'), expiresAt: new Date('2027-03-01T12:00:00+08:00'), paidAt: null, refundedFen: fen(0), queries: 0, nextQueryAt: null, ...change
  }
}

export function aRefund (change: Partial<Refund> = {}): Refund {
  return {
    id: 'refund-1', orderId: 'order-1', refundNumber: 'ref00000000000000000000000000001', sourceKey: 'refund:1', amountFen: fen(2_345), parts: [], reason: 'charge_reversed', state: 'submitted',
    requestedBy: 'finance', requestedAt: new Date('2027-03-01T11:00:00+08:00'), approvedBy: null, channelNumber: null, doneAt: null, queries: 0, nextQueryAt: null, ...change
  }
}
