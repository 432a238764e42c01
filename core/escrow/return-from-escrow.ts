import { DomainError } from '../errors.ts'
import { escrowAccount, refundPayable } from '../ledger/index.ts'
import { fen, negateFen, type Fen } from '../money.ts'
import { refundToSourceMessage } from '../payments/index.ts'
import { heldFen, type Escrow } from './escrow.ts'
import { bookOnce, noEscrow, type EscrowTools } from './escrow-tools.ts'
import type { EscrowStores } from './ports.ts'

export interface ReturnFromEscrow {
  readonly id: string
  /** Null: all that is held. */
  readonly amountFen: Fen | null
  /** A code for finance, no personal data. */
  readonly reason: string
  /** One effect, one key: the same key again moves nothing. */
  readonly key: string
}

/**
 * 退回原路 (M10). In the books at once; through the channel by the outbox. Decided by rule or by a reviewer before, so
 * nobody is asked a second time. Answers what went back under this key.
 */
export async function returnFromEscrow (stores: EscrowStores, tools: EscrowTools, { id, amountFen: wantedFen, reason, key }: ReturnFromEscrow, at: Date): Promise<Fen> {
  const escrow = await stores.escrows.findForChange(id)
  if (escrow === null) throw noEscrow()
  const sourceKey = `escrow-return:${id}:${key}`
  const first = await stores.ledger.bySourceKey(sourceKey)
  if (first !== null) return first.postings.find(({ account }) => account === escrowAccount(id))?.amountFen ?? fen(0)
  const after = returned(escrow, wantedFen, at)
  const amountFen = fen(after.returnedFen - escrow.returnedFen)
  if (amountFen === 0) return amountFen
  await stores.escrows.save(after)
  await bookOnce(stores, tools, {
    kind: 'escrow', hospitalId: escrow.hospitalId, sourceKey, memo: id, postings: [{ account: escrowAccount(id), amountFen }, { account: refundPayable, amountFen: negateFen(amountFen) }]
  }, at)
  await stores.outbox.add(refundToSourceMessage({ orderId: escrow.paymentOrderId, amountFen, parts: null, reason, isDecided: true }, { id: tools.ids.next(), key: `escrow:${id}:${key}`, at }))
  return amountFen
}

/** The decision alone; an escrow of which nothing is left has ended. */
export function returned (escrow: Escrow, wantedFen: Fen | null, at: Date): Escrow {
  if (escrow.state !== 'held') throw escrowEnded(escrow)
  const amountFen = wantedFen ?? heldFen(escrow)
  if (amountFen < 0 || amountFen > heldFen(escrow)) throw new DomainError('ESCROW_EXCEEDED', 'More is asked back than is held. Read the escrow and ask for less.', 'amountFen')
  const after = { ...escrow, returnedFen: fen(escrow.returnedFen + amountFen) }
  return heldFen(after) === 0 ? { ...after, state: 'returned', endedAt: at } : after
}

export const escrowEnded = ({ state }: Escrow): DomainError => new DomainError('ESCROW_ENDED', `What was held is ${state}. Read it again.`)
