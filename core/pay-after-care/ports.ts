import type { CalendarDate } from '../clock.ts'
import type { NamedPerson } from '../identity/index.ts'
import type { Fen } from '../money.ts'
import type { Allocation, Bill, BillLine } from './bill.ts'
import type { Contract, ContractEvent } from './contract.ts'
import type { CreditHold } from './credit-hold.ts'
import type { Agreement, Assertion, EligibilityCheck } from './eligibility.ts'
import type { InsuranceSplit, Settlement } from './settlement.ts'
import type { Decision } from './write-off.ts'

export type { NamedPerson } from '../identity/index.ts'
export type { InsuranceSplit } from './settlement.ts'

type Page = { readonly limit: number, readonly offset: number }

export interface ContractStore {
  readonly find: (id: string) => Promise<Contract | null>
  /** Those that there are, in no order. */
  readonly findAll: (ids: readonly string[]) => Promise<readonly Contract[]>
  /** The newest first, over all records tied to this one; found by one query. */
  readonly ofPatient: (patientId: string) => Promise<readonly Contract[]>
  /** Inserts or replaces. A second contract of one patient record that stands is refused with CONTRACT_STANDS. */
  readonly save: (contract: Contract) => Promise<void>
  /** Whoever asks for the same person waits until the transaction ends, so that what was read still holds. */
  readonly lockPerson: (personId: string) => Promise<void>
  /** Suspended ones, by id after `after`. */
  readonly suspended: (page: { readonly limit: number, readonly after: string | null }) => Promise<readonly Contract[]>
  /** Persons with more than one contract that stands (a tie joined them). */
  readonly standingTwice: (limit: number) => Promise<ReadonlyArray<readonly Contract[]>>
  /** Active ones whose basis rests on an assertion that has expired by `by`; by id after `after`. */
  readonly lapsing: (by: Date, page: { readonly limit: number, readonly after: string | null }) => Promise<readonly Contract[]>
  readonly note: (event: ContractEvent) => Promise<void>
  /** Oldest first. */
  readonly events: (contractId: string, limit: number) => Promise<readonly ContractEvent[]>
}

export interface EligibilityStore {
  readonly saveAgreement: (agreement: Agreement) => Promise<void>
  /** The one in force at an instant, or by version. */
  readonly agreement: (wanted: { readonly at: Date } | { readonly version: string }) => Promise<Agreement | null>
  readonly saveAssertion: (assertion: Assertion) => Promise<void>
  /** Newest first. */
  readonly assertions: (patientIds: readonly string[]) => Promise<readonly Assertion[]>
  readonly saveCheck: (check: EligibilityCheck) => Promise<void>
  readonly findCheck: (id: string) => Promise<EligibilityCheck | null>
}

export interface BillStore {
  readonly find: (id: string) => Promise<Bill | null>
  /** Those that there are, in no order. */
  readonly findAll: (ids: readonly string[]) => Promise<readonly Bill[]>
  /** By ordinal. */
  readonly ofVisit: (visitId: string) => Promise<readonly Bill[]>
  readonly save: (bill: Bill) => Promise<void>
  readonly list: (filter: { readonly patientIds: readonly string[] | null, readonly contractId: string | null, readonly hospitalId: string | null, readonly isOutstanding: boolean | null }, page: Page) => Promise<readonly Bill[]>
  /** All of a contract with something outstanding, the oldest deadline first, open visits last. */
  readonly outstanding: (contractId: string) => Promise<readonly Bill[]>
  /** The same of some contracts, by one query. */
  readonly outstandingOf: (contractIds: readonly string[]) => Promise<readonly Bill[]>
  /** Contracts that owe something on closed visits, by id after `after`, with `dueBy` only where a deadline is not later; the cost grows with these, not with all contracts. */
  readonly owingContracts: (page: { readonly limit: number, readonly after: string | null, readonly dueBy: CalendarDate | null }) => Promise<readonly string[]>
  /** Bills of outpatient visits that go on though nothing was charged since before `before`. */
  readonly left: (before: CalendarDate, limit: number) => Promise<readonly Bill[]>
  /** Whoever changes bills or holds of a contract waits here for the others, then reads again. */
  readonly lockContract: (contractId: string) => Promise<void>
  /** Of all records of a person, those at a hospital that something is outstanding on, or whose deadline is still to come; the oldest first, open visits last; found by one query. */
  readonly openAt: (hospitalId: string, patientId: string, today: CalendarDate) => Promise<readonly Bill[]>
  /** What is outstanding to the hospitals themselves, by hospital and deadline. */
  readonly owedByDeadline: (hospitalId: string | null) => Promise<ReadonlyArray<{ readonly hospitalId: string, readonly dueOn: CalendarDate | null, readonly isClosed: boolean, readonly bills: number, readonly outstandingFen: Fen }>>
  /** How many contracts owe something on visits closed before a day, and how many of them past a deadline. */
  readonly owingCounts: (today: CalendarDate) => Promise<{ readonly owing: number, readonly overdue: number }>
  readonly addLine: (line: BillLine) => Promise<boolean>
  /** Where a charge stands. */
  readonly lineOf: (chargeId: string) => Promise<BillLine | null>
  readonly lines: (billId: string) => Promise<readonly BillLine[]>
  /** Answers false where this source stands on the bill already. */
  readonly addAllocation: (allocation: Allocation) => Promise<boolean>
  readonly allocations: (billId: string) => Promise<readonly Allocation[]>
  /** Over all bills. */
  readonly allocationsFrom: (kind: Allocation['kind'], sourceId: string) => Promise<readonly Allocation[]>
  readonly saveSettlement: (settlement: Settlement) => Promise<void>
  /** Of a bill, by attempt. */
  readonly settlements: (billId: string) => Promise<readonly Settlement[]>
  /** Settled (or ended by a reversal) within a time, with their hospital; by id after `after`. For reconciliation. */
  readonly settlementsWithin: (wanted: { readonly by: 'settled' | 'reversed', readonly from: Date, readonly until: Date }, page: { readonly limit: number, readonly after: string | null }) => Promise<ReadonlyArray<Settlement & { readonly hospitalId: string }>>
  /** By the insurer's number: what stands before the dot of its settlement id. */
  readonly settlementByNumber: (number: string) => Promise<(Settlement & { readonly hospitalId: string }) | null>
  /** Inserts, or changes the amount of one that still holds. A second hold of a reference is refused with STORE_WRITE_CONFLICT. */
  readonly saveHold: (hold: CreditHold) => Promise<void>
  /** Answers false where it has ended before: a hold ends once (I-12). */
  readonly endHold: (id: string, end: { readonly state: Exclude<CreditHold['state'], 'held'>, readonly at: Date }) => Promise<boolean>
  readonly findHold: (id: string) => Promise<CreditHold | null>
  /** That still hold something. */
  readonly holds: (contractId: string) => Promise<readonly CreditHold[]>
  /** The newest of that reference. */
  readonly holdByReference: (visitId: string, reference: string) => Promise<CreditHold | null>
  readonly holdsExpiring: (by: Date, limit: number) => Promise<readonly CreditHold[]>
  readonly nextHoldExpiry: () => Promise<Date | null>
}

