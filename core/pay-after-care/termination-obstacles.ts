import { creditBalance, patientReceivable, type LedgerStore } from '../ledger/index.ts'
import { fen, negateFen, sumFen, type Fen } from '../money.ts'
import type { PaymentStore } from '../payments/index.ts'
import type { VisitStore } from '../visits/index.ts'
import { billsPurpose, outstandingOf } from './bill.ts'
import type { Contract } from './contract.ts'
import type { DefaultStore } from './default-ports.ts'
import type { BillStore } from './ports.ts'

export const obstacles = ['outstanding_balance', 'unbilled_charges', 'credit_balance', 'open_visit', 'payment_in_flight', 'refund_in_flight', 'open_dispute'] as const
export type Obstacle = typeof obstacles[number]

export interface TerminationFacts {
  /** Of the contract's bills. */
  readonly outstandingFen: Fen
  /** On the person's receivable accounts beyond what stands on bills. */
  readonly unbilledFen: Fen
  /** What the hospitals hold of the person. */
  readonly creditFen: Fen
  readonly openVisits: number
  readonly paymentsInFlight: number
  readonly refundsInFlight: number
  readonly openDisputes: number
}

/** Everything that keeps a contract from being ended, all of it at once (A-26, I-20). */
export function terminationObstacles (facts: TerminationFacts): readonly Obstacle[] {
  const stands: Readonly<Record<Obstacle, boolean>> = {
    outstanding_balance: facts.outstandingFen > 0,
    unbilled_charges: facts.unbilledFen > 0,
    credit_balance: facts.creditFen > 0,
    open_visit: facts.openVisits > 0,
    payment_in_flight: facts.paymentsInFlight > 0,
    refund_in_flight: facts.refundsInFlight > 0,
    open_dispute: facts.openDisputes > 0
  }
  return obstacles.filter((obstacle) => stands[obstacle])
}

export interface TerminationStores {
  readonly bills: Pick<BillStore, 'outstanding'>
  readonly ledger: Pick<LedgerStore, 'balances'>
  readonly visits: Pick<VisitStore, 'list'>
  readonly payments: Pick<PaymentStore, 'hasOpen' | 'list' | 'refundsOf'>
  readonly defaults: Pick<DefaultStore, 'disputes'>
}

const one = { limit: 1, offset: 0 }
const ordersMost = 500

/** Over all records of the person; a contract joined by a tie may have left debts of its own, so every contract counts. */
export async function terminationFacts (stores: TerminationStores, contracts: readonly Contract[], patientIds: readonly string[]): Promise<TerminationFacts> {
  const bills = (await Promise.all(contracts.map(({ id }) => stores.bills.outstanding(id)))).flat()
  const owedFen = await balanceOf(stores.ledger, patientIds.map(patientReceivable))
  // What a funder took over stands on its bill, and no longer on the person's account.
  const billedFen = sumFen(bills.filter(({ funder }) => funder === null).map(outstandingOf))
  const creditFen = await balanceOf(stores.ledger, patientIds.map(creditBalance))
  return {
    outstandingFen: sumFen(bills.map(outstandingOf)),
    unbilledFen: fen(Math.max(0, owedFen - billedFen)),
    creditFen: fen(Math.max(0, negateFen(creditFen)) + Math.max(0, negateFen(owedFen))),
    openVisits: await openVisits(stores.visits, patientIds),
    ...await moneyInFlight(stores.payments, contracts),
    openDisputes: await openDisputes(stores.defaults, contracts)
  }
}

async function balanceOf (ledger: TerminationStores['ledger'], accounts: readonly string[]): Promise<Fen> {
  return sumFen((await ledger.balances(accounts)).map(({ balanceFen }) => balanceFen))
}

async function openVisits (visits: TerminationStores['visits'], patientIds: readonly string[]): Promise<number> {
  let open = 0
  for (const state of ['registered', 'in_progress'] as const) open += (await visits.list({ patientIds, hospitalId: null, state }, one)).length
  return open
}

async function moneyInFlight (payments: TerminationStores['payments'], contracts: readonly Contract[]): Promise<Pick<TerminationFacts, 'paymentsInFlight' | 'refundsInFlight'>> {
  let paymentsInFlight = 0
  let refundsInFlight = 0
  for (const { id: subjectId } of contracts) {
    paymentsInFlight += Number(await payments.hasOpen(billsPurpose, subjectId))
    for (const order of await payments.list({ payerPatientIds: null, purpose: billsPurpose, subjectId, states: ['success'] }, { limit: ordersMost, offset: 0 })) {
      refundsInFlight += (await payments.refundsOf(order.id)).filter(({ state }) => state !== 'success' && state !== 'failed').length
    }
  }
  return { paymentsInFlight, refundsInFlight }
}

async function openDisputes (defaults: TerminationStores['defaults'], contracts: readonly Contract[]): Promise<number> {
  let open = 0
  for (const { id: contractId } of contracts) open += (await defaults.disputes({ contractId, isOpen: true, hospitalId: null }, one)).length
  return open
}
