import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'

/** One per contract and reporting creditor; its number stays the same for good and says nothing of the hospital. */
export interface CreditAccount {
  readonly accountNumber: string
  readonly contractId: string
  /** Neutral code of the reporting creditor, never the name of a hospital. */
  readonly creditor: string
  readonly openedOn: CalendarDate
}

/**
 * 逾期事件. From the first day past a deadline until nothing overdue is left at this creditor. Reported as a whole, not
 * bill by bill.
 *
 * notice_due → notice_sent → notice_proven → ready → released → submitted → accepted | rejected → (fixed) submitted
 * accepted → cured → deletion_sent → deleted (five years after the cure); notice_* | ready | released → abandoned (paid in time)
 * accepted | cured → withdrawn (our error). `isHeld` while a dispute is open.
 */
export interface Episode {
  readonly id: string
  readonly accountNumber: string
  readonly contractId: string
  readonly creditor: string
  readonly episodeNumber: number
  readonly state: EpisodeState
  readonly isHeld: boolean
  readonly firstDelinquencyOn: CalendarDate
  readonly dueOn: CalendarDate
  readonly originalAmountFen: Fen
  readonly balanceFen: Fen
  readonly overdueFen: Fen
  readonly noticeKey: string | null
  readonly notice: { readonly sentAt: Date, readonly provenAt: Date, readonly channel: string, readonly proofId: string } | null
  readonly preparedOn: CalendarDate | null
  readonly releasedBy: string | null
  readonly curedOn: CalendarDate | null
  readonly statement: string | null
  readonly openedAt: Date
}

export type EpisodeState = 'notice_due' | 'notice_sent' | 'notice_proven' | 'ready' | 'released' | 'submitted' | 'accepted' | 'rejected' | 'cured' | 'deletion_sent' | 'deleted' | 'abandoned' | 'withdrawn'
