import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'

/**
 * 异议. A person objects to what they owe or to what was reported. While it is open the disputed amount is not dunned,
 * locked for or newly reported. To be answered within 20 days, with an alarm at day 15 (Regulation on the Credit
 * Reporting Industry, article 25).
 */
export interface Dispute {
  readonly id: string
  readonly contractId: string
  readonly patientId: string
  /** Null: about a report itself, not about a bill. */
  readonly billId: string | null
  /** Of the bill. */
  readonly hospitalId: string | null
  readonly disputedFen: Fen
  /** The person's own words: shown to those who decide, never logged or sent on. */
  readonly text: string
  /** The statement that the person wants to stand beside the record (article 16); null: none. */
  readonly statement: string | null
  readonly state: 'open' | 'upheld' | 'corrected' | 'withdrawn'
  readonly openedAt: Date
  readonly answerBy: CalendarDate
  readonly answer: string | null
  readonly answeredAt: Date | null
  readonly answeredBy: string | null
}
