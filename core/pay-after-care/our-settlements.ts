import type { Calendar } from '../clock.ts'
import { addDays, type StartOfDay } from '../days.ts'
import { fen } from '../money.ts'
import { channelReaders, findInChannel, matchKey, pagedInTurn, plainKey, type ChannelStores, type OurItem, type OurSide, type Reader } from '../payments/index.ts'
import type { BillStore } from './ports.ts'
import type { Settlement } from './settlement.ts'

export interface InsuredStores extends ChannelStores {
  readonly bills: Pick<BillStore, 'settlementsWithin' | 'settlementByNumber'>
}

type Kind = 'settlement' | 'settlement_reversal'
type Found = Settlement & { readonly hospitalId: string }

/** What an insurer lists: settlements of bills and their reversals under its own numbers, and payments by insurance card under ours. */
export function ourInsurance (calendar: Calendar, startOfDay: StartOfDay): OurSide<InsuredStores> {
  const reader = (kind: Kind): Reader<InsuredStores> => async ({ bills }, day, page) => {
    const within = { by: kind === 'settlement' ? 'settled' : 'reversed', from: startOfDay(day), until: startOfDay(addDays(day, 1)) } as const
    return (await bills.settlementsWithin(within, page)).map((found) => ({ item: itemOf(found, kind, calendar), cursor: found.id }))
  }
  return {
    onDay: pagedInTurn<InsuredStores>([reader('settlement'), reader('settlement_reversal'), ...channelReaders(['insurance'], calendar)]),
    find: async (stores, { kind, key }) => {
      if (kind !== 'settlement' && kind !== 'settlement_reversal') return await findInChannel(['insurance'], calendar)(stores, { kind, key })
      const found = await stores.bills.settlementByNumber(plainKey(kind, key))
      return found === null ? null : itemOf(found, kind, calendar)
    }
  }
}

/** Null: the insurer has no such thing of it. */
function itemOf (found: Found, kind: Kind, calendar: Calendar): OurItem | null {
  const { settlementId, split, hospitalId } = found
  if (settlementId === null || split === null) return null
  const isReversal = kind === 'settlement_reversal'
  const at = isReversal ? found.endedAt : found.settledAt
  const isDone = isReversal ? found.state === 'reversed' : at !== null
  const sign = isReversal ? -1 : 1
  const amountFen = fen(sign * split.totalFen)
  return {
    kind,
    key: matchKey(kind, settlementId.split('.')[0] ?? settlementId),
    amountFen,
    split: { insuredFen: fen(sign * (split.fundFen + split.accountFen)), accountFen: fen(sign * split.accountFen), cashFen: fen(sign * split.cashFen) },
    day: isDone && at !== null ? calendar(at) : null,
    state: isDone ? 'done' : 'under_way',
    hospitals: [{ hospitalId, amountFen }]
  }
}
