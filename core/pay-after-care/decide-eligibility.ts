import { checkLivesMs, type Assertion, type EligibilityCheck, type Rule, type RuleSet } from './eligibility.ts'

/** What came of one rule: an assertion, or why nobody made one. */
export type RuleAnswer =
  | { readonly rule: Rule, readonly assertion: Assertion }
  | { readonly rule: Rule, readonly missing: 'needs_consent' | 'not_offered' | 'unavailable' | 'needs_resident_id' }

/** The highest limit first: who meets a rule is not asked about at the providers of lesser ones. */
export function rulesInOrder ({ rules }: RuleSet): readonly Rule[] {
  return [...rules].sort((one, other) => other.creditLimitFen - one.creditLimitFen || (one.name < other.name ? -1 : 1))
}

/** The assertion that spares asking again: the same threshold, met, of any record of the person, and not expired. */
export function standingAssertion (rule: Rule, assertions: readonly Assertion[], now: Date): Assertion | null {
  return assertions.find(({ provider, threshold, isMet, expiresAt }) => provider === rule.provider && threshold === rule.threshold && isMet && now < expiresAt) ?? null
}

export const isMet = (answer: RuleAnswer): boolean => 'assertion' in answer && answer.assertion.isMet

/** One rule is enough; the reasons tell of every rule that was asked and did not let the person in. */
export function decideEligibility (answers: readonly RuleAnswer[], { id, patientId, ruleSetVersion, now }: { readonly id: string, readonly patientId: string, readonly ruleSetVersion: string, readonly now: Date }): EligibilityCheck {
  const met = answers.find(isMet)
  return {
    id,
    patientId,
    ruleSetVersion,
    rule: met?.rule.name ?? null,
    creditLimitFen: met?.rule.creditLimitFen ?? null,
    assertionIds: met !== undefined && 'assertion' in met ? [met.assertion.id] : answers.flatMap((answer) => 'assertion' in answer ? [answer.assertion.id] : []),
    reasons: answers.filter((answer) => !isMet(answer)).map((answer) => `${answer.rule.name}_${'missing' in answer ? answer.missing : 'not_met'}`),
    checkedAt: now,
    expiresAt: new Date(now.getTime() + checkLivesMs)
  }
}
