import type { Fen } from '../money.ts'

/**
 * 签约. A person's pay-after-care contract over all hospitals of the scheme. It hangs on the patient record that signed;
 * the person is every record tied to it (identity), so a later tie or its undoing moves nothing. Everything that is owed,
 * dunned, locked or reported hangs on the contract.
 *
 * active → suspended (owing past the deadline, or by hand) → active (cured)
 * active | suspended → terminated (nothing owed and nothing open) | expired (eligibility lapsed, or a tie joined two)
 * After `terminated` and `expired` no new visit is paid after care; what is owed lives on.
 */
export interface Contract {
  readonly id: string
  readonly patientId: string
  /** Who signed for a ward (D-9), any record of that person; null: the person themselves. */
  readonly guardianPatientId: string | null
  readonly state: ContractState
  readonly agreement: { readonly version: string, readonly sha256: string }
  /** The rule of the rule set that let the person in, and the assertions it rests on. */
  readonly basis: { readonly ruleSetVersion: string, readonly rule: string, readonly assertionIds: readonly string[] }
  /** Purposes consented to one by one: pay_after_care, score_query, bureau_report, sms. */
  readonly consents: readonly ConsentPurpose[]
  /** Sealed; proven by a code at signing. */
  readonly phone: string
  readonly phoneKey: string
  readonly creditLimitFen: Fen
  readonly signedAt: Date
  readonly signedBy: Assured
  readonly suspendedAt: Date | null
  readonly suspendedBecause: SuspensionReason | null
  readonly endedAt: Date | null
  readonly endedBecause: 'terminated' | 'eligibility_lapsed' | 'joined' | null
  readonly endedBy: Assured | null
}

export type ContractState = 'active' | 'suspended' | 'terminated' | 'expired'
export const consentPurposes = ['pay_after_care', 'score_query', 'bureau_report', 'sms'] as const
export type ConsentPurpose = typeof consentPurposes[number]
export type SuspensionReason = 'overdue' | 'manual'

/** Through which channel somebody acted, and how it was known who they are. */
export interface Assured {
  readonly channel: 'app' | 'kiosk' | 'window'
  /** account: a logged-in account. card: a document read at the kiosk. papers: seen by the desk. Each with a code to the phone. */
  readonly assurance: 'account_and_code' | 'card_and_code' | 'papers_and_code'
  readonly tokenId: string
}

/** What happened to a contract, append-only: beside its state, why and by whom. */
export interface ContractEvent {
  readonly id: string
  readonly contractId: string
  readonly what: 'signed' | 'suspended' | 'cured' | 'reinstated' | 'renewed' | 'terminated' | 'expired'
  /** In the words of who decided by hand, else a code. */
  readonly reason: string | null
  /** The token; null: by itself. */
  readonly by: string | null
  readonly at: Date
}

/** Whether new visits may be paid after care. */
export const isInForce = ({ state }: Contract): boolean => state === 'active'
/** Whether it still stands between the person and us: only one such contract at a time. */
export const stands = ({ state }: Contract): boolean => state === 'active' || state === 'suspended'
