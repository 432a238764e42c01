import type { Calendar } from '../clock.ts'
import type { Ids } from '../ids.ts'
import { channelClearing, post, suspense, type LedgerStore } from '../ledger/index.ts'
import { negateFen, type Fen } from '../money.ts'

/** Books of no hospital: for money of which it is not known whose it is. */
export const suspenseBook = 'suspense'

interface UnknownMoney {
  readonly channel: string
  readonly channelNumber: string
  readonly amountFen: Fen
  readonly receivedAt: Date
  readonly at: Date
}

/**
 * 挂账. A channel has money under a number that is none of ours: it waits for finance, once for each number of the
 * channel. The order number is no part of it: it may be anybody's text.
 */
export async function keepUnknownMoney ({ ledger }: { readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil'> }, { ids, calendar }: { readonly ids: Ids, readonly calendar: Calendar }, money: UnknownMoney): Promise<boolean> {
  const sourceKey = `suspense:${money.channel}:${money.channelNumber}`
  if (await ledger.bySourceKey(sourceKey) !== null) return false
  return await post({ ledger }, {
    id: ids.next(),
    hospitalId: suspenseBook,
    kind: 'suspense',
    sourceKey,
    effectiveOn: calendar(money.receivedAt),
    postedAt: money.at,
    postings: [{ account: channelClearing(money.channel), amountFen: money.amountFen }, { account: suspense(money.channel), amountFen: negateFen(money.amountFen) }],
    reverses: null,
    memo: money.channelNumber
  })
}
