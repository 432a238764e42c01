/**
 * 星级 (M13, M14; telemedicine document §1.4, star rule). A pure function of what happened: invitations that were
 * received and paid, evaluations, and complaints that were upheld in the twelve months before.
 */
export interface StarTally {
  /** Invitations that count: received and paid, or only those that were accepted, by setting. */
  readonly invitations: number
  readonly ratings: number
  /** Sum of the stars of all ratings. */
  readonly ratingSum: number
  /** When complaints were upheld that are not overturned. */
  readonly upheldAt: readonly Date[]
}

export type StarPart =
  | { readonly kind: 'base', readonly change: number, readonly invitations: number }
  | { readonly kind: 'ratings', readonly change: number, readonly mean: number, readonly ratings: number }
  | { readonly kind: 'complaints', readonly change: number, readonly complaints: number }
  /** No level lies outside 1 to 5. */
  | { readonly kind: 'bounds', readonly change: number }

export interface StarLevel {
  readonly level: number
  /** Their changes add up to the level. */
  readonly parts: readonly StarPart[]
  /** When the oldest complaint that counts stops to count; null: none counts. */
  readonly changesAt: Date | null
}

const bounds = [5, 20, 50, 100]
const fewestRatings = 5
const priorMean = 4
const priorCount = 10

export function starLevel ({ invitations, ratings, ratingSum, upheldAt }: StarTally, at: Date): StarLevel {
  const counted = upheldAt.filter((upheld) => upheld <= at && at < twelveMonthsAfter(upheld))
  const mean = ratingMean({ ratings, ratingSum })
  const base = 1 + bounds.filter((bound) => invitations >= bound).length
  const ofRatings = ratings < fewestRatings ? 0 : mean >= 4.6 ? 1 : mean < 3 ? -2 : mean < 4 ? -1 : 0
  // What was earned is bounded first: an upheld complaint lowers the level of whoever has earned more than 5, too (M14).
  const level = Math.max(1, bounded(base + ofRatings) - counted.length)
  const sum = base + ofRatings - counted.length
  const parts: StarPart[] = [
    { kind: 'base', change: base, invitations },
    { kind: 'ratings', change: ofRatings, mean: rounded(mean), ratings },
    { kind: 'complaints', change: counted.length === 0 ? 0 : -counted.length, complaints: counted.length }
  ]
  if (level !== sum) parts.push({ kind: 'bounds', change: level - sum })
  const ends = counted.map((upheld) => twelveMonthsAfter(upheld).getTime())
  return { level, parts, changesAt: ends.length === 0 ? null : new Date(Math.min(...ends)) }
}

/** Bayesian mean with ten ratings of 4.0 before the first one, so that one single 5 is 4.09 and not 5. */
export function ratingMean ({ ratings, ratingSum }: Pick<StarTally, 'ratings' | 'ratingSum'>): number {
  return (priorCount * priorMean + ratingSum) / (priorCount + ratings)
}

const bounded = (level: number): number => Math.min(5, Math.max(1, level))
const rounded = (mean: number): number => Math.round(mean * 1000) / 1000

/** The same day and hour of the year after; of 29 February the 1st of March. */
function twelveMonthsAfter (at: Date): Date {
  const later = new Date(at)
  later.setUTCFullYear(at.getUTCFullYear() + 1)
  return later
}

/** Of a doctor of whom nothing is known yet. */
export const firstLevel: StarLevel = starLevel({ invitations: 0, ratings: 0, ratingSum: 0, upheldAt: [] }, new Date(0))
