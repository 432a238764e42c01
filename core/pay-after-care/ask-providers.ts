import { DomainError } from '../errors.ts'
import type { NamedPerson } from '../identity/index.ts'
import type { Ids } from '../ids.ts'
import { isMet, rulesInOrder, standingAssertion, type RuleAnswer } from './decide-eligibility.ts'
import { insuredForMs, type Assertion, type Rule, type RuleSet } from './eligibility.ts'
import type { InsuranceGateway, ScoreProvider } from './ports.ts'

export interface Providers {
  readonly insurance: Pick<InsuranceGateway, 'eligibility'> | null
  readonly scores: readonly ScoreProvider[]
  readonly ids: Ids
}

export interface Question {
  readonly ruleSet: RuleSet
  /** Null: the person has no resident id that providers know people by. */
  readonly person: NamedPerson | null
  /** Whose assertion it is: a record of the payer. */
  readonly patientId: string
  readonly hasScoreConsent: boolean
  /** Known already; the newest first. */
  readonly assertions: readonly Assertion[]
}

/**
 * Asks rule by rule, the highest limit first, until one is met. What a provider said before and still holds is not asked
 * again; a provider that is down, or not there, is a reason and never a failure of the whole.
 */
export async function askProviders (providers: Providers, question: Question, now: Date): Promise<readonly RuleAnswer[]> {
  const answers: RuleAnswer[] = []
  for (const rule of rulesInOrder(question.ruleSet)) {
    const answer = await answerTo(rule, providers, question, now)
    answers.push(answer)
    if (isMet(answer)) break
  }
  return answers
}

async function answerTo (rule: Rule, providers: Providers, question: Question, now: Date): Promise<RuleAnswer> {
  if (rule.provider !== 'insurance' && !question.hasScoreConsent) return { rule, missing: 'needs_consent' }
  const standing = standingAssertion(rule, question.assertions, now)
  if (standing !== null) return { rule, assertion: standing }
  if (question.person === null) return { rule, missing: 'needs_resident_id' }
  const ask = questionFor(rule, providers)
  if (ask === null) return { rule, missing: 'not_offered' }
  try {
    const said = await ask(question.person, now)
    return { rule, assertion: { id: providers.ids.next(), patientId: question.patientId, provider: rule.provider, threshold: rule.threshold, madeAt: now, ...said } }
  } catch (error) {
    if (error instanceof DomainError) return { rule, missing: 'unavailable' }
    throw error
  }
}

type Said = Pick<Assertion, 'isMet' | 'evidenceId' | 'expiresAt'>
type Ask = (person: NamedPerson, now: Date) => Promise<Said>

function questionFor ({ provider, threshold, regions }: Rule, { insurance, scores }: Providers): Ask | null {
  if (provider === 'insurance') {
    return insurance === null
      ? null
      : async (person, now) => {
        const { isInsured, region, evidenceId } = await insurance.eligibility(person, now)
        return { isMet: isInsured && (regions === undefined || regions.includes(region)), evidenceId, expiresAt: new Date(now.getTime() + insuredForMs) }
      }
  }
  const score = scores.find(({ name }) => name === provider)
  return score === undefined || threshold === null ? null : (person, now) => score.assertAtLeast(person, threshold, now)
}
