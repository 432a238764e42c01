import { addDays } from '../days.ts'
import type { CalendarDate } from '../clock.ts'
import { yuanText, type Fen } from '../money.ts'
import type { Entry } from './entry.ts'

/**
 * The books as plain text of the beancount kind, so that a program that shares nothing with this one can prove them: one
 * transaction for each entry, and for each account that a day touched its balance at the end of that day (acc C-26).
 * Debit is positive in both. Names of accounts hold numbers of ours, never of persons.
 */
export function * beancountLines (entries: Iterable<Entry>, state: BeancountState): Generator<string, void> {
  for (const entry of entries) {
    if (state.day !== null && entry.effectiveOn > state.day) yield * balanceLines(state)
    state.day = entry.effectiveOn
    for (const { account } of entry.postings) {
      if (state.balances.has(account)) continue
      state.balances.set(account, 0)
      yield `${entry.effectiveOn} open ${beancountAccount(account)} CNY\n`
    }
    yield `${entry.effectiveOn} * "${entry.kind}" "${entry.sourceKey.replaceAll('"', '\'')}"\n  entry: "${entry.id}"\n`
    for (const { account, amountFen } of entry.postings) {
      state.balances.set(account, (state.balances.get(account) ?? 0) + amountFen)
      state.touched.add(account)
      yield `  ${beancountAccount(account)}  ${yuanText(amountFen)} CNY\n`
    }
  }
}

/** What goes on from one page of entries to the next; entries come by day of effect. */
export interface BeancountState {
  day: CalendarDate | null
  readonly balances: Map<string, number>
  readonly touched: Set<string>
}

export const beancountState = (): BeancountState => ({ day: null, balances: new Map(), touched: new Set() })

export const beancountHead = (hospitalId: string): string => `option "title" "yiqiao ${hospitalId}"\noption "operating_currency" "CNY"\n`

/** Balances at the end of the last day; a balance directive speaks of the beginning of its day. */
export function * balanceLines (state: BeancountState): Generator<string, void> {
  if (state.day === null) return
  const on = addDays(state.day, 1)
  for (const account of [...state.touched].sort()) yield `${on} balance ${beancountAccount(account)}  ${yuanText((state.balances.get(account) ?? 0) as Fen)} CNY\n`
  state.touched.clear()
}

const roots: ReadonlyArray<readonly [prefix: string, root: string]> = [
  ['AR:patient:', 'Assets:Receivable:Patient:P'], ['AR:insurance:', 'Assets:Receivable:Insurance:I'], ['AR:funder:', 'Assets:Receivable:Funder:F'], ['CLEAR:', 'Assets:Clearing:C'], ['BANK:', 'Assets:Bank:B'],
  ['CREDIT_BAL:patient:', 'Liabilities:CreditBalance:P'], ['REFUND_PAYABLE', 'Liabilities:RefundPayable'], ['SUSPENSE:', 'Liabilities:Suspense:S'], ['REV:', 'Income:R'],
  ['ESCROW:', 'Liabilities:Escrow:E'], ['PAYABLE:', 'Liabilities:Payable:P'], ['PAYABLE_FROZEN:', 'Liabilities:PayableFrozen:P'], ['INCOME:', 'Income:I'],
  ['BADDEBT', 'Expenses:BadDebt'], ['ADJ:', 'Expenses:Adjustment:A'], ['FEE:', 'Expenses:Fee:F']
]

/** Parts of a name begin with a capital or digit and hold letters, digits and dashes; other characters are written as their code. */
export function beancountAccount (account: string): string {
  const [prefix, root] = roots.find(([start]) => account.startsWith(start)) ?? ['', 'Equity:Other:O']
  return root + [...account.slice(prefix.length)].map((character) => /[A-Za-z0-9-]/.test(character) ? character : `-x${(character.codePointAt(0) ?? 0).toString(16)}-`).join('')
}
