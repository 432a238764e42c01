import type { Fen } from '../money.ts'

/** 协议文本. Shown in full before signing; who signs names its version and hash. */
export interface Agreement {
  readonly version: string
  readonly text: string
  readonly sha256: string
  readonly from: Date
}

/**
 * What a provider says of a person: that a threshold is met or not, or that they are locally insured. The score itself
 * is not kept (finding 5 of the domain document).
 */
export interface Assertion {
  readonly id: string
  readonly patientId: string
  readonly provider: 'insurance' | 'bank' | 'zhima'
  readonly threshold: number | null
  readonly isMet: boolean
  readonly evidenceId: string
  readonly madeAt: Date
  readonly expiresAt: Date
}

/** 准入规则. One of the rules is enough. As data: a site may have others, each version stays readable. */
export interface RuleSet {
  readonly version: string
  readonly rules: ReadonlyArray<{ readonly name: string, readonly provider: Assertion['provider'], readonly threshold: number | null, readonly creditLimitFen: Fen }>
}

/** One run of the rules for a person; good for signing within 30 minutes. */
export interface EligibilityCheck {
  readonly id: string
  readonly patientId: string
  readonly ruleSetVersion: string
  /** The rule that was met with the highest limit; null: refused. */
  readonly rule: string | null
  readonly creditLimitFen: Fen | null
  readonly assertionIds: readonly string[]
  /** Why not: a code for each rule that was not met, or that could not be asked. */
  readonly reasons: readonly string[]
  readonly checkedAt: Date
  readonly expiresAt: Date
}
