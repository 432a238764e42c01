import { DomainError } from '../errors.ts'
import { namedPersonOf, type NamedPerson } from '../identity/index.ts'
import { fen, sumFen, type Fen } from '../money.ts'
import { askChannel, isNoAnswer, isRefused } from './ask-channel.ts'
import { learn } from './learn-notice.ts'
import { isOpen, movedPayment, openStates } from './payment-states.ts'
import { gatewayOf, noPayment, purposeOf, type PaymentStores, type PaymentTools } from './payment-tools.ts'
import { payerOf, type Payer, type PaymentChannel, type PaymentMode, type PaymentOrder } from './payment-order.ts'
import type { Payable, PaymentGateway, WantedPayment } from './ports.ts'
import { nextQuery, orderLivesMs } from './query-schedule.ts'

export interface CreatePayment extends Pick<WantedPayment, 'patientIds' | 'items' | 'amountFen'> {
  readonly purpose: string
  readonly payer: Payer
  readonly channel: PaymentChannel
  readonly mode: PaymentMode
  /** Of a mixed order: what the insurance account is to give; null: as the payable says. */
  readonly insuranceFen: Fen | null
  /** The payer's in the wallet's own app. */
  readonly openid: string | null
  /** Its fingerprint. */
  readonly walletKey: string | null
}

interface Opened {
  readonly order: PaymentOrder
  readonly payable: Payable
  readonly person: NamedPerson | null
}

/** So many payments of one subject may be open at a time. */
const mostOpen = 20

/**
 * 下单. Makes an order, or finds the open one for the same thing, and tells its channel: outside the transaction, since
 * an answer may be slow or never come. Then the order is unknown, and is queried.
 */
export async function createPayment<Stores extends PaymentStores> (tools: PaymentTools<Stores>, command: CreatePayment): Promise<PaymentOrder> {
  const gateway = gatewayOf(tools, command.channel)
  const opened = await tools.inTransaction((stores) => openOrder(stores, tools, command))
  return opened.order.prepay === null ? await present(tools, gateway, { ...opened, openid: command.openid }) : opened.order
}

async function openOrder<Stores extends PaymentStores> (stores: Stores, tools: PaymentTools<Stores>, command: CreatePayment): Promise<Opened> {
  const { payments } = stores
  const at = tools.clock.now()
  const { purpose, payer, patientIds, items, amountFen } = command
  const wanted = { patientIds, items, amountFen, at }
  const first = await purposeOf(tools, purpose).payables.owed(stores, payer, wanted)
  await payments.lockSubject(purpose, first.subjectId)
  // Somebody may have paid before the lock was ours.
  const payable = await purposeOf(tools, purpose).payables.owed(stores, payer, wanted)
  // A wallet needs no name.
  const isInsured = command.channel === 'insurance' || command.channel === 'mixed'
  if (isInsured && payable.isHeld === true) throw new DomainError('PAYMENT_NOT_HOLDABLE', 'An insurance account cannot keep money back until the service is done. Pay by WeChat, Alipay or bank.', 'channel')
  const person = isInsured ? await insuredPerson(stores, payer) : null
  const made = newOrder(payable, command, { id: tools.ids.next(), at })
  const open = (await payments.list({ payerPatientIds: null, subjectId: payable.subjectId, purpose, states: openStates }, { limit: mostOpen, offset: 0 }))
  const same = open.find((other) => isSame(other, made) && other.expiresAt > at)
  if (same !== undefined) return { order: same, payable, person }
  if (open.length >= mostOpen) throw new DomainError('PAYMENT_NOT_PAYABLE', 'Too many payments are open for this. Cancel one, or wait until they expire.')
  await payments.save(made)
  return { order: made, payable, person }
}

async function insuredPerson ({ patients }: PaymentStores, payer: Payer): Promise<NamedPerson> {
  const person = payer.kind === 'person' ? await namedPersonOf({ patients }, payer.patientId) : null
  if (person === null) throw new DomainError('PAYMENT_NOT_PAYABLE', 'The insurance account is found by name and resident id, which no record of this person has. Choose another channel.', 'channel')
  return person
}

