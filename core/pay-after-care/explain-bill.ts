import type { CalendarDate } from '../clock.ts'
import type { PatientStore } from '../identity/index.ts'
import type { Charge, ChargeStore } from '../ledger/index.ts'
import type { Fen } from '../money.ts'
import type { NoticeRecord, NoticeStore } from '../notice.ts'
import { billState, outstandingOf, type Allocation, type Bill, type BillLine, type BillState } from './bill.ts'
import type { CardLock } from './card-lock.ts'
import { deadlineAccount, type DeadlineAccount } from './deadline-words.ts'
import type { DefaultStore, Dunning } from './default-ports.ts'
import type { Dispute } from './dispute.ts'
import type { BillStore, DecisionStore } from './ports.ts'
import type { Moment, PayAfterCareSettings } from './settings.ts'
import type { Settlement } from './settlement.ts'
import type { Decision } from './write-off.ts'

/** What was reported of the contract to a bureau, as the credit feed tells it. */
export interface Report {
  readonly episodeId: string
  readonly creditor: string
  readonly state: string
  readonly firstDelinquencyOn: CalendarDate
  readonly overdueFen: Fen
  readonly curedOn: CalendarDate | null
}

export interface Explanation {
  readonly bill: Bill
  readonly state: BillState
  readonly outstandingFen: Fen
  readonly lines: ReadonlyArray<BillLine & { readonly charge: Pick<Charge, 'kind' | 'code' | 'text' | 'transactionId'> | null }>
  readonly settlements: readonly Settlement[]
  readonly allocations: readonly Allocation[]
  readonly decisions: readonly Decision[]
  readonly deadline: DeadlineAccount | null
  readonly notices: readonly NoticeRecord[]
  readonly dunnings: readonly Dunning[]
  readonly locks: readonly CardLock[]
  readonly disputes: readonly Dispute[]
  readonly reports: readonly Report[]
  /** The sums above come to what is outstanding: null, or by how much not. */
  readonly differenceFen: Fen | null
}

export interface ExplainStores {
  readonly bills: Pick<BillStore, 'lines' | 'allocations' | 'settlements'>
  readonly charges: Pick<ChargeStore, 'find'>
  readonly decisions: Pick<DecisionStore, 'decisions'>
  readonly defaults: Pick<DefaultStore, 'dunnings' | 'locksOf' | 'disputes'>
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
}

/** What other contexts tell of the same debt; what an installation has not got tells nothing. */
export interface ExplainReaders {
  readonly notices: Pick<NoticeStore, 'list'> | null
  readonly reportsOf: ((contractId: string) => Promise<readonly Report[]>) | null
}

/** Bounds one answer; a bill has some ten lines, and a debt a reminder a day. */
const page = { limit: 500, offset: 0 }

/** 为什么欠款: everything that made a bill what it is, in one answer (acc C-27). */
export async function explainBill (stores: ExplainStores, { notices, reportsOf }: ExplainReaders, bill: Bill, { today, settings }: Pick<Moment, 'today'> & { readonly settings: PayAfterCareSettings }): Promise<Explanation> {
  const lines = await stores.bills.lines(bill.id)
  const allocations = await stores.bills.allocations(bill.id)
  const { contractId } = bill
  return {
    bill,
    state: billState(bill, today),
    outstandingFen: outstandingOf(bill),
    lines: await Promise.all(lines.map(async (line) => ({ ...line, charge: await stores.charges.find(line.chargeId) }))),
    settlements: await stores.bills.settlements(bill.id),
    allocations,
    decisions: await stores.decisions.decisions({ billId: bill.id, state: null, hospitalId: null }, page),
    deadline: deadlineAccount(bill, settings),
    notices: notices === null ? [] : await noticesAbout(stores, notices, bill, allocations),
    dunnings: await stores.defaults.dunnings(contractId, page),
    locks: await stores.defaults.locksOf(contractId),
    disputes: (await stores.defaults.disputes({ contractId, isOpen: null, hospitalId: null }, page)).filter(({ billId }) => billId === null || billId === bill.id),
    reports: reportsOf === null ? [] : await reportsOf(contractId),
    differenceFen: differenceOf(bill, lines, allocations)
  }
}

/** Notices name their occasion by key: the bill, a payment of it, or the contract. */
async function noticesAbout ({ patients }: Pick<ExplainStores, 'patients'>, notices: Pick<NoticeStore, 'list'>, bill: Bill, allocations: readonly Allocation[]): Promise<readonly NoticeRecord[]> {
  const patient = await patients.find(bill.patientId)
  const tied = patient === null ? [] : await patients.byPerson(patient.personId)
  const told = await notices.list([...new Set([bill.patientId, ...tied.map(({ id }) => id)])], page)
  const names = [bill.id, bill.contractId, ...allocations.map(({ sourceId }) => sourceId)]
  return told.filter(({ key }) => names.some((name) => key.includes(name)))
}

function differenceOf (bill: Bill, lines: readonly BillLine[], allocations: readonly Allocation[]): Fen | null {
  const charged = lines.reduce((sum, { amountFen }) => sum + amountFen, 0)
  const settled = allocations.filter(({ kind }) => kind !== 'recovery').reduce((sum, { amountFen }) => sum + amountFen, 0)
  const difference = outstandingOf(bill) - (charged - settled)
  return difference === 0 ? null : difference as Fen
}
