import type { Calendar, Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { namedPersonOf, type PatientStore } from '../identity/index.ts'
import type { ChargeStore, LedgerStore } from '../ledger/index.ts'
import { sumFen, type Fen } from '../money.ts'
import type { AlertStore, OnCall } from '../operations/index.ts'
import type { CarryOut } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { Bill } from './bill.ts'
import { bookReversal, bookSettlement, noteRejection } from './book-settlement.ts'
import { insuranceSettleKind, type BillTools, type KeepStores } from './keep-bill.ts'
import type { InsuranceGateway } from './ports.ts'
import { isSplitRight, nextStep, type Settlement, type SettlementStep } from './settlement.ts'

export interface SettleStores extends KeepStores {
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil' | 'byId'>
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly charges: Pick<ChargeStore, 'find'>
  readonly alerts: AlertStore
  readonly outbox: KeepStores['outbox']
}

export interface SettleDeps<Stores extends SettleStores> extends BillTools {
  readonly inTransaction: InTransaction<Stores>
  readonly insurance: InsuranceGateway
  readonly clock: Clock
  readonly calendar: Calendar
  readonly onCall: OnCall
}

interface Work {
  readonly bill: Bill
  readonly latest: Settlement | null
  readonly step: SettlementStep
}

/** undo, settle, reverse, settle anew: more steps than these mean that charges change faster than they are settled. */
const stepsMost = 8

/**
 * 医保结算 after the visit is closed (D-10): pre-settled (2206) and settled (2207); when charges change, reversed (2208) and
 * settled anew. What is about to be asked is written first, under a number that stays: an unknown outcome is undone (2601)
 * before anything is asked again, and never asked for under another number. Level-triggered: it looks what is to be done,
 * so it may run any number of times. Two runs for one bill may each take what the other has just asked for as broken off:
 * every answer is booked only while its attempt still stands as it was asked.
 */
export function settleInsurance <Stores extends SettleStores> (deps: SettleDeps<Stores>): CarryOut {
  return async ({ payload }) => {
    const billId = String(payload['billId'])
    for (let steps = 0; steps < stepsMost; steps += 1) {
      const work = await deps.inTransaction(({ bills }) => lookAt(bills, billId))
      if (work === null || work.step === 'nothing') return
      await carryOutStep(deps, work)
    }
    throw new DomainError('OUTSIDE_UNAVAILABLE', 'The charges of this bill go on changing; it is settled later.')
  }
}

async function lookAt (bills: SettleStores['bills'], billId: string): Promise<Work | null> {
  const bill = await bills.find(billId)
  const latest = (await bills.settlements(billId)).at(-1) ?? null
  return bill === null ? null : { bill, latest, step: nextStep(bill, latest) }
}

async function carryOutStep <Stores extends SettleStores> (deps: SettleDeps<Stores>, { bill, latest, step }: Work): Promise<void> {
  if (step === 'settle') { await settle(deps, bill, (latest?.attempt ?? 0) + 1); return }
  if (latest === null) return
  if (step === 'undo') await undo(deps, latest)
  else await reverseSettlement(deps, latest)
}

const noAnswer = (): DomainError => new DomainError('OUTSIDE_UNAVAILABLE', 'The insurer gave no certain answer. It is asked to undo, then again.')

async function settle <Stores extends SettleStores> (deps: SettleDeps<Stores>, bill: Bill, attempt: number): Promise<void> {
  const { insurance, clock, inTransaction } = deps
  const { person, lines } = await inTransaction(async (stores) => ({ person: await namedPersonOf(stores, bill.patientId), lines: await linesOf(stores, bill.id) }))
  const asked: Settlement = {
    id: `${bill.id}-${attempt}`, billId: bill.id, attempt, state: 'asked', chargedFen: bill.chargedFen, quoteId: null, settlementId: null, split: null, code: null, askedAt: clock.now(), settledAt: null, endedAt: null
  }
  const reject = (code: string): Promise<void> => inTransaction(async (stores) => {
    if (await isStillNext(stores.bills, asked, bill)) await noteRejection(stores, deps, { settlement: asked, bill, code }, clock.now())
  })
  if (person === null) { await reject('not_insured'); return }
  if (!(await insurance.eligibility(person, clock.now())).isInsured) { await reject('not_insured'); return }
  const quote = await insurance.preSettle({ requestId: `${asked.id}-quote`, hospitalId: bill.hospitalId, visitId: bill.visitId, person, lines })
  if (quote.kind === 'unknown') throw noAnswer()
  if (quote.kind === 'rejected') { await reject(quote.code); return }
  if (!isSplitRight(quote.value, bill.chargedFen)) { await reject('split_mismatch'); return }
  const quoted = { ...asked, quoteId: quote.value.quoteId }
  const isStill = await inTransaction(async ({ bills }) => {
    const isNext = await isStillNext(bills, asked, bill)
    if (isNext) await bills.saveSettlement(quoted)
    return isNext
  })
  if (isStill) await ask(deps, quoted)
}

/** Only where nothing has changed meanwhile: whoever changed it has left a message too. */
async function isStillNext (bills: SettleStores['bills'], { attempt }: Settlement, { id, contractId, chargedFen }: Bill): Promise<boolean> {
  await bills.lockContract(contractId)
  const now = await lookAt(bills, id)
  return now?.step === 'settle' && now.bill.chargedFen === chargedFen && (now.latest?.attempt ?? 0) + 1 === attempt
}

async function ask <Stores extends SettleStores> (deps: SettleDeps<Stores>, quoted: Settlement): Promise<void> {
  const { insurance, inTransaction, clock } = deps
  const answer = await settledOutcome(insurance, quoted)
  if (answer.kind === 'unknown') { await undo(deps, quoted); return }
  await inTransaction(async (stores) => {
    const bill = await lockedBill(stores, quoted.billId)
    // It was undone before its answer came.
    if ((await asItStands(stores.bills, quoted)).state !== 'asked') return
    if (answer.kind === 'rejected') await noteRejection(stores, deps, { settlement: quoted, bill, code: answer.code }, clock.now())
    else await bookSettlement(stores, deps, { settlement: quoted, bill, split: answer.value, settlementId: answer.value.settlementId }, clock.now())
  })
}

/** A call that broke off may have been carried out. */
async function settledOutcome (insurance: InsuranceGateway, { id, quoteId }: Settlement): Promise<Awaited<ReturnType<InsuranceGateway['settle']>>> {
  try {
    return await insurance.settle({ requestId: id, quoteId: quoteId ?? '' })
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'unavailable') return { kind: 'unknown' }
    throw error
  }
}

