/** Two pictures that were compared. */
export interface ComparedPair { readonly fold: number, readonly isSame: boolean, readonly score: number }

export interface TenFold {
  readonly accuracy: number
  /** Of the folds. */
  readonly deviation: number
  /** Mean of the folds' thresholds. */
  readonly threshold: number
}

/** LFW's protocol: each fold is judged by the threshold that suits the others best. */
export function accuracyByFolds (pairs: readonly ComparedPair[]): TenFold {
  const folds = [...new Set(pairs.map(({ fold }) => fold))]
  const judged = folds.map((fold) => {
    const threshold = bestThreshold(pairs.filter((pair) => pair.fold !== fold))
    const own = pairs.filter((pair) => pair.fold === fold)
    return { threshold, accuracy: own.filter(({ isSame, score }) => isSame === (score >= threshold)).length / own.length }
  })
  const accuracy = meanOf(judged.map((one) => one.accuracy))
  return { accuracy, threshold: meanOf(judged.map((one) => one.threshold)), deviation: Math.sqrt(meanOf(judged.map((one) => (one.accuracy - accuracy) ** 2))) }
}

/** Half way between the two scores that it parts. */
function bestThreshold (pairs: readonly ComparedPair[]): number {
  const sorted = [...pairs].sort((one, other) => one.score - other.score)
  let right = sorted.filter(({ isSame }) => isSame).length
  let best = { right, threshold: (sorted[0]?.score ?? 0) - 1e-6 }
  for (const [place, { isSame, score }] of sorted.entries()) {
    right += isSame ? -1 : 1
    const next = sorted[place + 1]?.score ?? score + 2e-6
    if (right > best.right && next > score) best = { right, threshold: (score + next) / 2 }
  }
  return best.threshold
}

/** Scores of strangers, counted in steps of 0.0005, so that ten million of them need no memory. */
export interface StrangerCount { readonly total: () => number, readonly add: (score: number) => void, readonly thresholdFor: (rate: number) => number | null }

const steps = 4_000

export function strangerCount (): StrangerCount {
  const counts = new Uint32Array(steps + 1)
  let total = 0
  return {
    total: () => total,
    add: (score) => {
      const place = Math.max(0, Math.min(steps, Math.floor((score + 1) / 2 * steps)))
      counts[place] = (counts[place] ?? 0) + 1
      total += 1
    },
    // Below one stranger in all that were compared nothing can be said.
    thresholdFor: (rate) => {
      if (total * rate < 1) return null
      let passing = 0
      for (let place = steps; place >= 0; place--) {
        passing += counts[place] ?? 0
        if (passing > total * rate) return (place + 1) / steps * 2 - 1
      }
      return -1
    }
  }
}

export const shareFrom = (scores: readonly number[], threshold: number): number => scores.filter((score) => score >= threshold).length / scores.length

/** One search among all enrolled: the best score, and for somebody enrolled whether it was them. */
export interface SearchedFace { readonly best: number, readonly isOwn: boolean }

export interface OpenSet { readonly fpir: number, readonly threshold: number, readonly tpir: number }

/** Somebody enrolled is found who comes first, and above the threshold that only `fpir` of the strangers pass; null: too few strangers. */
export function openSetAt (enrolled: readonly SearchedFace[], strangers: readonly number[], fpir: number): OpenSet | null {
  const sorted = [...strangers].sort((one, other) => other - one)
  const passing = Math.floor(strangers.length * fpir)
  if (passing < 1 || enrolled.length === 0) return null
  const threshold = (sorted[passing] ?? -1) + 1e-9
  return { fpir, threshold, tpir: enrolled.filter(({ best, isOwn }) => isOwn && best >= threshold).length / enrolled.length }
}

export const firstRank = (enrolled: readonly SearchedFace[]): number => enrolled.filter(({ isOwn }) => isOwn).length / enrolled.length

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
