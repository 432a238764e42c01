import { fen, type Fen } from '../money.ts'
import type { Consultation } from './consultation.ts'

/** back: to the payer; amountFen null: all that is held. settle: to the payee, less the platform's fee. */
export type MoneyMove =
  | { readonly kind: 'back', readonly amountFen: Fen | null }
  | { readonly kind: 'settle' }

/** What a change means for the money in escrow (§1.4); null: nothing. An order of price 0 has none. */
export function moneyOf (before: Consultation, after: Consultation): MoneyMove | null {
  if (before.priceFen === 0 || before.paidAt === null) return null
  if (after.state === 'refunded' && before.state !== 'refunded') return { kind: 'back', amountFen: null }
  if (after.state === 'settled' && before.state !== 'settled') return { kind: 'settle' }
  // A switch to a doctor who asks nothing gives back the whole, and ends the escrow.
  if (after.priceFen < before.priceFen) return { kind: 'back', amountFen: after.priceFen === 0 ? null : fen(before.priceFen - after.priceFen) }
  return null
}
