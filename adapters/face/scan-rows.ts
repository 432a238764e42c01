/** Rows of one length after another; what is behind `rows` is not looked at. */
export interface Matrix { readonly vectors: Float32Array, readonly rows: number, readonly dimension: number }

export interface ScoredRow { readonly row: number, readonly score: number }

/** 逐行比对. Every row against the probe, best first: what needs no other package, and what the faster ways must agree with. */
export function scanRows ({ vectors, rows, dimension }: Matrix, probe: Float32Array, limit: number): readonly ScoredRow[] {
  const best: ScoredRow[] = []
  let least = -Infinity
  for (let row = 0; row < rows; row++) {
    const score = rowScore(vectors, row * dimension, probe)
    if (score <= least && best.length === limit) continue
    insert(best, { row, score }, limit)
    if (best.length === limit) least = best[limit - 1]?.score ?? least
  }
  return best
}

/** The inner product with the row that begins at `from`; four sums, since one would wait for itself. */
export function rowScore (vectors: Float32Array, from: number, probe: Float32Array): number {
  let [first, second, third, fourth] = [0, 0, 0, 0]
  for (let place = 0; place < probe.length; place += 4) {
    first += (vectors[from + place] as number) * (probe[place] as number)
    second += (vectors[from + place + 1] as number) * (probe[place + 1] as number)
    third += (vectors[from + place + 2] as number) * (probe[place + 2] as number)
    fourth += (vectors[from + place + 3] as number) * (probe[place + 3] as number)
  }
  return first + second + third + fourth
}

function insert (best: ScoredRow[], scored: ScoredRow, limit: number): void {
  let place = best.length
  while (place > 0 && (best[place - 1]?.score ?? Infinity) < scored.score) place--
  best.splice(place, 0, scored)
  if (best.length > limit) best.pop()
}
