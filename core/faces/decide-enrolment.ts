import { decideMatch, type PersonScore } from './decide-match.ts'
import type { MatchPolicy } from './match-policy.ts'

/** keep: nobody has it. known: somebody clearly has. uncertain: too alike for a new number. */
type NewFaceDecision =
  | { readonly kind: 'keep' }
  | { readonly kind: 'known', readonly person: PersonScore }
  | { readonly kind: 'uncertain', readonly person: PersonScore }

/** keep: it comes to the record. differs: it is not the face that the record has. resembles: it is clearly another record's. */
type AddedFaceDecision =
  | { readonly kind: 'keep' }
  | { readonly kind: 'differs', readonly other: PersonScore | null }
  | { readonly kind: 'resembles', readonly other: PersonScore }

/** A face for a new number: only where it is nobody's. */
export function decideNewFace (persons: readonly PersonScore[], policy: MatchPolicy): NewFaceDecision {
  const decision = decideMatch(persons, policy)
  if (decision.kind === 'no_match') return { kind: 'keep' }
  if (decision.kind === 'matched') return { kind: 'known', person: decision.person }
  const [person] = decision.persons
  return person === undefined ? { kind: 'keep' } : { kind: 'uncertain', person }
}

/**
 * A face for a record whose document was shown. The document decides, unless the record's own faces are of somebody else, or
 * another record's are clearly this one: then the document may be borrowed, or one person has two records.
 */
export function decideAddedFace (persons: readonly PersonScore[], { personId, hasFaces }: { readonly personId: string, readonly hasFaces: boolean }, policy: MatchPolicy): AddedFaceDecision {
  const own = persons.find((person) => person.personId === personId)
  const [other = null] = persons.filter((person) => person.personId !== personId)
  if (other !== null && other.score >= policy.acceptScore && other.score > (own?.score ?? -1)) return { kind: 'resembles', other }
  if (hasFaces && (own === undefined || own.score < policy.reviewScore)) return { kind: 'differs', other: other !== null && other.score >= policy.reviewScore ? other : null }
  return { kind: 'keep' }
}
