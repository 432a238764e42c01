import { daysBetween } from '../days.ts'
import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'
import type { PayAfterCareSettings } from '../pay-after-care/index.ts'

export type FeedSettings = Pick<PayAfterCareSettings, 'legalBasis' | 'reports' | 'reportGraceDays' | 'reportMinimumFen' | 'reportNoticeDays' | 'releaseByTwo' | 'minimumOverdueFen'>

/** What was proven about an episode at this moment. */
export interface GateFacts {
  /** Latest deadline of nothing yet: null where no bill with a proven notice is past its deadline. */
  readonly dueOn: CalendarDate | null
  readonly overdueFen: Fen
  readonly isReconciled: boolean
  readonly hasNoticeInTime: boolean
  readonly hasOpenDispute: boolean
  readonly isPaymentPending: boolean
  readonly isMinor: boolean
  readonly isDeceased: boolean
  /** A checked resident id and a name are known. */
  readonly isNamed: boolean
  readonly hasConsent: boolean
}

export type Gate = 'switched_off' | 'legal_basis_missing' | 'consent_missing' | 'not_past_deadline' | 'within_grace' | 'below_minimum' | 'notice_not_proven' | 'day_not_reconciled' | 'dispute_open' | 'payment_pending' | 'minor' | 'deceased' | 'person_not_named'

/**
 * Everything that must hold before somebody is reported (domain document §3.4, I-31); answers what does not. The second
 * person's release comes after these. Care in an emergency is waived: such bills are in no episode.
 */
export function closedGates (facts: GateFacts, settings: FeedSettings, today: CalendarDate): readonly Gate[] {
  const gates: ReadonlyArray<readonly [Gate, boolean]> = [
    ['switched_off', settings.reports],
    ['legal_basis_missing', settings.legalBasis !== null],
    ['consent_missing', facts.hasConsent],
    ['not_past_deadline', facts.dueOn !== null],
    ['within_grace', facts.dueOn === null || daysBetween(facts.dueOn, today) > settings.reportGraceDays],
    ['below_minimum', facts.overdueFen > settings.minimumOverdueFen && facts.overdueFen >= settings.reportMinimumFen],
    ['notice_not_proven', facts.hasNoticeInTime],
    ['day_not_reconciled', facts.isReconciled],
    ['dispute_open', !facts.hasOpenDispute],
    ['payment_pending', !facts.isPaymentPending],
    ['minor', !facts.isMinor],
    ['deceased', !facts.isDeceased],
    ['person_not_named', facts.isNamed]
  ]
  return gates.filter(([, isOpen]) => !isOpen).map(([gate]) => gate)
}
