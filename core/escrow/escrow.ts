import assert from 'node:assert'
import { fen, type Fen } from '../money.ts'
import type { Payer } from '../payments/index.ts'

export type { Payer } from '../payments/index.ts'

/** Whose the money becomes; a wallet's id. `doctor:<practitionerId>` or `hospital:<hospitalId>`. */
export type WalletId = `doctor:${string}` | `hospital:${string}`

/**
 * 担保. Money that was paid for one thing and belongs to nobody yet: held → settled | returned. The cash lies at the
 * channel, frozen there (D4); this and the ledger account escrowAccount(id) mirror it. Amounts only grow, and
 * paid = returned + fee + payee's part at the end.
 */
export interface Escrow {
  /** The id of what is paid for (a consultation, an invitation): one escrow each. */
  readonly id: string
  /** Purpose of the payment order (app/compose/payments.ts). */
  readonly purpose: string
  /** In whose books it stands. */
  readonly hospitalId: string
  readonly paymentOrderId: string
  readonly payer: Payer
  readonly paidFen: Fen
  /** Decided to go back, whether or not the channel has done it yet. */
  readonly returnedFen: Fen
  readonly state: 'held' | 'settled' | 'returned'
  /** Set when it is settled. */
  readonly payee: WalletId | null
  readonly feeFen: Fen
  readonly paidAt: Date
  readonly endedAt: Date | null
}

export function heldFen ({ state, paidFen, returnedFen }: Pick<Escrow, 'state' | 'paidFen' | 'returnedFen'>): Fen {
  return state === 'held' ? fen(paidFen - returnedFen) : fen(0)
}

/** 平台服务费 of an amount, rounded down to the fen, so that fee and the payee's part add up to it. `permille` is 0 to 1000. */
export function platformFee (amountFen: Fen, permille: number): Fen {
  assert(Number.isInteger(permille) && permille >= 0 && permille <= 1000, 'a fee is 0 to 1000 per mille')
  return fen(Math.floor(amountFen * permille / 1000))
}
