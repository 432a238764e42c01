import type { MatchPolicy } from './match-policy.ts'

/** One template that was found, with the person that the master patient index says now. */
export interface Hit {
  readonly patientId: string
  readonly personId: string
  readonly score: number
}

export interface PersonScore {
  readonly personId: string
  /** The record of the best template. */
  readonly patientId: string
  /** Of the best of the person's templates. */
  readonly score: number
  /** One of the few who are likely to be there, so that the lower threshold holds. */
  readonly isNarrowed: boolean
}

/** ambiguous: close: another person comes near; uncertain: too little for an answer, too much for a stranger. */
export type MatchDecision =
  | { readonly kind: 'matched', readonly person: PersonScore }
  | { readonly kind: 'ambiguous', readonly because: 'close' | 'uncertain', readonly persons: readonly PersonScore[] }
  | { readonly kind: 'no_match' }

const mostCandidates = 5

/** Several templates of a person count by the best of them: more pictures never make somebody less known. */
export function scoresByPerson (hits: readonly Hit[], isNarrowed: (hit: Hit) => boolean): readonly PersonScore[] {
  const best = new Map<string, PersonScore>()
  for (const hit of hits) {
    const known = best.get(hit.personId)
    const narrowed = isNarrowed(hit) || known?.isNarrowed === true
    best.set(hit.personId, known !== undefined && known.score >= hit.score ? { ...known, isNarrowed: narrowed } : { ...hit, isNarrowed: narrowed })
  }
  return [...best.values()].sort((one, other) => other.score - one.score || (one.personId < other.personId ? -1 : 1))
}

/** 判定. Whose face it is: the threshold and the margin to the next other person, both. */
export function decideMatch (persons: readonly PersonScore[], policy: MatchPolicy): MatchDecision {
  const ranked = [...persons].sort((one, other) => other.score - one.score)
  const [best, next] = ranked
  if (best === undefined || best.score < bottomFor(best, policy)) return { kind: 'no_match' }
  const isNear = next !== undefined && best.score - next.score < policy.margin
  if (best.score >= (best.isNarrowed ? policy.narrowedScore : policy.acceptScore) && !isNear) return { kind: 'matched', person: best }
  const candidates = ranked.filter((person) => person.score >= bottomFor(person, policy) || best.score - person.score < policy.margin)
  return { kind: 'ambiguous', because: isNear ? 'close' : 'uncertain', persons: candidates.slice(0, mostCandidates) }
}

function bottomFor ({ isNarrowed }: PersonScore, { reviewScore, narrowedScore }: MatchPolicy): number {
  return isNarrowed ? Math.min(reviewScore, narrowedScore) : reviewScore
}
