import { DomainError } from '../errors.ts'
import type { Charge, ChargeState } from './charge.ts'

export type ChargeFacts = Omit<Charge, 'state' | 'receivedAt'>

export interface ChargeDecision {
  readonly charge: Charge
  readonly postsCharge: boolean
  readonly postsCredit: boolean
}

/**
 * What a line of the HIS does to the books, from what stands and what its record says now. The charge and its credit
 * may come in either order, any number of times: together they always leave both entries, which sum to nothing.
 */
export function decideCharge (stands: Charge | null, facts: ChargeFacts, at: Date): ChargeDecision {
  const posted = stands !== null && isInTheBooks(stands) ? stands : null
  const charge: Charge = { ...facts, orderNumber: orderOf(stands, facts), ...carriedOver(stands, facts), state: 'posted', receivedAt: stands?.receivedAt ?? at }
  if (posted !== null) refuseContradiction(posted, { ...charge, creditedBy: null })
  if (posted !== null) refuseMissingAmount(facts, charge)
  refuseOtherCredit(charge.amountFen, charge.creditedBy)
  const hasMoney = charge.amountFen !== null && charge.amountFen !== 0
  return {
    charge: { ...charge, state: stateOf(charge) },
    postsCharge: hasMoney && posted === null,
    postsCredit: hasMoney && charge.creditedBy !== null && stands?.state !== 'reversed'
  }
}

/** A credit names no order. */
const orderOf = (stands: Charge | null, facts: ChargeFacts): string | null => facts.orderNumber ?? stands?.orderNumber ?? null

/** What a line keeps: its amount and credit once known, and in the books its patient and day; a credit may name others. */
function carriedOver (stands: Charge | null, facts: ChargeFacts): Pick<Charge, 'kind' | 'patientId' | 'amountFen' | 'occurredOn' | 'creditedBy'> {
  if (stands === null) return facts
  const isPosted = isInTheBooks(stands)
  return {
    kind: isPosted && facts.creditedBy !== null ? stands.kind : facts.kind,
    patientId: isPosted ? stands.patientId : facts.patientId,
    amountFen: facts.amountFen ?? stands.amountFen,
    occurredOn: isPosted ? stands.occurredOn ?? facts.occurredOn : facts.occurredOn,
    creditedBy: facts.creditedBy ?? stands.creditedBy
  }
}

function stateOf ({ amountFen, creditedBy }: Charge): ChargeState {
  if (creditedBy === null) return 'posted'
  return amountFen === null ? 'awaiting_charge' : 'reversed'
}

/**
 * Refuses what one message says when it contradicts what is in the books, also when the record did not take it over
 * because something newer stands there: a line of money is never dropped in silence.
 */
export function refuseContradiction (stands: Charge, said: ChargeFacts): void {
  if (!isInTheBooks(stands)) return
  if (said.creditedBy !== null) refuseOtherCredit(stands.amountFen, said.creditedBy)
  const isOtherLine = said.kind !== stands.kind || (said.amountFen !== null && said.amountFen !== stands.amountFen)
  if (isOtherLine && said.creditedBy === null) throw contradiction()
}

function contradiction (): DomainError {
  return new DomainError('CHARGE_ALREADY_POSTED', 'A line with this transaction id is in the books with another amount or kind; credit it and send the new one under an id of its own.', 'FT1-2')
}

/** Its record says no amount any more: somebody took it away, since a message without one leaves what stands. */
function refuseMissingAmount ({ amountFen }: ChargeFacts, { creditedBy }: Charge): void {
  if (amountFen === null && creditedBy === null) throw contradiction()
}

function isInTheBooks (charge: Charge): boolean {
  return charge.state !== 'awaiting_charge' && charge.amountFen !== null
}

/** Senders write a credit's amount with or without a sign. */
function refuseOtherCredit (amountFen: number | null, creditedBy: Charge['creditedBy']): void {
  const creditFen = creditedBy?.amountFen ?? null
  if (amountFen === null || creditFen === null || Math.abs(creditFen) === Math.abs(amountFen)) return
  throw new DomainError('CHARGE_CREDIT_DIFFERS', 'A credit cancels its whole charge; send an adjustment (AJ) for a part of it.', 'FT1-11')
}
