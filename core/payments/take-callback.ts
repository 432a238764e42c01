import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { fen } from '../money.ts'
import type { OutboxMessage, OutboxStore } from '../outbox.ts'
import { learn, type Learned } from './learn-notice.ts'
import { learnRefund, type LearnedRefund } from './learn-refund.ts'
import { paymentKinds } from './payment-messages.ts'
import type { LearnTools, PaymentStores } from './payment-tools.ts'
import type { PaymentChannel } from './payment-order.ts'
import type { ChannelNotice, PaymentGateway, PaymentStore, RefundNotice } from './ports.ts'

/** A call-back as it came, with what its channel's own proof says of it. */
export interface KeptCallback {
  readonly id: string
  /** The address it came to. */
  readonly channel: string
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly at: Date
  readonly proven: ProvenCallback | null
}

/** The channel whose gateway proved it: a mixed order's call-back comes to the address of one of its halves. */
export type ProvenCallback = { readonly channel: PaymentChannel } & NonNullable<Awaited<ReturnType<PaymentGateway['readCallback']>>>

interface TakeDeps {
  readonly gateways: readonly PaymentGateway[]
  /** Settles when it is on disk, and its application with it. */
  readonly keep: (callback: KeptCallback) => Promise<void>
  readonly ids: Ids
  readonly keyOf: (headers: Readonly<Record<string, string>>, body: Uint8Array) => string
  /** Business time, for the record. */
  readonly now: () => Date
  /** For the age of signatures. */
  readonly realNow: () => Date
}

interface CameIn {
  readonly channel: CallbackChannel
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export const callbackChannels = ['wechat', 'alipay', 'bank', 'insurance'] as const
export type CallbackChannel = typeof callbackChannels[number]

export type CallbackAnswer = ReturnType<PaymentGateway['callbackAnswer']>

/**
 * 支付回调. Verified, kept as it came, answered; what follows from it happens afterwards, so that the channel never waits
 * for the ledger. What is not proven changes nothing and is kept with its outcome (I-52), a platform's own probe of our
 * verification (WECHATPAY/SIGNTEST/) like any other.
 */
export async function takeCallback ({ gateways, keep, ids, keyOf, now, realNow }: TakeDeps, { channel, headers, body }: CameIn): Promise<CallbackAnswer> {
  const [first, ...others] = gateways.filter((gateway) => gateway.channel === channel || (gateway.channel === 'mixed' && (channel === 'wechat' || channel === 'insurance')))
    .sort((one, other) => Number(one.channel === 'mixed') - Number(other.channel === 'mixed'))
  if (first === undefined) throw new DomainError('PAYMENT_CHANNEL_UNAVAILABLE', 'This channel is not configured here.')
  const proven = await provenBy([first, ...others], { headers, body, now: realNow() })
  await keep({ id: ids.next(), channel, key: `${channel}:${keyOf(headers, body)}`, headers, body, at: now(), proven })
  return first.callbackAnswer(proven !== null)
}

async function provenBy (gateways: readonly PaymentGateway[], { headers, body, now }: { readonly headers: Readonly<Record<string, string>>, readonly body: Uint8Array, readonly now: Date }): Promise<ProvenCallback | null> {
  for (const gateway of gateways) {
    const read = await readBy(gateway, { headers, body, now })
    if (read !== null) return { channel: gateway.channel, ...read }
  }
  return null
}

/** Whatever anybody may send here must not do more than fail to prove itself. */
async function readBy (gateway: PaymentGateway, { headers, body, now }: { readonly headers: Readonly<Record<string, string>>, readonly body: Uint8Array, readonly now: Date }): ReturnType<PaymentGateway['readCallback']> {
  try {
    return await gateway.readCallback(headers, body, now)
  } catch {
    return null
  }
}

/** Keeps some, in one transaction, with the application of those that are proven; what is kept already is passed over. */
export async function keepCallbacks ({ payments, outbox }: { readonly payments: Pick<PaymentStore, 'keepCallback' | 'settleCallback'>, readonly outbox: Pick<OutboxStore, 'add'> }, ids: Ids, callbacks: readonly KeptCallback[]): Promise<void> {
  for (const { proven, ...callback } of callbacks) {
    if (!await payments.keepCallback(callback)) continue
    if (proven === null) await payments.settleCallback(callback.id, 'not_proven', callback.at)
    else await outbox.add({ id: ids.next(), kind: paymentKinds.callback, key: callback.id, payload: { callbackId: callback.id, ...proven }, createdAt: callback.at })
  }
}

/** Applies one, and records what became of it. Again: it says nothing new. */
export async function applyCallback<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, message: OutboxMessage, at: Date): Promise<Learned | LearnedRefund> {
  const { callbackId, ...said } = readPayload(message)
  const outcome = said.kind === 'payment'
    ? await learn(stores, tools, { channel: said.channel, notice: said.notice, at })
    : await learnRefund(stores, tools, { channel: said.channel, notice: said.notice, at })
  await stores.payments.settleCallback(callbackId, outcome, at)
  return outcome
}

function readPayload ({ payload }: OutboxMessage): ProvenCallback & { readonly callbackId: string } {
  const said = payload as unknown as ProvenCallback & { readonly callbackId: string }
  const revived = <Notice extends ChannelNotice | RefundNotice>(notice: Notice): Notice => ({ ...notice, amountFen: fen(notice.amountFen), at: notice.at === null ? null : new Date(notice.at) })
  return said.kind === 'payment' ? { ...said, notice: revived(said.notice) } : { ...said, notice: revived(said.notice) }
}
