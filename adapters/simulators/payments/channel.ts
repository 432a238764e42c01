import type { Calendar, CalendarDate, Clock } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { addDays, type StartOfDay } from '../../../core/days.ts'
import type { Ids } from '../../../core/ids.ts'
import type { WireAnswer, WireRequest } from '../../payments/index.ts'
import type { Fault } from '../fault.ts'
import { openJournal, type Journal, type JournalItem } from '../journal.ts'
import { seededChance, type Chance } from '../random.ts'
import { openBook, type Book, type Refunded, type Trade } from './book.ts'
import { openDelivery, type Deliver, type Delivery, type MakeCallback } from './delivery.ts'
import type { ThrowAwayKeys } from './keys.ts'
import { paymentFaults, slowly, type PaymentFaultKind, type PaymentFaults, type StatementFault } from './payment-faults.ts'
import type { WireHandler } from './wire.ts'

export interface ChannelOptions {
  /** Business time: orders, payments, statements. */
  readonly clock: Clock
  readonly calendar: Calendar
  readonly startOfDay: StartOfDay
  /** Real time: signatures. */
  readonly realClock: Clock
  readonly ids: Ids
  readonly keys: ThrowAwayKeys
  /** Of what differs from day to day, such as the columns of a statement. */
  readonly seed: number
  /** To wherever the merchant listens by then. */
  readonly deliver: Deliver
  readonly slowMs?: number
  readonly retryAfterMs?: number
}

export interface PaymentChannelSimulator {
  readonly handle: WireHandler
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<PaymentFaultKind>>) => void
  /**
   * As the person with the wallet or card: `pay` and `refuse`, key = order number. As the channel: `refund` ends one that
   * waits, key = refund number; `statement` makes that of a day at once, key = the day.
   */
  readonly act: (act: { readonly act: string, readonly key: string | null }) => Promise<unknown>
  readonly close: () => void
}

/** What the three protocols are built on. */
export interface Channel {
  readonly options: ChannelOptions
  readonly journal: Journal
  readonly book: Book
  readonly delivery: Delivery
  /** Signs answers and call-backs now: the first of two, or the second after a rotation. */
  readonly signs: () => 0 | 1
  readonly rotate: () => void
  readonly faults: () => PaymentFaults
  /** Statements that exist though their hour has not come. */
  readonly madeAtOnce: Set<string>
}

/** How a protocol says things. */
export interface Protocol {
  readonly answer: (request: WireRequest) => Promise<WireAnswer> | WireAnswer
  readonly unavailable: () => WireAnswer
  readonly tellPaid: (trade: Trade) => MakeCallback
  /** Null where the protocol has no call-back of refunds. */
  readonly tellRefund: ((refund: Refunded) => MakeCallback) | null
  readonly isTaken: Parameters<typeof openDelivery>[0]['isTaken']
  /** More that a protocol tells when an order is paid, before the rest. */
  readonly tellBefore?: (trade: Trade) => MakeCallback | null
}

const keptItems = 10_000
const callbackAttempts = 3
const defaults = { slowMs: 5_000, retryAfterMs: 200 }
/** Made at ten in the morning of the next day; the late ones at half past eleven. */
const madeAfterMs = 10 * 3_600_000
const madeLateAfterMs = 11.5 * 3_600_000
const refundWaitsMs = 3 * 86_400_000

export function openChannel (options: ChannelOptions, { prefix, protocolOf }: { readonly prefix: string, readonly protocolOf: (channel: Channel) => Protocol }): PaymentChannelSimulator & { readonly channel: Channel } {
  const state = { faults: paymentFaults([]), signs: 0 as 0 | 1 }
  const closing = new AbortController()
  const journal = openJournal(keptItems)
  const book = openBook({ clock: options.clock, calendar: options.calendar, prefix })
  const channel: Channel = {
    options,
    journal,
    book,
    delivery: openDelivery({ deliver: options.deliver, isTaken: (answer) => protocol.isTaken(answer), attempts: callbackAttempts, retryAfterMs: options.retryAfterMs ?? defaults.retryAfterMs, journal, now: options.clock.now }),
    signs: () => state.signs,
    rotate: () => { state.signs = 1 },
    faults: () => state.faults,
    madeAtOnce: new Set()
  }
  const protocol = protocolOf(channel)
  return {
    channel,
    handle: async (request) => {
      const fault = state.faults.request()
      if (fault === 'key_rotation') channel.rotate()
      if (fault === 'dropped') return null
      if (fault === 'unavailable') return protocol.unavailable()
      if (fault === 'slow') await slowly(options.slowMs ?? defaults.slowMs, closing.signal)
      const answer = await protocol.answer(request)
      return fault === 'lost' ? null : answer
    },
    items: journal.since,
    setFaults: (faults) => { state.faults = paymentFaults(faults) },
    act: async (act) => await actAs(channel, protocol, act),
    close: () => {
      closing.abort()
      channel.delivery.close()
    }
  }
}

