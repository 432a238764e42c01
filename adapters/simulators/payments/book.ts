import type { Calendar, CalendarDate, Clock } from '../../../core/clock.ts'

export interface Trade {
  /** The merchant's number. */
  readonly number: string
  readonly channelNumber: string
  /** The whole; of a mixed order `insuranceFen` of it comes from the insurance account. */
  readonly amountFen: number
  readonly insuranceFen: number
  /** What the protocol wants to see again: openid, attachment, times as they were written. */
  readonly details: Readonly<Record<string, string>>
  readonly createdAt: Date
  readonly expiresAt: Date | null
  state: TradeState
  cashState: TradeState
  insuranceState: TradeState
  paidAt: Date | null
  /** Kept back for profit sharing until it is split or freed. */
  isFrozen: boolean
  sharedFen: number
  /** Given back at the insurance bureau; later told to the platform. */
  insuranceBackFen: number
}

export type TradeState = 'waiting' | 'success' | 'failed' | 'closed'

export interface Refunded {
  readonly number: string
  readonly channelNumber: string
  readonly trade: Trade
  readonly amountFen: number
  readonly createdAt: Date
  /** When the money is back. */
  dueAt: Date
}

export interface Payout {
  readonly number: string
  readonly channelNumber: string
  readonly to: 'balance' | 'card'
  readonly receiver: string
  readonly amountFen: number
  readonly at: Date
}

export interface Split {
  readonly number: string
  readonly channelNumber: string
  readonly trade: Trade
  readonly receivers: ReadonlyArray<{ readonly account: string, readonly amountFen: number }>
  readonly isLast: boolean
  readonly at: Date
}

export type NewTrade = Pick<Trade, 'number' | 'amountFen' | 'insuranceFen' | 'details' | 'expiresAt' | 'isFrozen'>

/** What a channel knows, in its own words for each answer. Repetitions of a number change nothing; other content is refused. */
export interface Book {
  readonly open: (trade: NewTrade) => { readonly kind: 'opened' | 'same', readonly trade: Trade } | { readonly kind: 'differs' | 'paid' | 'closed' }
  readonly trade: (number: string) => Trade | null
  /** Notes the day of a payment, for its statement. */
  readonly paid: (trade: Trade) => void
  readonly byChannelNumber: (channelNumber: string) => Trade | null
  readonly refund: (wanted: { readonly number: string, readonly trade: Trade, readonly amountFen: number, readonly waitsMs: number }) => { readonly kind: 'accepted' | 'same', readonly refund: Refunded } | { readonly kind: 'differs' | 'unpaid' | 'exceeds' }
  readonly refunded: (number: string) => Refunded | null
  readonly isBack: (refund: Refunded) => boolean
  readonly refundedFen: (trade: Trade) => number
  readonly payOut: (wanted: Pick<Payout, 'number' | 'to' | 'receiver' | 'amountFen'>) => { readonly kind: 'paid' | 'same', readonly payout: Payout } | { readonly kind: 'differs' }
  readonly payout: (number: string) => Payout | null
  readonly split: (wanted: Pick<Split, 'number' | 'trade' | 'receivers' | 'isLast'>) => { readonly kind: 'split' | 'same', readonly split: Split } | { readonly kind: 'differs' | 'not_frozen' | 'exceeds' }
  readonly splitOf: (number: string) => Split | null
  /** Paid trades and done refunds of a day, for its statement. */
  readonly of: (day: CalendarDate) => { readonly trades: readonly Trade[], readonly refunds: readonly Refunded[] }
}

interface BookState {
  readonly trades: Map<string, Trade>
  readonly byChannelNumber: Map<string, Trade>
  readonly refunds: Map<string, Refunded>
  readonly payouts: Map<string, Payout>
  readonly splits: Map<string, Split>
  readonly paidOn: Map<CalendarDate, Trade[]>
  count: number
}

export function openBook ({ clock, calendar, prefix }: { readonly clock: Clock, readonly calendar: Calendar, readonly prefix: string }): Book {
  const state: BookState = { trades: new Map(), byChannelNumber: new Map(), refunds: new Map(), payouts: new Map(), splits: new Map(), paidOn: new Map(), count: 0 }
  const nextNumber = (): string => {
    state.count += 1
    return `${prefix}${calendar(clock.now()).replaceAll('-', '')}${String(state.count).padStart(12, '0')}`
  }
  const made = { now: clock.now, nextNumber }
  const isBack = (refund: Refunded): boolean => refund.dueAt <= clock.now()
  return {
    open: (trade) => openTrade(state, trade, made),
    trade: (number) => current(state.trades.get(number), clock.now()),
    paid: (trade) => {
      const day = calendar(trade.paidAt ?? clock.now())
      const trades = state.paidOn.get(day)
      if (trades === undefined) state.paidOn.set(day, [trade])
      else trades.push(trade)
    },
    byChannelNumber: (number) => current(state.byChannelNumber.get(number), clock.now()),
    refund: (wanted) => openRefund(state, wanted, made),
    refunded: (number) => state.refunds.get(number) ?? null,
    isBack,
    refundedFen: (trade) => refundedFen(state, trade),
    payOut: (wanted) => openPayout(state, wanted, made),
    payout: (number) => state.payouts.get(number) ?? null,
    split: (wanted) => openSplit(state, wanted, made),
    splitOf: (number) => state.splits.get(number) ?? null,
    of: (day) => ({
      trades: (state.paidOn.get(day) ?? []).filter(({ cashState }) => cashState === 'success'),
      refunds: [...state.refunds.values()].filter((refund) => isBack(refund) && calendar(refund.dueAt) === day)
    })
  }
}