function newOrder (payable: Payable, { purpose, payer, channel, mode, insuranceFen, walletKey }: CreatePayment, { id, at }: { readonly id: string, readonly at: Date }): PaymentOrder {
  const amountFen = sumFen(payable.parts.map((part) => part.amountFen))
  if (payable.parts.length === 0 || payable.parts.some((part) => part.amountFen <= 0)) throw new DomainError('PAYMENT_NOT_PAYABLE', 'Nothing is owed here.')
  const insured = insuredFen(channel, amountFen, insuranceFen ?? payable.insuranceFen)
  const order = {
    id,
    orderNumber: id.replaceAll('-', ''),
    purpose,
    subjectId: payable.subjectId,
    payerPatientId: payer.kind === 'person' ? payer.patientId : null,
    payerOrganizationId: payer.kind === 'organization' ? payer.organizationId : null,
    isHeld: payable.isHeld === true,
    channel,
    mode,
    amountFen,
    parts: payable.parts,
    state: 'created' as const,
    cashFen: fen(amountFen - insured),
    insuranceFen: insured,
    cashState: channel === 'mixed' ? 'created' as const : null,
    insuranceState: channel === 'mixed' ? 'created' as const : null,
    channelNumber: null,
    prepay: null,
    walletKey,
    createdAt: at,
    expiresAt: new Date(at.getTime() + orderLivesMs),
    paidAt: null,
    paidOn: null,
    refundedFen: fen(0),
    queries: 0
  }
  return { ...order, nextQueryAt: nextQuery(order, at) }
}

function insuredFen (channel: PaymentChannel, amountFen: Fen, wanted: Fen | null): Fen {
  if (channel === 'insurance') return amountFen
  if (channel !== 'mixed') return fen(0)
  if (wanted !== null && wanted > 0 && wanted < amountFen) return wanted
  throw new DomainError('PAYMENT_AMOUNT_INVALID', 'A mixed payment takes a part from the insurance account, and a part by the wallet. Name the part of insurance, or choose one channel.', 'insuranceFen')
}

function isSame (one: PaymentOrder, other: PaymentOrder): boolean {
  const keyOf = ({ channel, mode, amountFen, insuranceFen, walletKey = null, parts, ...order }: PaymentOrder): string =>
    JSON.stringify([channel, mode, amountFen, insuranceFen, payerOf(order), walletKey, parts.map((part) => [part.hospitalId, part.referenceId, part.amountFen]).sort()])
  return keyOf(one) === keyOf(other)
}

interface Presented extends Opened {
  readonly openid: string | null
}

async function present<Stores extends PaymentStores> (tools: PaymentTools<Stores>, gateway: PaymentGateway, { order, ...asked }: Presented): Promise<PaymentOrder> {
  const prepay = await tell(tools, gateway, { order, ...asked })
  if (prepay === null) return await changed(tools, order.id, (stands) => stands.state === 'created' || stands.state === 'pending' ? movedPayment(stands, 'unknown') : stands)
  await changed(tools, order.id, (stands) => ({ ...stands.state === 'created' || stands.state === 'unknown' ? movedPayment(stands, 'pending') : stands, prepay }))
  // An insurance account pays at once; nobody has to confirm in a wallet.
  if (order.channel === 'insurance' || order.mode === 'card') await askChannel(tools, order, { isToClose: false })
  return await tools.inTransaction(async ({ payments }) => await payments.find(order.id) ?? order)
}

/** The same number on every repetition, so that the channel makes one order of it. Null: no answer came. */
async function tell<Stores extends PaymentStores> (tools: PaymentTools<Stores>, gateway: PaymentGateway, { order, payable, person, openid }: Presented): Promise<PaymentOrder['prepay']> {
  try {
    return await gateway.create(order, { description: payable.description, openid, person })
  } catch (error) {
    if (isNoAnswer(error)) return null
    if (isRefused(error)) {
      const refused = { orderNumber: order.orderNumber, state: 'failed' as const, amountFen: order.amountFen, channelNumber: null, at: null }
      await tools.inTransaction((stores) => learn(stores, tools, { channel: order.channel, notice: refused, at: tools.clock.now() }))
    }
    throw error
  }
}

async function changed<Stores extends PaymentStores> (tools: PaymentTools<Stores>, id: string, change: (stands: PaymentOrder) => PaymentOrder): Promise<PaymentOrder> {
  return await tools.inTransaction(async ({ payments }) => {
    const stands = await payments.findForChange(id)
    if (stands === null) throw noPayment()
    const order = isOpen(stands) || stands.prepay === null ? change(stands) : stands
    await payments.save(order)
    return order
  })
}
