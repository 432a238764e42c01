import { createHash } from 'node:crypto'
import type { Clock } from '../../../core/clock.ts'
import type { Ids } from '../../../core/ids.ts'
import { fen, type Fen } from '../../../core/money.ts'
import type { Signer, StatementLine, Verifier } from '../../insurance/index.ts'
import type { Journal } from '../journal.ts'

export interface InsuredPerson {
  readonly residentId: string
  /** Null: whatever name is said. */
  readonly name: string | null
  /** What `set` calls the person besides the resident id, e.g. the number of a record. */
  readonly alias: string | null
  /** Null: not insured at all. Of another region: insured there. */
  readonly region: string | null
  readonly balanceFen: Fen
}

export interface InsurerOptions {
  /** The insurer's own key, and the one of who calls. */
  readonly signer: Signer
  readonly verifier: Verifier
  readonly region: string
  readonly persons: readonly InsuredPerson[]
  /** Of persons that are not listed: all are insured here. */
  readonly usualBalanceFen: Fen
  /** 统筹支付比例, whole per cent of the total; what is left of a fen stays with the person. */
  readonly fundPercent: number
  /** Business time: what happens when, and what a statement's day is. */
  readonly clock: Clock
  /** Real time: the age of messages, and the time on ours. */
  readonly realClock: Clock
  readonly ids: Ids
  /** Sends a call-back (6302); null while nobody listens. */
  readonly callBack: ((body: string) => Promise<number>) | null
  /** How long the fault `slow` keeps an answer. */
  readonly slowMs: number
}

export interface Account {
  readonly person: InsuredPerson
  readonly number: string
  region: string | null
  balanceFen: Fen
  /** By which lock it is locked; null: it is not. */
  lockedBy: string | null
}

export interface SimulatedVisit {
  readonly id: string
  /** The hospital's own. */
  readonly number: string
  readonly account: Account
  readonly lines: Map<string, Fen>
  /** The one that stands. */
  settlement: Settlement | null
}

export interface Settlement {
  readonly id: string
  readonly visit: SimulatedVisit
  readonly totalFen: Fen
  readonly fundFen: Fen
  readonly accountFen: Fen
  readonly cashFen: Fen
  isReversed: boolean
}

export interface Order {
  readonly number: string
  readonly id: string
  readonly account: Account
  readonly amountFen: Fen
  state: 'pending' | 'success' | 'failed' | 'closed'
  paidAt: Date | null
  readonly refunds: Map<string, { readonly id: string, readonly amountFen: Fen, readonly at: Date }>
}

/** What one message did, for 2601 and for repetitions. */
export interface Carried {
  readonly answer: Readonly<Record<string, unknown>> | Refused
  /** Takes it back, as if it had never been; null where there is nothing to take back. */
  readonly undo: (() => void) | null
}

export interface Refused {
  readonly refusedBecause: string
}

export interface InsurerState {
  readonly options: InsurerOptions
  readonly journal: Journal
  readonly accounts: Map<string, Account>
  readonly visits: Map<string, SimulatedVisit>
  readonly settlements: Map<string, Settlement>
  readonly orders: Map<string, Order>
  /** By lock number: what it came to. */
  readonly locks: Map<string, { readonly receipt: string }>
  /** By day. */
  readonly lines: Map<string, StatementLine[]>
  /** By message id; undone: 2601 named it, so it never takes effect. */
  readonly carried: Map<string, Carried | 'undone'>
  serial: number
}

export const refuse = (refusedBecause: string): Refused => ({ refusedBecause })
export const isRefused = (answer: object): answer is Refused => 'refusedBecause' in answer

/** Numbers as insurers give them out: rising, no two alike. */
export function nextNumber (state: InsurerState, letter: string): string {
  state.serial += 1
  return `${letter}${String(state.serial).padStart(12, '0')}`
}

/** The account behind a resident id; whoever is not listed is insured here. */
export function accountOf (state: InsurerState, residentId: string): Account {
  const known = state.accounts.get(residentId)
  if (known !== undefined) return known
  const { persons, region, usualBalanceFen } = state.options
  const person = persons.find((each) => each.residentId === residentId) ?? { residentId, name: null, alias: null, region, balanceFen: usualBalanceFen }
  const number = createHash('sha256').update(`psn:${residentId}`).digest('hex').slice(0, 20)
  const account: Account = { person, number, region: person.region, balanceFen: person.balanceFen, lockedBy: null }
  state.accounts.set(residentId, account)
  return account
}

export function changeBalance (account: Account, byFen: number): void {
  account.balanceFen = fen(account.balanceFen + byFen)
}

const keptDays = 400
const beijingAheadMs = 28_800_000

const dayOf = (at: Date): string => new Date(at.getTime() + beijingAheadMs).toISOString().slice(0, 10)

/** Adds a line to the day's statement and answers how to take it out again. */
export function addLine (state: InsurerState, line: StatementLine): () => void {
  const day = dayOf(line.at)
  const lines = state.lines.get(day) ?? []
  lines.push(line)
  state.lines.set(day, lines)
  for (const old of state.lines.keys()) if (state.lines.size > keptDays) state.lines.delete(old); else break
  return () => { lines.splice(lines.indexOf(line), 1) }
}
