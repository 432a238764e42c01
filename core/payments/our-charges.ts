import type { Charge, ChargeStore } from '../ledger/index.ts'
import { negateFen } from '../money.ts'
import { pagedInTurn } from './paged-in-turn.ts'
import { matchKey, plainKey, type OurItem } from './reconcile-item.ts'
import type { OurSide } from './reconcile-ports.ts'

type ChargeStores = { readonly charges: Pick<ChargeStore, 'occurredOn' | 'byTransaction'> }

/** The lines of one hospital's system: what it charged, took back, adjusted, and took at its window. */
export function ourCharges (hospitalId: string): OurSide<ChargeStores> {
  return {
    onDay: pagedInTurn([
      async ({ charges }, day, page) => (await charges.occurredOn({ hospitalId, day, by: 'charge' }, page)).map((charge) => ({ item: chargeItem(charge), cursor: charge.id })),
      async ({ charges }, day, page) => (await charges.occurredOn({ hospitalId, day, by: 'credit' }, page)).map((charge) => ({ item: creditItem(charge), cursor: charge.id }))
    ]),
    find: async ({ charges }, { kind, key }) => {
      const charge = await charges.byTransaction(hospitalId, plainKey(kind, key))
      if (charge === null) return null
      return kind === 'credit' ? creditItem(charge) : chargeItem(charge)
    }
  }
}

function chargeItem (charge: Charge): OurItem | null {
  if (charge.state === 'awaiting_charge' || charge.amountFen === null) return null
  return { kind: charge.kind, key: charge.transactionId, amountFen: charge.amountFen, split: null, day: charge.occurredOn, state: 'done', hospitals: [{ hospitalId: charge.hospitalId, amountFen: charge.amountFen }] }
}

function creditItem ({ creditedBy, amountFen, hospitalId }: Charge): OurItem | null {
  if (creditedBy === null || amountFen === null) return null
  const back = negateFen(amountFen)
  return { kind: 'credit', key: matchKey('credit', creditedBy.transactionId), amountFen: back, split: null, day: creditedBy.occurredOn, state: 'done', hospitals: [{ hospitalId, amountFen: back }] }
}
