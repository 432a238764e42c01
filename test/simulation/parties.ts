import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { insuranceGateway, insurancePayments, signerOf, verifierOf } from '../../adapters/insurance/index.ts'
import { alipay, bank, wechatMixed, wechatPay } from '../../adapters/payments/index.ts'
import { simulatedBureau, type SimulatedBureau } from '../../adapters/simulators/bureau/bureau.ts'
import { openInsurer, type Insurer } from '../../adapters/simulators/insurance/insurer.ts'
import { alipaySimulator } from '../../adapters/simulators/payments/alipay.ts'
import { bankPublicKeys, bankSimulator } from '../../adapters/simulators/payments/bank.ts'
import type { PaymentChannelSimulator } from '../../adapters/simulators/payments/channel.ts'
import { throwAwayKeys } from '../../adapters/simulators/payments/keys.ts'
import type { PaymentFaultKind } from '../../adapters/simulators/payments/payment-faults.ts'
import { wechatPaySimulator, wechatPlatformKeys } from '../../adapters/simulators/payments/wechat-pay.ts'
import { inProcess } from '../../adapters/simulators/payments/wire.ts'
import { seededChance } from '../../adapters/simulators/random.ts'
import type { Fault } from '../../adapters/simulators/fault.ts'
import { referenceKeyFrom } from '../../app/compose/insurance.ts'
import { nobodyOutside, type Outside } from '../../app/compose/area.ts'
import { calendarIn } from '../../core/clock.ts'
import { startOfDayIn } from '../../core/days.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import { fen } from '../../core/money.ts'
import type { ScoreProvider } from '../../core/pay-after-care/index.ts'
import type { PaymentGateway } from '../../core/payments/index.ts'
import { carrier, type Carrier } from './carrier.ts'
import { daysLong, type VirtualClock } from './virtual-time.ts'

/** The way to the product, whichever run of it stands at the moment. */
export interface Door {
  readonly ask: (request: { readonly method: 'GET' | 'POST', readonly url: string, readonly headers?: Readonly<Record<string, string>>, readonly body?: string }) => Promise<{ readonly status: number, readonly bytes: Buffer }>
}

export type Wallet = 'wechat' | 'alipay' | 'bank'
/** What moves when a person agrees to pay. */
export type Moved = { readonly state: string, readonly amountFen: number }

export interface Parties {
  readonly outside: Outside
  readonly carrier: Carrier
  readonly channels: Readonly<Record<Wallet, PaymentChannelSimulator>>
  readonly insurer: Insurer
  readonly insurerStatement: (day: string) => Promise<Uint8Array | null>
  readonly bureaus: ReadonlyMap<string, SimulatedBureau>
  readonly bureauKey: KeyObject
  readonly bureauTokens: Map<string, string>
  /** Whether the insurer knows the person, and where. */
  readonly setRegion: (residentId: string, isInsured: boolean) => Promise<unknown>
  readonly setScores: (residentId: string, scores: { readonly bank: number, readonly zhima: number }) => void
  /** Settles when no call-back is on its way; answers whether one was. */
  readonly delivered: () => Promise<boolean>
  readonly setFaults: (areOn: boolean) => void
  readonly close: () => void
}

export interface PartiesOptions {
  readonly clock: VirtualClock
  readonly ids: Ids
  readonly seed: number
  readonly zone: string
  readonly hospitals: readonly string[]
  readonly creditors: readonly string[]
  readonly door: Door
}

const region = '999900'
const wechatMerchant = { merchantId: '1900000001', appId: 'wx0000000000demo', merchantSerial: '4F1A2B3C4D5E6F708192A3B4C5D6E7F801234567', apiV3Key: 'demo-api-v3-key-of-nobody-000001' }
const alipayMerchant = { appId: '2021000000000001', sellerId: '2088000000000009' }
const bankMerchant = { merchantId: '777290058110048', certificateId: '68759663125' }
const notifyUrl = (channel: string): string => `https://yiqiao.example/v1/payments/callbacks/${channel}`