async function lockedBill ({ bills }: Pick<SettleStores, 'bills'>, billId: string): Promise<Bill> {
  const known = await bills.find(billId)
  if (known === null) throw new DomainError('BILL_NOT_FOUND', 'The bill of this settlement is not there any more.')
  await bills.lockContract(known.contractId)
  return await bills.find(billId) ?? known
}

/** 2601. As if it had never been asked; then the next look settles anew, under the next number. */
async function undo <Stores extends SettleStores> (deps: SettleDeps<Stores>, asked: Settlement): Promise<void> {
  const { insurance, inTransaction, clock } = deps
  const answer = await insurance.undoUnknown({ requestId: asked.id, transaction: '2207', quoteId: asked.quoteId ?? '' })
  if (answer.kind !== 'ok') throw noAnswer()
  await inTransaction(async (stores) => {
    const bill = await lockedBill(stores, asked.billId)
    const settlement = await asItStands(stores.bills, asked)
    if (settlement.state === 'asked') await stores.bills.saveSettlement({ ...settlement, state: 'undone', endedAt: clock.now() })
    // Its answer came all the same and was booked; the insurer has taken it back, so the books do.
    else if (settlement.state === 'settled' || settlement.state === 'reversing') {
      await bookReversal(stores, deps, { settlement, bill }, clock.now())
      // The run that booked it may be through, and its message with it: somebody must settle anew.
      await stores.outbox.add({ id: deps.ids.next(), kind: insuranceSettleKind, key: `undone:${settlement.id}`, payload: { billId: bill.id }, createdAt: clock.now() })
    }
  })
}

async function asItStands (bills: SettleStores['bills'], { id, billId }: Settlement): Promise<Settlement> {
  const settlement = (await bills.settlements(billId)).find((one) => one.id === id)
  if (settlement === undefined) throw new Error('a settlement that was asked for is kept')
  return settlement
}

/** 2208. Repeated under its own number, which the insurer carries out once; so nothing is to be undone here. */
async function reverseSettlement <Stores extends SettleStores> (deps: SettleDeps<Stores>, settlement: Settlement): Promise<void> {
  const { insurance, inTransaction, clock } = deps
  await inTransaction(({ bills }) => bills.saveSettlement({ ...settlement, state: 'reversing' }))
  const answer = await insurance.reverse({ requestId: `${settlement.id}-reversal`, settlementId: settlement.settlementId ?? '', quoteId: settlement.quoteId ?? '' })
  if (answer.kind !== 'ok') throw noAnswer()
  await inTransaction(async (stores) => { await bookReversal(stores, deps, { settlement, bill: await lockedBill(stores, settlement.billId) }, clock.now()) })
}

/** What stands of the bill's lines; what was credited is left out. */
async function linesOf ({ bills, charges }: Pick<SettleStores, 'bills' | 'charges'>, billId: string): Promise<ReadonlyArray<{ readonly id: string, readonly code: string | null, readonly amountFen: Fen }>> {
  const sums = new Map<string, Fen>()
  for (const { chargeId, amountFen } of await bills.lines(billId)) sums.set(chargeId, sumFen([sums.get(chargeId) ?? sumFen([]), amountFen]))
  const standing = [...sums].filter(([, amountFen]) => amountFen !== 0)
  return await Promise.all(standing.map(async ([id, amountFen]) => ({ id, code: (await charges.find(id))?.code ?? null, amountFen })))
}