/** Decisions of two persons on bills. */
export interface DecisionStore {
  readonly saveDecision: (decision: Decision) => Promise<void>
  /** Answers false where somebody has decided it before. */
  readonly decide: (decision: Decision) => Promise<boolean>
  readonly findDecision: (id: string) => Promise<Decision | null>
  readonly decisions: (filter: { readonly billId: string | null, readonly state: Decision['state'] | null, readonly hospitalId: string | null }, page: Page) => Promise<readonly Decision[]>
}

/** Every answer of an outside party that moves something: unknown is settled by a query or an undo, never by asking anew. */
export type Outcome<Value> =
  | { readonly kind: 'ok', readonly value: Value }
  | { readonly kind: 'rejected', readonly code: string }
  | { readonly kind: 'unknown' }

/** 医保. National interface numbers in brackets (domain document §4.1). Amounts are fen here, decimal yuan on the wire. */
export interface InsuranceGateway {
  /** 1101. `region` is the insured's place. */
  readonly eligibility: (person: NamedPerson, at: Date) => Promise<{ readonly isInsured: boolean, readonly region: string, readonly evidenceId: string }>
  /** 2203–2206: registers, uploads the lines, and asks for the split. The personal part is `cashFen` + `accountFen`. */
  readonly preSettle: (asked: { readonly requestId: string, readonly hospitalId: string, readonly visitId: string, readonly person: NamedPerson, readonly lines: ReadonlyArray<{ readonly id: string, readonly code: string | null, readonly amountFen: Fen }> }) => Promise<Outcome<InsuranceSplit & { readonly quoteId: string }>>
  /** 2207. */
  readonly settle: (asked: { readonly requestId: string, readonly quoteId: string }) => Promise<Outcome<InsuranceSplit & { readonly settlementId: string }>>
  /** 2208. `quoteId`: of the quote that was settled; in it is whose it was. */
  readonly reverse: (asked: { readonly requestId: string, readonly settlementId: string, readonly quoteId: string }) => Promise<Outcome<null>>
  /** 2601: as if the transaction of unknown outcome had never been; `requestId` is that of the transaction. */
  readonly undoUnknown: (asked: { readonly requestId: string, readonly transaction: '2207' | '2208', readonly quoteId: string }) => Promise<Outcome<null>>
  /** Null where the local platform offers none. The key is sent on, so that the same lock is carried out once. */
  readonly lock: null | ((command: { readonly key: string, readonly person: NamedPerson, readonly legalBasis: string }) => Promise<Outcome<{ readonly receiptId: string }>>)
  readonly unlock: null | ((command: { readonly key: string, readonly person: NamedPerson }) => Promise<Outcome<{ readonly receiptId: string }>>)
}

/** 评分. A provider says whether a threshold is met; the number itself goes through to the person and is not kept. */
export interface ScoreProvider {
  readonly name: 'bank' | 'zhima'
  readonly assertAtLeast: (person: NamedPerson, threshold: number, at: Date) => Promise<{ readonly isMet: boolean, readonly evidenceId: string, readonly expiresAt: Date }>
  readonly scoreOf: (person: NamedPerson, at: Date) => Promise<{ readonly score: number, readonly asOf: CalendarDate }>
}
