import assert from 'node:assert'

/** When a face counts as somebody's. Scores are cosines, −1–1, of one model. */
export interface MatchPolicy {
  /** From here on it is them, where nobody else comes near. */
  readonly acceptScore: number
  /** The same among few people who are likely to be there. */
  readonly narrowedScore: number
  /** Below it is nobody who is known; between the two nobody can tell. */
  readonly reviewScore: number
  /** How far the next other person must be behind. */
  readonly margin: number
}

interface PolicyRow extends MatchPolicy {
  /** Faces that are searched, at most. */
  readonly upTo: number
}

/**
 * Measured on LFW with fr_feature fed BGR (docs/faces.md): a stranger passes a single comparison at 0.408 once in 10⁴, at 0.473 once
 * in 10⁵, at about 0.55 once in 10⁶, and so finds somebody among N faces N times as often. Hence 0.55 up to 100,000 faces
 * (0.1 strangers in one search, before the margin, the challenge and the question whether it is them) and 0.60 above. Where
 * review begins follows the same sum: at 1,000 faces 0.40 keeps one stranger in ten from enrolling without a document, at
 * 100,000 the same score would keep all; true owners who score less (about 3 % at 0.41, 6 % at 0.48) are what the document catches.
 * Among 500 expected people 0.45 lets a stranger pass once in 100 searches, and finds 95 of 100 by a single old photo.
 */
const frFeature: readonly PolicyRow[] = [
  { upTo: 1_000, acceptScore: 0.55, narrowedScore: 0.45, reviewScore: 0.4, margin: 0.08 },
  { upTo: 10_000, acceptScore: 0.55, narrowedScore: 0.45, reviewScore: 0.45, margin: 0.08 },
  { upTo: 100_000, acceptScore: 0.55, narrowedScore: 0.45, reviewScore: 0.48, margin: 0.08 },
  { upTo: Infinity, acceptScore: 0.6, narrowedScore: 0.48, reviewScore: 0.5, margin: 0.08 }
]

/** By the beginning of the model's id: another file of the same network keeps its numbers, another network has its own. */
const policies: Readonly<Record<string, readonly PolicyRow[]>> = { fr_feature: frFeature }

/** People who are likely to be there: more are no narrowing any more. */
export const mostNarrowed = 500

/** Frames of one person in one sitting score far above; the score of a swapped face passes once in 10⁴. */
export const sameSittingScore = 0.408

export function policyFor (modelId: string, faces: number): MatchPolicy {
  const rows = Object.entries(policies).find(([begin]) => modelId.startsWith(begin))?.[1]
  assert(rows !== undefined, `the thresholds of the face model ${modelId} are measured and stand in match-policy.ts`)
  const row = rows.find(({ upTo }) => faces <= upTo)
  assert(row !== undefined, 'the last row has no upper limit')
  return row
}
