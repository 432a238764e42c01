export { assertBalanced, entryKinds, reversalOf, type Entry, type EntryKind, type Posting } from './entry.ts'
export {
  badDebt, bankAccount, channelClearing, channelFee, creditBalance, funderReceivable, insuranceReceivable, patientReceivable, refundPayable, roundingAdjustment, settledRevenue, suspense,
  unsettledRevenue, windowClearing
} from './account.ts'
export type { Charge, ChargeState } from './charge.ts'
export type { AccountBalance, ChargeStore, EntryPlace, LedgerStore, StatementLine } from './ports.ts'
export type { ChargeFacts } from './decide-charge.ts'
export { effectiveOnFor } from './effective-on.ts'
export { balanceLines, beancountAccount, beancountHead, beancountLines, beancountState } from './beancount.ts'
export { exportBeancount } from './export-beancount.ts'
export { owedByPerson, type Owed } from './owed.ts'
export { post } from './post.ts'
export { recordCharge, type BookedCharge } from './record-charge.ts'
export { reverse } from './reverse.ts'
export { statement } from './statement.ts'
export { trialBalance, type TrialBalance } from './trial-balance.ts'
export { unmatchedCredits } from './unmatched-credits.ts'