/** Every party outside: the simulators that the demo has, called in process with their true signatures. */
export async function openParties (options: PartiesOptions): Promise<Parties> {
  const { clock, ids, seed, zone, door, creditors } = options
  const pending = new Set<Promise<unknown>>()
  let calls = 0
  const calling = <Result>(work: Promise<Result>): Promise<Result> => {
    const run = work.finally(() => { pending.delete(run) })
    pending.add(run)
    calls += 1
    return run
  }
  const keys = await throwAwayKeys()
  const deliver = (channel: string) => async ({ headers, body }: { readonly headers: Readonly<Record<string, string>>, readonly body: string }) => {
    const { status, bytes } = await calling(door.ask({ method: 'POST', url: `/v1/payments/callbacks/${channel}`, headers, body }))
    return { status, body: bytes.toString('utf8') }
  }
  const common = { clock, calendar: calendarIn(zone), startOfDay: startOfDayIn(zone), realClock: clock, ids, keys, seed, slowMs: 1, retryAfterMs: 1 }
  const wechat = wechatPaySimulator({ ...common, deliver: deliver('wechat'), merchant: wechatMerchant })
  const wallet = alipaySimulator({ ...common, deliver: deliver('alipay'), merchant: alipayMerchant })
  const cards = bankSimulator({ ...common, deliver: deliver('bank'), merchant: bankMerchant })
  const insurance = openInsurance(options, (body) => calling(door.ask({ method: 'POST', url: '/v1/payments/callbacks/insurance', headers: { 'content-type': 'application/json' }, body })).then(({ status }) => status))
  const wechatOptions = { clock, exchange: inProcess(wechat.handle), ...wechatMerchant, merchantKey: keys.merchant.privateKey, platformKeys: wechatPlatformKeys(keys), url: 'https://wechat.example', notifyUrl: notifyUrl('wechat'), nonces: ids }
  const alipayGateway = alipay({ clock, exchange: inProcess(wallet.handle), ...alipayMerchant, appKey: keys.merchant.privateKey, platformKeys: [keys.platform.publicKey, keys.nextPlatform.publicKey], gatewayUrl: 'https://alipay.example/gateway.do', notifyUrl: notifyUrl('alipay') })
  const gateways = [
    ...insurance.payments,
    wechatPay(wechatOptions),
    wechatMixed(wechatOptions, wechat.bureau),
    openingWallet(alipayGateway, wallet.openWallet),
    bank({ clock, exchange: inProcess(cards.handle), ...bankMerchant, key: keys.merchant.privateKey, bankKeys: bankPublicKeys(keys), url: 'https://bank.example', notifyUrl: notifyUrl('bank') })
  ]
  const scores = scoreBook(seed)
  const bureauKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const bureauTokens = new Map<string, string>()
  const bureaus = new Map(creditors.map((creditor) => [creditor, simulatedBureau({ creditor, privateKey: bureauKey, clock, ask: (request) => askedBy(door, bureauTokens.get(creditor) ?? '', request) })]))
  const channels = { wechat, alipay: wallet, bank: cards }
  return {
    outside: { ...nobodyOutside, payments: gateways, insurance: insurance.gateway, scores: scores.providers },
    carrier: carrier(clock, seed, true),
    channels,
    insurer: insurance.insurer,
    insurerStatement: insurance.statement,
    bureaus,
    bureauKey: createPublicKey(bureauKey),
    bureauTokens,
    setRegion: (residentId, isInsured) => insurance.insurer.act({ act: 'set', key: `region:${residentId}:${isInsured ? region : 'none'}` }),
    setScores: scores.set,
    delivered: async () => {
      const wasAny = pending.size > 0 || calls > 0
      while (pending.size > 0) await Promise.all(pending)
      calls = 0
      return wasAny
    },
    setFaults: (areOn) => {
      for (const [place, channel] of Object.values(channels).entries()) channel.setFaults(areOn ? paymentFaults(seed + place * 100) : [])
      insurance.insurer.setFaults(areOn ? insurerFaults(seed) : [])
      for (const bureau of bureaus.values()) bureau.setFaults(areOn ? bureauFaults(seed) : [])
      scores.setFaults(areOn)
    },
    close: () => { for (const channel of Object.values(channels)) channel.close() }
  }
}

function paymentFaults (seed: number): ReadonlyArray<Fault<PaymentFaultKind>> {
  const rates: ReadonlyArray<readonly [PaymentFaultKind, number, number | null]> = [
    ['unavailable', 0.01, null], ['dropped', 0.01, null], ['lost', 0.02, null], ['key_rotation', 0.002, 1],
    ['duplicate', 0.05, null], ['reordered', 0.05, null], ['forged', 0.05, null], ['wrong_amount', 0.02, null], ['signature_test', 0.02, null],
    ['refund_pending', 0.2, null], ['half_success', 0.3, null],
    ['statement_late', 0.1, null], ['statement_extra_column', 0.1, null], ['statement_corrupted', 0.05, null]
  ]
  return rates.map(([kind, rate, count], place) => ({ kind, rate, count, seed: seed + place }))
}

