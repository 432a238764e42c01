import { fen, sumFen, type Fen } from '../../core/money.ts'
import type { InsuranceSplit } from '../../core/pay-after-care/index.ts'
import { fenOfYuan } from './yuan.ts'

/** What each amount of a split consists of; of several fields the sum. */
const fields = {
  totalFen: ['medfee_sumamt'],
  fundFen: ['fund_pay_sumamt'],
  /** Pooled, civil servants, enterprise supplement, serious illness, large amount, assistance, other. */
  fundPartsFen: ['hifp_pay', 'cvlserv_pay', 'hifes_pay', 'hifmi_pay', 'hifob_pay', 'maf_pay', 'oth_pay'],
  personalFen: ['psn_part_amt'],
  /** The person's own account and the family's. */
  accountFen: ['acct_pay', 'acct_mulaid_pay'],
  cashFen: ['psn_cash_pay'],
  hospitalFen: ['hosp_part_amt']
} as const

/**
 * Reads 2206 and 2207. Regional variants exist, so what does not add up is not put right: null, and the settlement stops
 * (I-11). That holds for a part that the hospital itself bears (hosp_part_amt) too: nothing here could book it.
 */
export function readSplit (answer: Readonly<Record<string, unknown>>, expectedFen: Fen): InsuranceSplit | null {
  const entries = Object.entries(fields).map(([name, parts]) => [name, sumOf(parts.map((part) => answer[part]))] as const)
  if (entries.some(([, amount]) => amount === null)) return null
  const { totalFen, fundFen, fundPartsFen, personalFen, accountFen, cashFen, hospitalFen } = Object.fromEntries(entries) as Readonly<Record<keyof typeof fields, Fen>>
  const adds = totalFen === expectedFen && hospitalFen === 0 && totalFen === fundFen + personalFen && personalFen === accountFen + cashFen && fundPartsFen === fundFen
  return adds ? { fund: fundOf(answer), totalFen, fundFen, personalFen, accountFen, cashFen } : null
}

/** What is left out is nothing; what is negative or no amount is a fault. */
function sumOf (values: readonly unknown[]): Fen | null {
  const amounts = values.map((value) => value === undefined ? fen(0) : fenOfYuan(value))
  return amounts.every((amount) => amount !== null && amount >= 0) ? sumFen(amounts as readonly Fen[]) : null
}

/** 险种类型, e.g. 310: which fund owes its part. */
function fundOf ({ insutype }: Readonly<Record<string, unknown>>): string {
  return typeof insutype === 'string' && /^\w{1,20}$/.test(insutype) ? insutype : 'insurance'
}
