import { createHash } from 'node:crypto'
import { DomainError } from '../../../core/errors.ts'
import { fen } from '../../../core/money.ts'
import type { ChannelNotice, PaymentGateway, PaymentOrder, PaymentState, Refund, RefundNotice } from '../../../core/payments/index.ts'

type Half = 'cash' | 'insurance'
type HalfState = 'open' | 'paid' | 'failed' | 'closed'

interface Trade {
  readonly order: PaymentOrder
  readonly halves: Map<Half, HalfState>
  paidAt: Date | null
  readonly refunds: Map<string, { readonly amountFen: number, readonly half: Half | undefined }>
}

export interface ACallback {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What goes wrong at the next call of the channel: it does not hear us, or we do not hear its answer. */
export type Fault = 'none' | 'down' | 'lost_answer'

export interface AChannel {
  readonly gateway: PaymentGateway
  readonly trades: ReadonlyMap<string, Trade>
  /** What the next calls meet, one after the other. */
  readonly faults: Fault[]
  /** The payer pays, if that can be done; of a mixed order one half. */
  readonly pay: (orderNumber: string, half?: Half) => boolean
  readonly fail: (orderNumber: string, half: Half) => void
  readonly calls: string[]
  readonly callbackOf: (orderNumber: string) => ACallback
  readonly refundCallback: (refundNumber: string) => ACallback
  /** The same with one thing wrong. */
  readonly forged: (callback: ACallback, wrong: 'signature' | 'amount' | 'merchant' | 'time' | 'key') => ACallback
  /** What the payers have paid and not got back, in fen. */
  readonly heldFen: (half?: Half) => number
  refuses: boolean
}

const merchant = 'merchant-1'
const secret = 'secret of the channel'
const sign = (body: string): string => createHash('sha256').update(secret).update(body).digest('hex')

/** A payment channel as our port sees it: orders, halves, refunds, call-backs with a proof, and faults on demand. */
export function aChannel (channel: PaymentGateway['channel'], now: () => Date): AChannel {
  const trades = new Map<string, Trade>()
  const faults: Fault[] = []
  const calls: string[] = []
  const state = { refuses: false }
  const through = async <Answer>(name: string, work: () => Answer): Promise<Answer> => {
    calls.push(name)
    const fault = faults.shift() ?? 'none'
    if (fault === 'down') throw new DomainError('OUTSIDE_UNAVAILABLE', 'The channel is out of reach.')
    const answer = work()
    if (fault === 'lost_answer') throw new DomainError('OUTSIDE_UNAVAILABLE', 'The answer did not come.')
    return answer
  }
  const refuse = (): never => { throw new DomainError('OUTSIDE_REFUSED', 'The channel refuses.') }
  const noticeOf = (trade: Trade): ChannelNotice => {
    const states = [...trade.halves.values()]
    const isPaid = states.every((one) => one === 'paid')
    const whole = isPaid ? 'success' : states.includes('failed') ? 'failed' : states.includes('open') ? 'pending' : 'closed'
    const said: Record<HalfState, PaymentState> = { open: 'pending', paid: 'success', failed: 'failed', closed: 'closed' }
    const halves = channel === 'mixed' ? { cashState: said[trade.halves.get('cash') ?? 'open'], insuranceState: said[trade.halves.get('insurance') ?? 'open'] } : {}
    return { orderNumber: trade.order.orderNumber, state: whole, amountFen: trade.order.amountFen, channelNumber: isPaid ? `T-${trade.order.orderNumber}` : null, at: isPaid ? trade.paidAt : null, ...halves }
  }
  const refundNoticeOf = (refundNumber: string, amountFen: number): RefundNotice => ({ refundNumber, state: 'success', amountFen: fen(amountFen), channelNumber: `R-${refundNumber}`, at: now() })
  const amountOf = (order: PaymentOrder, half: Half): number => channel !== 'mixed' ? order.amountFen : half === 'cash' ? order.cashFen : order.insuranceFen
  const paidFen = (trade: Trade, half?: Half): number => [...trade.halves].filter(([name, one]) => one === 'paid' && (half === undefined || name === half)).reduce((sum, [name]) => sum + amountOf(trade.order, name), 0)
  const goneFen = (trade: Trade): number => [...trade.refunds.values()].reduce((sum, { amountFen }) => sum + amountFen, 0)
  const refundIn = (trade: Trade | undefined, refund: Refund): RefundNotice => {
    if (trade === undefined || state.refuses) return refuse()
    const before = trade.refunds.get(refund.refundNumber)
    if (before === undefined && goneFen(trade) + refund.amountFen > paidFen(trade)) return refuse()
    trade.refunds.set(refund.refundNumber, before ?? { amountFen: refund.amountFen, half: refund.half })
    return refundNoticeOf(refund.refundNumber, refund.amountFen)
  }
  const signed = (content: object): ACallback => {
    const body = JSON.stringify({ merchant, key: 'key-1', at: now().toISOString(), ...content })
    return { headers: { 'x-signature': sign(body) }, body: Buffer.from(body) }
  }

  const gateway: PaymentGateway = {
    channel,
    create: (order) => through('create', () => {
      if (state.refuses) refuse()
      if (!trades.has(order.orderNumber)) trades.set(order.orderNumber, { order, halves: new Map<Half, HalfState>(channel === 'mixed' ? [['cash', 'open'], ['insurance', 'open']] : [['cash', 'open']]), paidAt: null, refunds: new Map() })
      return { codeUrl: `pay://${order.orderNumber}` }
    }),
    query: ({ orderNumber }) => through('query', () => {
      const trade = trades.get(orderNumber)
      return trade === undefined ? null : noticeOf(trade)
    }),
    close: ({ orderNumber }) => through('close', () => {
      const trade = trades.get(orderNumber)
      if (trade === undefined || [...trade.halves.values()].every((one) => one === 'paid')) return refuse()
      for (const [half, one] of trade.halves) if (one === 'open') trade.halves.set(half, 'closed')
    }),
    refund: (refund, { orderNumber }) => through('refund', () => refundIn(trades.get(orderNumber), refund)),
    queryRefund: (refund, { orderNumber }) => through('queryRefund', () => {
      const known = trades.get(orderNumber)?.refunds.get(refund.refundNumber)
      return known === undefined ? null : refundNoticeOf(refund.refundNumber, known.amountFen)
    }),
    readCallback: async (headers, body, at) => {
      const text = Buffer.from(body).toString()
      if (headers['x-signature'] !== sign(text)) return null
      const said = JSON.parse(text) as { readonly merchant: string, readonly key: string, readonly at: string, readonly payment?: ChannelNotice, readonly refund?: RefundNotice }
      if (said.merchant !== merchant || said.key !== 'key-1' || at.getTime() - Date.parse(said.at) > 300_000) return null
      const revived = <Notice extends { readonly at: Date | null }>(notice: Notice): Notice => ({ ...notice, at: notice.at === null ? null : new Date(notice.at) })
      if (said.payment !== undefined) return { kind: 'payment', key: text, notice: revived(said.payment) }
      return said.refund === undefined ? null : { kind: 'refund', key: text, notice: revived(said.refund) }
    },
    callbackAnswer: (isTaken) => ({ status: isTaken ? 200 : 401, contentType: 'application/json', body: JSON.stringify({ code: isTaken ? 'SUCCESS' : 'FAIL' }) }),
    statement: async () => null
  }

  return {
    gateway,
    trades,
    faults,
    calls,
    pay: (orderNumber, half = 'cash') => {
      const trade = trades.get(orderNumber)
      if (trade?.halves.get(half) !== 'open') return false
      trade.halves.set(half, 'paid')
      trade.paidAt = now()
      return true
    },
    fail: (orderNumber, half) => {
      const trade = trades.get(orderNumber)
      if (trade?.halves.get(half) === 'open') trade.halves.set(half, 'failed')
    },
    callbackOf: (orderNumber) => {
      const trade = trades.get(orderNumber)
      if (trade === undefined) throw new Error('the channel knows no such order')
      return signed({ payment: noticeOf(trade) })
    },
    refundCallback: (refundNumber) => {
      const found = [...trades.values()].map(({ refunds }) => refunds.get(refundNumber)).find((refund) => refund !== undefined)
      return signed({ refund: refundNoticeOf(refundNumber, found?.amountFen ?? 0) })
    },
    forged: ({ headers, body }, wrong) => {
      const said = JSON.parse(Buffer.from(body).toString()) as { readonly payment: ChannelNotice }
      if (wrong === 'signature') return { headers: { ...headers, 'x-signature': 'WECHATPAY/SIGNTEST/00' }, body }
      if (wrong === 'amount') return signed({ ...said, payment: { ...said.payment, amountFen: said.payment.amountFen + 1 } })
      if (wrong === 'merchant') return signed({ ...said, merchant: 'merchant-2' })
      return wrong === 'key' ? signed({ ...said, key: 'key-2' }) : signed({ ...said, at: new Date(now().getTime() - 300_001).toISOString() })
    },
    heldFen: (half) => [...trades.values()].reduce((sum, trade) => sum + paidFen(trade, half) - [...trade.refunds.values()].filter((refund) => half === undefined || refund.half === half).reduce((gone, { amountFen }) => gone + amountFen, 0), 0),
    get refuses () { return state.refuses },
    set refuses (value: boolean) { state.refuses = value }
  }
}
