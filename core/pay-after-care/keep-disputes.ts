import type { Calendar } from '../clock.ts'
import { addDays } from '../days.ts'
import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { fen, sumFen, type Fen } from '../money.ts'
import { noticeMessage } from '../notice.ts'
import { outstandingOf, type Bill } from './bill.ts'
import type { Contract } from './contract.ts'
import { cureArrears, type CureStores } from './cure-arrears.ts'
import type { DefaultStore } from './default-ports.ts'
import type { Dispute } from './dispute.ts'
import type { BillStore } from './ports.ts'

export interface DisputeStores extends CureStores {
  readonly bills: CureStores['bills'] & Pick<BillStore, 'find' | 'save' | 'lockContract'>
  readonly defaults: CureStores['defaults'] & Pick<DefaultStore, 'saveDispute' | 'findDispute' | 'disputes'>
}

interface Tools {
  readonly ids: Ids
  readonly calendar: Calendar
}

/** Regulation on the Credit Reporting Industry, article 25: an answer within 20 days. */
const answerWithinDays = 20

export interface OpenDispute {
  readonly contract: Contract
  /** Null: about a report itself. */
  readonly billId: string | null
  /** Null: all that is outstanding on the bill. */
  readonly amountFen: Fen | null
  readonly text: string
  readonly statement: string | null
}

/** 异议. From now on the amount is not dunned, locked for or newly reported; a lock that rests on it alone is undone. */
export async function openDispute (stores: DisputeStores, { ids, calendar }: Tools, { contract, billId, amountFen, text, statement }: OpenDispute, at: Date): Promise<Dispute> {
  await stores.bills.lockContract(contract.id)
  const bill = billId === null ? null : await disputedBill(stores, contract, billId)
  const disputedFen = bill === null ? fen(0) : amountToDispute(bill, amountFen)
  const dispute: Dispute = {
    id: ids.next(), contractId: contract.id, patientId: contract.patientId, billId: bill?.id ?? null, hospitalId: bill?.hospitalId ?? null, disputedFen, text, statement,
    state: 'open', openedAt: at, answerBy: addDays(calendar(at), answerWithinDays), answer: null, answeredAt: null, answeredBy: null
  }
  await stores.defaults.saveDispute(dispute)
  if (bill !== null) await stores.bills.save({ ...bill, disputedFen: sumFen([bill.disputedFen, disputedFen]) })
  await stores.outbox.add(noticeMessage({ template: 'dispute_opened', patientId: contract.patientId, phone: contract.phone, params: { answerBy: dispute.answerBy } }, { id: ids.next(), key: `dispute:${dispute.id}:opened`, at }))
  await cureArrears(stores, ids, contract.id, { now: at, today: calendar(at) })
  return dispute
}

function amountToDispute (bill: Bill, amountFen: Fen | null): Fen {
  const openFen = Math.max(0, outstandingOf(bill) - bill.disputedFen)
  const disputedFen = amountFen ?? fen(openFen)
  if (disputedFen <= 0 || disputedFen > openFen) throw new DomainError('BILL_AMOUNT_INVALID', 'Dispute an amount of what is outstanding and not disputed yet.', 'amountFen')
  return disputedFen
}

async function disputedBill ({ bills }: Pick<DisputeStores, 'bills'>, contract: Contract, billId: string): Promise<Bill> {
  const bill = await bills.find(billId)
  if (bill === null || bill.contractId !== contract.id) throw new DomainError('BILL_NOT_FOUND', 'No bill of this contract has this id; list the bills of the person.', 'billId')
  return bill
}

export interface AnswerDispute {
  readonly id: string
  readonly state: Exclude<Dispute['state'], 'open'>
  readonly answer: string
  readonly by: string
}

/**
 * upheld: the debt stands as it was. corrected: the person is right; what is wrong is put right by a credit of the HIS or
 * a write-off, not here. withdrawn: by the person. In each case the amount is free again.
 */
export async function answerDispute (stores: DisputeStores, { ids, calendar }: Tools, { id, state, answer, by }: AnswerDispute, at: Date): Promise<Dispute> {
  const dispute = await stores.defaults.findDispute(id)
  if (dispute === null) throw new DomainError('DISPUTE_NOT_FOUND', 'No dispute has this id; list the open ones.')
  if (dispute.state !== 'open') throw new DomainError('DISPUTE_ANSWERED', 'This dispute is answered. Open another one.')
  await stores.bills.lockContract(dispute.contractId)
  const answered: Dispute = { ...dispute, state, answer, answeredAt: at, answeredBy: by }
  await stores.defaults.saveDispute(answered)
  const bill = dispute.billId === null ? null : await stores.bills.find(dispute.billId)
  if (bill !== null) await stores.bills.save({ ...bill, disputedFen: fen(Math.max(0, bill.disputedFen - dispute.disputedFen)) })
  const contract = await stores.contracts.find(dispute.contractId)
  if (contract !== null) {
    await stores.outbox.add(noticeMessage({ template: 'dispute_answered', patientId: contract.patientId, phone: contract.phone, params: {} }, { id: ids.next(), key: `dispute:${id}:answered`, at }))
    await cureArrears(stores, ids, contract.id, { now: at, today: calendar(at) })
  }
  return answered
}

/** How many open disputes are `days` days old or older on a day: the alarm before the time for an answer runs out. */
export async function oldDisputes ({ defaults }: { readonly defaults: Pick<DefaultStore, 'disputes'> }, { openedBefore }: { readonly openedBefore: Date }): Promise<number> {
  let count = 0
  for (let offset = 0; ; offset += 200) {
    const page = await defaults.disputes({ contractId: null, isOpen: true, hospitalId: null }, { limit: 200, offset })
    count += page.filter(({ openedAt }) => openedAt <= openedBefore).length
    if (page.length < 200) return count
  }
}
