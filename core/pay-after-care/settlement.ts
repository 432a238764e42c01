import type { Fen } from '../money.ts'

/** Checked on every answer (I-11): total = fund + personal, personal = account + cash. A mismatch stops the settlement. */
export interface InsuranceSplit {
  readonly fund: string
  readonly totalFen: Fen
  readonly fundFen: Fen
  readonly personalFen: Fen
  readonly accountFen: Fen
  readonly cashFen: Fen
}

/**
 * 医保结算. One attempt to have an insurance fund take its part of a bill over. A bill has at most one that stands; when its
 * charges change it is reversed (2208) and the bill settled anew.
 *
 * asked → settled → reversing → reversed; asked → undone (2601, its outcome was unknown) | rejected. `asked` and `reversing`
 * are written before the call, so that after a crash it is known what may have happened.
 */
export interface Settlement {
  /** Also the stem of the request ids that the insurer knows it by. */
  readonly id: string
  readonly billId: string
  readonly attempt: number
  readonly state: 'asked' | 'settled' | 'reversing' | 'reversed' | 'undone' | 'rejected'
  /** What the bill's charges came to when it was asked. */
  readonly chargedFen: Fen
  readonly quoteId: string | null
  readonly settlementId: string | null
  readonly split: InsuranceSplit | null
  /** Why it was rejected, or taken back though nothing was charged anew. */
  readonly code: string | null
  readonly askedAt: Date
  readonly settledAt: Date | null
  readonly endedAt: Date | null
}

/** I-11: total = fund + personal, personal = account + cash, nothing below zero, and the total is what was charged. */
export function isSplitRight (split: InsuranceSplit, chargedFen: Fen): boolean {
  const { totalFen, fundFen, personalFen, accountFen, cashFen } = split
  return totalFen === chargedFen && totalFen === fundFen + personalFen && personalFen === accountFen + cashFen && [fundFen, accountFen, cashFen].every((part) => part >= 0)
}

export type SettlementStep = 'nothing' | 'settle' | 'undo' | 'reverse'

interface Charged {
  readonly chargedFen: Fen
  readonly closedOn: string | null
}

/** What is to be done next, from what stands. */
export function nextStep (bill: Charged, latest: Settlement | null): SettlementStep {
  if (latest?.state === 'asked') return 'undo'
  if (latest?.state === 'reversing') return 'reverse'
  if (bill.closedOn === null) return 'nothing'
  return latest?.state === 'settled' ? afterSettled(bill, latest) : afterNone(bill, latest)
}

const afterSettled = ({ chargedFen }: Charged, latest: Settlement): SettlementStep => latest.chargedFen === chargedFen && latest.code === null ? 'nothing' : 'reverse'

/** What was refused is not asked again before the charges have changed. */
function afterNone ({ chargedFen }: Charged, latest: Settlement | null): SettlementStep {
  const isAnswered = latest !== null && latest.code !== null && latest.chargedFen === chargedFen
  return chargedFen <= 0 || isAnswered ? 'nothing' : 'settle'
}