function insurerFaults (seed: number): Parameters<Insurer['setFaults']>[0] {
  const rates = [['unavailable', 0.01], ['lost', 0.02], ['rejected', 0.01], ['wrong_split', 0.005], ['forged', 0.01], ['lock_refused', 0.05], ['late_statement', 0.1],
    ['duplicate', 0.05], ['wrong_amount', 0.02], ['forged_callback', 0.03], ['no_callback', 0.05]] as const
  return rates.map(([kind, rate], place) => ({ kind, rate, count: null, seed: seed + 1_000 + place }))
}

function bureauFaults (seed: number): Parameters<SimulatedBureau['setFaults']>[0] {
  const rates = [['reject', 0.05], ['lost_ack', 0.01], ['corrupted', 0.02], ['gap', 0.02], ['down', 0.05]] as const
  return rates.map(([kind, rate], place) => ({ kind, rate, count: null, seed: seed + 2_000 + place }))
}

/** The patient's phone opens the wallet as soon as the app has the order string. */
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

async function askedBy (door: Door, token: string, { method, path, body }: { readonly method: 'GET' | 'POST', readonly path: string, readonly body?: unknown }): Promise<{ readonly status: number, readonly bytes: Uint8Array } | null> {
  return await door.ask({ method, url: path, headers: { authorization: `Bearer ${token}`, ...body === undefined ? {} : { 'content-type': 'application/json' } }, ...body === undefined ? {} : { body: JSON.stringify(body) } })
}

interface Insurance {
  readonly insurer: Insurer
  readonly gateway: NonNullable<Outside['insurance']>
  readonly payments: readonly PaymentGateway[]
  readonly statement: (day: string) => Promise<Uint8Array | null>
}

function openInsurance ({ clock, ids, hospitals }: PartiesOptions, callBack: (body: string) => Promise<number>): Insurance {
  const [ours, theirs] = [aKeyPair(), aKeyPair()]
  const insurer = openInsurer({
    signer: signerOf('SM2', theirs.privateKey), verifier: verifierOf('SM2', ours.publicKey), region, persons: [], usualBalanceFen: fen(80_000), fundPercent: 70, clock, realClock: clock, ids, callBack, slowMs: 1
  })
  const options = {
    exchange: async (body: string) => {
      const answer = insurer.answer(body)
      if (answer === null) throw new Error('the connection was lost')
      return answer
    },
    signer: signerOf('SM2', ours.privateKey), verifier: verifierOf('SM2', theirs.publicKey), region, receiver: 'YIQIAO_SIM',
    institutions: new Map(hospitals.map((id, place) => [id, { code: `H9999000${String(place).padStart(4, '0')}`, name: `机构${place + 1}` }])), clock, ids
  }
  const payments = insurancePayments(options)
  return {
    insurer, payments: [payments],
    gateway: insuranceGateway({ ...options, referenceKey: referenceKeyFrom(ours.privateKey), usesAccount: false, locksCards: true }),
    statement: async (day) => await payments.statement(day as Parameters<PaymentGateway['statement']>[0])
  }
}

function aKeyPair (): { readonly privateKey: string, readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' })
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

/** 评分. Two providers that now and then do not answer. */
function scoreBook (seed: number): { readonly providers: readonly ScoreProvider[], readonly set: Parties['setScores'], readonly setFaults: (areOn: boolean) => void } {
  const scores = new Map<string, { readonly bank: number, readonly zhima: number }>()
  const chance = seededChance(`scores:${seed}`)
  let areFaultsOn = false
  let evidence = 0
  const providerOf = (name: 'bank' | 'zhima'): ScoreProvider => {
    const scoreOf = (residentId: string): number => {
      if (areFaultsOn && chance.happens(0.02)) throw new DomainError('OUTSIDE_UNAVAILABLE', 'The provider does not answer.')
      return scores.get(residentId)?.[name] ?? 0
    }
    return {
      name,
      assertAtLeast: async ({ residentId }, threshold, at) => ({ isMet: scoreOf(residentId) >= threshold, evidenceId: `${name}-${evidence += 1}`, expiresAt: new Date(at.getTime() + daysLong(30)) }),
      scoreOf: async ({ residentId }, at) => ({ score: scoreOf(residentId), asOf: at.toISOString().slice(0, 10) as Awaited<ReturnType<ScoreProvider['scoreOf']>>['asOf'] })
    }
  }
  return { providers: [providerOf('bank'), providerOf('zhima')], set: (residentId, given) => { scores.set(residentId, given) }, setFaults: (areOn) => { areFaultsOn = areOn } }
}
