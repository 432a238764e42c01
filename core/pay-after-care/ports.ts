import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'
import type { Allocation, Bill, BillLine } from './bill.ts'
import type { Contract } from './contract.ts'
import type { CreditHold } from './credit-hold.ts'
import type { CardLock } from './card-lock.ts'
import type { Dispute } from './dispute.ts'
import type { Agreement, Assertion, EligibilityCheck } from './eligibility.ts'
import type { Decision } from './write-off.ts'

type Page = { readonly limit: number, readonly offset: number }

export interface ContractStore {
  readonly find: (id: string) => Promise<Contract | null>
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
  /** By ordinal. */
  readonly ofVisit: (visitId: string) => Promise<readonly Bill[]>
  readonly save: (bill: Bill) => Promise<void>
  readonly list: (filter: { readonly patientIds: readonly string[] | null, readonly contractId: string | null, readonly hospitalId: string | null, readonly isOutstanding: boolean | null }, page: Page) => Promise<readonly Bill[]>
  /** All of a contract with something outstanding, the oldest deadline first, open visits last. */
  readonly outstanding: (contractId: string) => Promise<readonly Bill[]>
  /** Contracts that owe something on closed visits, by id after `after`; the cost grows with these, not with all contracts. */
  readonly owingContracts: (page: { readonly limit: number, readonly after: string | null }) => Promise<readonly string[]>
  /** Bills of outpatient visits that go on though nothing was charged since before `before`. */
  readonly left: (before: CalendarDate, limit: number) => Promise<readonly Bill[]>
  readonly addLine: (line: BillLine) => Promise<boolean>
  /** Where a charge stands. */
  readonly lineOf: (chargeId: string) => Promise<BillLine | null>
  readonly lines: (billId: string) => Promise<readonly BillLine[]>
  /** Answers false where this source stands on the bill already. */
  readonly addAllocation: (allocation: Allocation) => Promise<boolean>
  readonly allocations: (billId: string) => Promise<readonly Allocation[]>
  /** Over all bills. */
  readonly allocationsFrom: (kind: Allocation['kind'], sourceId: string) => Promise<readonly Allocation[]>
  readonly saveHold: (hold: CreditHold) => Promise<void>
  readonly findHold: (id: string) => Promise<CreditHold | null>
  /** That still hold something. */
  readonly holds: (contractId: string) => Promise<readonly CreditHold[]>
  readonly holdByReference: (visitId: string, reference: string) => Promise<CreditHold | null>
  readonly holdsExpiring: (by: Date, limit: number) => Promise<readonly CreditHold[]>
  readonly nextHoldExpiry: () => Promise<Date | null>
}

/** 违约管理. Unique rows by (contract, day), so that a job may run any number of times. */
export interface DefaultStore {
  /** Takes the day's reminder; false where it is taken (I-24). */
  readonly takeDunning: (dunning: { readonly contractId: string, readonly on: CalendarDate, readonly noticeKey: string | null, readonly suppressedBecause: string | null, readonly owedFen: Fen, readonly at: Date }) => Promise<boolean>
  readonly dunnings: (contractId: string, page: Page) => Promise<ReadonlyArray<{ readonly on: CalendarDate, readonly noticeKey: string | null, readonly suppressedBecause: string | null, readonly owedFen: Fen, readonly at: Date }>>
  readonly saveLock: (lock: CardLock) => Promise<void>
  readonly findLock: (id: string) => Promise<CardLock | null>
  /** The newest first. */
  readonly locksOf: (contractId: string) => Promise<readonly CardLock[]>
  /** Locked, or under way in either direction; by id after `after`. */
  readonly locksToWatch: (page: { readonly limit: number, readonly after: string | null }) => Promise<readonly CardLock[]>
  readonly saveDispute: (dispute: Dispute) => Promise<void>
  readonly findDispute: (id: string) => Promise<Dispute | null>
  readonly disputes: (filter: { readonly contractId: string | null, readonly isOpen: boolean | null }, page: Page) => Promise<readonly Dispute[]>
  readonly saveDecision: (decision: Decision) => Promise<void>
  readonly findDecision: (id: string) => Promise<Decision | null>
  readonly decisions: (filter: { readonly billId: string | null, readonly state: Decision['state'] | null, readonly hospitalId: string | null }, page: Page) => Promise<readonly Decision[]>
}

/** Every answer of an outside party that moves something: unknown is settled by a query or an undo, never by asking anew. */
export type Outcome<Value> =
  | { readonly kind: 'ok', readonly value: Value }
  | { readonly kind: 'rejected', readonly code: string }
  | { readonly kind: 'unknown' }

/** How a person is named to insurers and score providers. Never logged. */
export interface NamedPerson {
  readonly residentId: string
  readonly name: string
}

/** 医保. National interface numbers in brackets (domain document §4.1). Amounts are fen here, decimal yuan on the wire. */
export interface InsuranceGateway {
  /** 1101. `region` is the insured's place. */
  readonly eligibility: (person: NamedPerson, at: Date) => Promise<{ readonly isInsured: boolean, readonly region: string, readonly evidenceId: string }>
  /** 2203–2206: registers, uploads the lines, and asks for the split. The personal part is `cashFen` + `accountFen`. */
  readonly preSettle: (asked: { readonly requestId: string, readonly hospitalId: string, readonly visitId: string, readonly person: NamedPerson, readonly lines: ReadonlyArray<{ readonly id: string, readonly code: string | null, readonly amountFen: Fen }> }) => Promise<Outcome<InsuranceSplit & { readonly quoteId: string }>>
  /** 2207. */
  readonly settle: (asked: { readonly requestId: string, readonly quoteId: string }) => Promise<Outcome<InsuranceSplit & { readonly settlementId: string }>>
  /** 2208. */
  readonly reverse: (asked: { readonly requestId: string, readonly settlementId: string }) => Promise<Outcome<null>>
  /** 2601: as if the transaction of unknown outcome had never been. */
  readonly undoUnknown: (asked: { readonly requestId: string, readonly transaction: '2207' | '2208' }) => Promise<Outcome<null>>
  /** Null where the local platform offers none. The key is sent on, so that the same lock is carried out once. */
  readonly lock: null | ((command: { readonly key: string, readonly person: NamedPerson, readonly legalBasis: string }) => Promise<Outcome<{ readonly receiptId: string }>>)
  readonly unlock: null | ((command: { readonly key: string, readonly person: NamedPerson }) => Promise<Outcome<{ readonly receiptId: string }>>)
}

/** Checked on every answer (I-11): total = fund + personal, personal = account + cash. A mismatch stops the settlement. */
export interface InsuranceSplit {
  readonly fund: string
  readonly totalFen: Fen
  readonly fundFen: Fen
  readonly personalFen: Fen
  readonly accountFen: Fen
  readonly cashFen: Fen
}

/** 评分. A provider says whether a threshold is met; the number itself goes through to the person and is not kept. */
export interface ScoreProvider {
  readonly name: 'bank' | 'zhima'
  readonly assertAtLeast: (person: NamedPerson, threshold: number, at: Date) => Promise<{ readonly isMet: boolean, readonly evidenceId: string, readonly expiresAt: Date }>
  readonly scoreOf: (person: NamedPerson, at: Date) => Promise<{ readonly score: number, readonly asOf: CalendarDate }>
}
