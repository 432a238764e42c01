import { fen, type Fen } from '../money.ts'

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
  readonly rules: readonly Rule[]
}

export interface Rule {
  readonly name: string
  readonly provider: Assertion['provider']
  /** Of a score; null for insurance. */
  readonly threshold: number | null
  /** Of insurance: the insured's places that count as local; without them any does. */
  readonly regions?: readonly string[]
  readonly creditLimitFen: Fen
}

/**
 * The seed's rules: locally insured, or bank score from 110, or Zhima score from 700. The limits lie within what
 * such programmes grant, 500 to 3,000 yuan (domain document §3.1).
 */
export const defaultRuleSet: RuleSet = {
  version: 'seed-1',
  rules: [
    { name: 'bank_score', provider: 'bank', threshold: 110, creditLimitFen: fen(300_000) },
    { name: 'zhima_score', provider: 'zhima', threshold: 700, creditLimitFen: fen(200_000) },
    { name: 'locally_insured', provider: 'insurance', threshold: null, creditLimitFen: fen(100_000) }
  ]
}

/** A check lets its person sign within so long; the whole flow ends with it (§1.4). */
export const checkLivesMs = 1_800_000
/** An insurance's answer names no end: the person may move or leave, so it is asked again after so long. */
export const insuredForMs = 30 * 86_400_000

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