async function actAs (channel: Channel, protocol: Protocol, { act, key }: { readonly act: string, readonly key: string | null }): Promise<unknown> {
  if (act === 'pay') return await pay(channel, protocol, waiting(channel, key))
  if (act === 'refuse') return refuse(channel, waiting(channel, key))
  if (act === 'refund') return await endRefund(channel, protocol, key)
  if (act === 'statement') {
    channel.madeAtOnce.add(key ?? '')
    channel.journal.note({ at: channel.options.clock.now(), kind: 'statement', key: key ?? '', body: { made: true } })
    return { made: key }
  }
  throw new DomainError('REQUEST_INVALID', 'This channel knows the acts pay, refuse (key: order number), refund (key: refund number) and statement (key: day).', 'act')
}

function waiting ({ book }: Channel, key: string | null): Trade {
  const trade = book.trade(key ?? '')
  if (trade === null) throw new DomainError('REQUEST_INVALID', 'This channel knows no order of that number; make the payment first.', 'key')
  if (trade.state !== 'waiting') throw new DomainError('REQUEST_INVALID', `This order is ${trade.state} already.`, 'key')
  return trade
}

/** Half of a mixed order may fail while the other half is paid. */
async function pay (channel: Channel, protocol: Protocol, trade: Trade): Promise<unknown> {
  const { options: { clock }, journal, book, faults } = channel
  const isHalf = trade.insuranceFen > 0 && faults().payment() === 'half_success'
  trade.cashState = trade.amountFen === trade.insuranceFen ? 'closed' : 'success'
  trade.insuranceState = trade.insuranceFen === 0 ? 'closed' : isHalf ? 'failed' : 'success'
  trade.state = isHalf ? 'failed' : 'success'
  trade.paidAt = clock.now()
  book.paid(trade)
  journal.note({ at: clock.now(), kind: 'payment', key: trade.number, body: { amountFen: trade.amountFen, state: trade.state } })
  const before = trade.insuranceFen > 0 && trade.cashState === 'success' ? protocol.tellBefore?.(trade) ?? null : null
  if (before !== null) await channel.delivery.send(trade.number, before, null)
  // Of an order that failed nobody is told; the merchant asks.
  if (trade.state === 'success') await channel.delivery.send(trade.number, protocol.tellPaid(trade), faults().callback())
  return { state: trade.state, amountFen: trade.amountFen }
}

function refuse ({ options: { clock }, journal }: Channel, trade: Trade): unknown {
  trade.state = 'failed'
  trade.cashState = 'failed'
  trade.insuranceState = trade.insuranceFen === 0 ? 'closed' : 'failed'
  journal.note({ at: clock.now(), kind: 'refusal', key: trade.number, body: { amountFen: trade.amountFen } })
  return { state: trade.state }
}

async function endRefund (channel: Channel, protocol: Protocol, key: string | null): Promise<unknown> {
  const refund = channel.book.refunded(key ?? '')
  if (refund === null) throw new DomainError('REQUEST_INVALID', 'This channel knows no refund of that number.', 'key')
  if (!channel.book.isBack(refund)) refund.dueAt = channel.options.clock.now()
  await tellRefund(channel, protocol.tellRefund, refund)
  return { state: 'success', amountFen: refund.amountFen }
}

/** Takes a refund; where it is done at once its call-back follows the answer. */
export function acceptRefund (channel: Channel, wanted: { readonly number: string, readonly trade: Trade, readonly amountFen: number }, tell: Protocol['tellRefund']): ReturnType<Book['refund']> {
  const taken = channel.book.refund({ ...wanted, waitsMs: channel.faults().refund() === 'refund_pending' ? refundWaitsMs : 0 })
  if (taken.kind !== 'accepted') return taken
  channel.journal.note({ at: channel.options.clock.now(), kind: 'refund', key: wanted.number, body: { amountFen: wanted.amountFen } })
  if (channel.book.isBack(taken.refund)) setImmediate(() => { void tellRefund(channel, tell, taken.refund) })
  return taken
}

async function tellRefund (channel: Channel, tell: Protocol['tellRefund'], refund: Refunded): Promise<void> {
  if (tell !== null) await channel.delivery.send(refund.number, tell(refund), channel.faults().callback())
}

export interface StatementOf {
  readonly fault: StatementFault | null
  readonly chance: Chance
}

/** Which variant a day has follows from the seed. */
export function chanceOf ({ options: { seed } }: Channel, day: CalendarDate): Chance {
  return seededChance(`${seed}:${day}`)
}

/** Null: not made yet. */
export function statementOf (channel: Channel, day: CalendarDate): StatementOf | null {
  const { options: { clock, startOfDay }, faults, madeAtOnce } = channel
  const fault = faults().statement()
  const after = fault === 'statement_late' ? madeLateAfterMs : madeAfterMs
  const isMade = madeAtOnce.has(day) || clock.now().getTime() >= startOfDay(addDays(day, 1)).getTime() + after
  return isMade ? { fault, chance: chanceOf(channel, day) } : null
}