interface Made {
  readonly now: () => Date
  readonly nextNumber: () => string
}

/** An order that was not paid in time is closed by itself. */
function current (trade: Trade | undefined, now: Date): Trade | null {
  if (trade === undefined) return null
  const isOver = trade.state === 'waiting' && trade.expiresAt !== null && trade.expiresAt <= now
  if (isOver) {
    for (const part of ['state', 'cashState', 'insuranceState'] as const) if (trade[part] === 'waiting') trade[part] = 'closed'
  }
  return trade
}

function openTrade (state: BookState, wanted: NewTrade, { now, nextNumber }: Made): ReturnType<Book['open']> {
  const known = current(state.trades.get(wanted.number), now())
  if (known !== null) {
    if (known.amountFen !== wanted.amountFen) return { kind: 'differs' }
    if (known.state === 'success') return { kind: 'paid' }
    return known.state === 'waiting' ? { kind: 'same', trade: known } : { kind: 'closed' }
  }
  const trade: Trade = { ...wanted, channelNumber: nextNumber(), createdAt: now(), state: 'waiting', cashState: 'waiting', insuranceState: 'waiting', paidAt: null, sharedFen: 0, insuranceBackFen: 0 }
  state.trades.set(trade.number, trade)
  state.byChannelNumber.set(trade.channelNumber, trade)
  return { kind: 'opened', trade }
}

function refundedFen (state: BookState, trade: Trade): number {
  let sum = 0
  for (const refund of state.refunds.values()) if (refund.trade === trade) sum += refund.amountFen
  return sum
}

function openRefund (state: BookState, { number, trade, amountFen, waitsMs }: Parameters<Book['refund']>[0], { now, nextNumber }: Made): ReturnType<Book['refund']> {
  const known = state.refunds.get(number)
  if (known !== undefined) return known.trade === trade && known.amountFen === amountFen ? { kind: 'same', refund: known } : { kind: 'differs' }
  if (trade.cashState !== 'success') return { kind: 'unpaid' }
  if (amountFen <= 0 || refundedFen(state, trade) + amountFen > trade.amountFen - trade.insuranceFen) return { kind: 'exceeds' }
  const refund: Refunded = { number, channelNumber: nextNumber(), trade, amountFen, createdAt: now(), dueAt: new Date(now().getTime() + waitsMs) }
  state.refunds.set(number, refund)
  return { kind: 'accepted', refund }
}

function openPayout (state: BookState, wanted: Parameters<Book['payOut']>[0], { now, nextNumber }: Made): ReturnType<Book['payOut']> {
  const known = state.payouts.get(wanted.number)
  if (known !== undefined) return known.amountFen === wanted.amountFen && known.receiver === wanted.receiver ? { kind: 'same', payout: known } : { kind: 'differs' }
  const payout: Payout = { ...wanted, channelNumber: nextNumber(), at: now() }
  state.payouts.set(payout.number, payout)
  return { kind: 'paid', payout }
}

/** Accounts of nobody any more: no channel pays to them. */
export const isClosedAccount = (account: string): boolean => /^(closed|0000)/.test(account)

/** Only money that was kept back can be split; the last split frees what is left. */
function openSplit (state: BookState, wanted: Parameters<Book['split']>[0], { now, nextNumber }: Made): ReturnType<Book['split']> {
  const { trade, receivers, isLast } = wanted
  const sum = receivers.reduce((total, { amountFen }) => total + amountFen, 0)
  const known = state.splits.get(wanted.number)
  if (known !== undefined) return known.trade === trade && JSON.stringify(known.receivers) === JSON.stringify(receivers) ? { kind: 'same', split: known } : { kind: 'differs' }
  if (!trade.isFrozen || trade.state !== 'success') return { kind: 'not_frozen' }
  if (receivers.some(({ amountFen }) => amountFen <= 0) || sum + trade.sharedFen + refundedFen(state, trade) > trade.amountFen) return { kind: 'exceeds' }
  trade.sharedFen += sum
  if (isLast) trade.isFrozen = false
  const split: Split = { ...wanted, channelNumber: nextNumber(), at: now() }
  state.splits.set(split.number, split)
  return { kind: 'split', split }
}
