import type { CalendarDate } from '../clock.ts'
import { bankAccount, channelClearing, channelFee, post, reverse, roundingAdjustment, suspense, type Entry, type Posting } from '../ledger/index.ts'
import { fen, negateFen, type Fen } from '../money.ts'
import { shares } from './reconcile-shares.ts'
import type { ItemKind, OurItem, StatementItem } from './reconcile-item.ts'
import type { ReconcileStores } from './reconcile-ports.ts'
import { suspenseBook } from './suspense.ts'
import type { ChannelBooks, Run } from './reconcile-party.ts'

type Booked = Pick<StatementItem, 'amountFen' | 'feeFen'> & { readonly ours: Pick<OurItem, 'kind' | 'hospitals' | 'isHeld'> }
/** What an entry is booked from. */
export interface Booking {
  readonly hospitalId: string
  readonly kind: Entry['kind']
  readonly sourceKey: string
  readonly postings: readonly Posting[]
}

/** Money in the bank: BANK +(p − f), FEE +f / CLEAR −p, one entry for each hospital. `key` is in these lines only. */
export function clearingOf ({ channel, account }: ChannelBooks, scope: string, key: string, lines: readonly Booked[]): readonly Booking[] {
  const sums = new Map<string, { readonly paidFen: number, readonly feeFen: number }>()
  for (const { feeFen, ours } of lines) {
    if (!isMoney(ours.kind)) continue
    const fees = shares(feeFen, ours.hospitals.map(({ amountFen }) => Math.abs(amountFen)))
    ours.hospitals.forEach(({ hospitalId, amountFen }, place) => {
      const sum = sums.get(hospitalId) ?? { paidFen: 0, feeFen: 0 }
      // What is held stays at the channel; only its fee is gone.
      const paidFen = ours.isHeld === true ? 0 : amountFen
      sums.set(hospitalId, { paidFen: sum.paidFen + paidFen, feeFen: sum.feeFen + (fees[place] ?? 0) })
    })
  }
  return [...sums].map(([hospitalId, { paidFen, feeFen }]) => ({
    hospitalId,
    kind: 'clearing' as const,
    sourceKey: `clearing:${scope}:${key}:${hospitalId}`,
    postings: withoutZeros([
      { account: bankAccount(account), amountFen: fen(paidFen - feeFen) }, { account: channelFee(channel), amountFen: fen(feeFen) }, { account: channelClearing(channel), amountFen: fen(0 - paidFen) }
    ])
  })).filter(({ postings }) => postings.length > 1)
}

/** The channel has money that we know no order for: CLEAR +p / SUSPENSE −p. */
export function suspenseOf ({ channel }: ChannelBooks, sourceKey: string, { amountFen }: Pick<StatementItem, 'amountFen'>): Booking {
  return { hospitalId: suspenseBook, kind: 'suspense', sourceKey, postings: withoutZeros([{ account: channelClearing(channel), amountFen }, { account: suspense(channel), amountFen: negateFen(amountFen) }]) }
}

/** The channel's sum stands: the difference is an adjustment, so that clearing closes. */
export function differenceOf ({ channel }: ChannelBooks, sourceKey: string, hospitalId: string, differenceFen: Fen): Booking {
  return { hospitalId, kind: 'adjustment', sourceKey, postings: withoutZeros([{ account: channelClearing(channel), amountFen: differenceFen }, { account: roundingAdjustment, amountFen: negateFen(differenceFen) }]) }
}

/** The same for money that a call-back told of (suspense.ts), so that it lies in suspense once. */
export function suspenseKey ({ scope, day, line, channelNumber }: { readonly scope: string, readonly day: CalendarDate, readonly line: number | null, readonly channelNumber: string | null }): string {
  return channelNumber === null ? `suspense:${scope}:${day}:${line ?? 0}` : `suspense:${scope}:${channelNumber}`
}

type Booker<Stores extends ReconcileStores> = Pick<Run<Stores>, 'day' | 'at'> & { readonly deps: Pick<Run<Stores>['deps'], 'ids'> }

/** On the day of the statement, or the first open one of that hospital. What stands already is no news (I-05). */
export async function book<Stores extends ReconcileStores> ({ ledger }: ReconcileStores, { deps, day, at }: Booker<Stores>, bookings: readonly Booking[]): Promise<void> {
  for (const booking of bookings) {
    if (booking.postings.length < 2) continue
    await post({ ledger }, { id: deps.ids.next(), ...booking, effectiveOn: day, memo: null, postedAt: at, reverses: null })
  }
}

/** Takes an entry back by its source key, once; one that was never made is no trouble. */
export async function unbook<Stores extends ReconcileStores> ({ ledger }: ReconcileStores, { deps, day, at }: Booker<Stores>, sourceKey: string): Promise<boolean> {
  const entry = await ledger.bySourceKey(sourceKey)
  if (entry === null || await ledger.bySourceKey(`back:${sourceKey}`) !== null) return false
  return await reverse({ ledger }, { entryId: entry.id, id: deps.ids.next(), sourceKey: `back:${sourceKey}`, effectiveOn: day, postedAt: at, memo: null })
}

/** An insurer lists settlements beside payments: those are owed, not paid. */
export const isMoney = (kind: ItemKind): boolean => kind === 'payment' || kind === 'refund'

function withoutZeros (postings: readonly Posting[]): readonly Posting[] {
  return postings.filter(({ amountFen }) => amountFen !== 0)
}
