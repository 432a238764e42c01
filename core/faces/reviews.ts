import type { Ids } from '../ids.ts'
import { DomainError } from '../errors.ts'
import { isOwnFile, type MergeCommand, type Patient, type PatientStore } from '../identity/index.ts'
import { noReview, type FaceReview } from './face-review.ts'
import type { MatchPolicy } from './match-policy.ts'
import type { FaceReviewStore, TerminalStore } from './terminal-ports.ts'
import type { TerminalSession } from './terminal.ts'

interface ReviewDeps {
  readonly faceReviews: FaceReviewStore
  readonly ids: Ids
}

type Pair = Pick<FaceReview, 'reason' | 'patientId' | 'otherId' | 'score'> & { readonly session: Pick<TerminalSession, 'id' | 'hospitalId' | 'terminalId'> }

/** 建档防重. Puts two records before somebody at the desk, unless they were there already. */
export async function openReview ({ faceReviews, ids }: ReviewDeps, { session, reason, patientId, otherId, score }: Pair, now: Date): Promise<void> {
  await faceReviews.open({ id: ids.next(), hospitalId: session.hospitalId, reason, patientId, otherId, score, terminalId: session.terminalId, sessionId: session.id, state: 'open', openedAt: now, decidedBy: null, decidedAt: null })
}

type SettleDeps = ReviewDeps & {
  readonly terminals: Pick<TerminalStore, 'identificationsOf'>
  readonly patients: Pick<PatientStore, 'find'>
  readonly policy: Pick<MatchPolicy, 'acceptScore'>
}

/**
 * Somebody in the session is known by a document now. Reviews that had no name get one; where the face spoke clearly for another
 * record, the two are put side by side. A person who denied the right record is simply known.
 */
export async function settleReviews (deps: SettleDeps, { session, patientId }: { readonly session: TerminalSession, readonly patientId: string }, now: Date): Promise<void> {
  const personId = await personOf(deps, patientId)
  for (const review of await deps.faceReviews.nameless(session.id)) {
    if (await personOf(deps, review.patientId) === personId) await deps.faceReviews.decide({ id: review.id, state: 'same_person', decidedBy: 'document', decidedAt: now })
    else await deps.faceReviews.name(review.id, { patientId: review.patientId, otherId: patientId })
  }
  for (const { candidates } of await deps.terminals.identificationsOf(session.id)) {
    for (const candidate of candidates.filter(({ score }) => score >= deps.policy.acceptScore)) {
      if (await personOf(deps, candidate.patientId) !== personId) await openReview(deps, { session, reason: 'resembles', patientId: candidate.patientId, otherId: patientId, score: candidate.score }, now)
    }
  }
}

/** A record that is not made yet stands for itself. */
async function personOf ({ patients }: Pick<SettleDeps, 'patients'>, patientId: string): Promise<string> {
  return (await patients.find(patientId))?.personId ?? patientId
}

export interface ReviewDecision {
  readonly reviewId: string
  readonly decision: 'same_person' | 'different'
  /** The record that goes on; null: the hospital's own before a file of ours, else the older. */
  readonly keep: string | null
  readonly by: string
}

interface DecideDeps {
  readonly faceReviews: FaceReviewStore
  readonly patients: Pick<PatientStore, 'find'>
  readonly merge: (command: MergeCommand) => Promise<void>
}

/** 复核. One person: merged as at the desk, so that it can be undone. Different: they stay apart, and nobody is asked again. */
export async function decideReview ({ faceReviews, patients, merge }: DecideDeps, { reviewId, decision, keep, by }: ReviewDecision, now: Date): Promise<FaceReview> {
  const review = await faceReviews.find(reviewId)
  if (review === null) throw noReview()
  const decided = { ...review, state: decision, decidedBy: by, decidedAt: now }
  if (!await faceReviews.decide(decided)) throw new DomainError('FACE_REVIEW_DECIDED', 'Somebody has decided this review already; read it again.')
  if (decision === 'different') return decided
  const { from, to } = await pairOf(patients, review, keep)
  if (from.personId !== to.personId) await merge({ fromId: from.id, toId: to.id, because: `face-review:${review.id}` })
  return decided
}

async function pairOf (patients: Pick<PatientStore, 'find'>, { patientId, otherId }: FaceReview, keep: string | null): Promise<{ readonly from: Patient, readonly to: Patient }> {
  const one = await patients.find(patientId)
  const other = otherId === null ? null : await patients.find(otherId)
  if (one === null || other === null) throw new DomainError('REQUEST_INVALID', 'Nobody knows yet who the other person is; only "different" can be decided.', 'decision')
  if (one.hospitalId !== other.hospitalId) throw new DomainError('REQUEST_INVALID', 'Records of two hospitals are tied by the person\'s document, not by a merge.', 'decision')
  if (keep !== null && keep !== one.id && keep !== other.id) throw new DomainError('REQUEST_INVALID', 'Keep one of the two records of the review.', 'keep')
  const to = keep === null ? [one, other].sort((a, b) => Number(isOwnFile(a)) - Number(isOwnFile(b)) || a.sequence - b.sequence)[0] : [one, other].find(({ id }) => id === keep)
  return to === one ? { from: other, to: one } : { from: one, to: other }
}
