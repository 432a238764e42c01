import type { ScoredRow } from './scan-rows.ts'

/** The `count` nearest rows by 1 − inner product, nearest first. */
export type ExactSearch = (matrix: Int8Array, query: Int8Array, count: number) => { readonly keys: BigUint64Array, readonly distances: Float32Array }

/**
 * Rows in one byte for each number: a quarter of the memory to read, a tenth of the time. The range is 4.5 deviations of a
 * number of a unit vector, so that about one row in 2,600 of random ones is cut; at 3.5 it would be one in twenty.
 */
const deviations = 4.5
/** A row that lost more than this by rounding is always compared exactly. */
const mostError = 0.015

export interface RoughRows {
  /** Takes over rows from the exact ones. */
  readonly refresh: (rows: Iterable<number>) => void
  readonly search: (probe: Float32Array, count: number, search: ExactSearch) => RoughFound
}

export interface RoughFound {
  /** Roughly scored, best first; those that always are to be compared exactly have the score ∞. */
  readonly rows: readonly ScoredRow[]
  /** How far an exact score may be from the rough one. */
  readonly slack: number
  /** There are rows that are not among them: roughly they score `leastScore` at most. */
  readonly isCut: boolean
  readonly leastScore: number
}

/** `exact` may be shared with another thread: it is only read when told so. */
export function roughRows (exact: Float32Array, dimension: number): RoughRows {
  const scale = 127 * Math.sqrt(dimension) / deviations
  const rough = new Int8Array(exact.length)
  const outliers = new Set<number>()
  let used = 0
  let rowError = 0

  const refreshRow = (row: number): void => {
    const from = row * dimension
    const error = quantise(exact.subarray(from, from + dimension), rough.subarray(from, from + dimension), scale)
    used = Math.max(used, row + 1)
    if (error > mostError) outliers.add(row)
    else {
      outliers.delete(row)
      rowError = Math.max(rowError, error)
    }
  }

  return {
    refresh: (rows) => { for (const row of rows) refreshRow(row) },
    search: (probe, count, search) => {
      const query = new Int8Array(dimension)
      const probeError = quantise(probe, query, scale)
      // |⟨x, q⟩ − ⟨x', q'⟩| ≤ |x − x'| · |q| + |x'| · |q − q'| by Cauchy–Schwarz, for |q| = 1 and |x| ≤ 1.
      const slack = rowError + (1 + rowError) * probeError
      const wanted = Math.min(count, used)
      if (wanted === 0) return { rows: [], slack, isCut: false, leastScore: -Infinity }
      const { keys, distances } = search(rough.subarray(0, used * dimension), query, wanted)
      const rows = Array.from(keys, (key, place) => ({ row: Number(key), score: (1 - (distances[place] ?? 1)) / (scale * scale) }))
      const always = [...outliers].map((row) => ({ row, score: Infinity }))
      return { rows: [...always, ...rows.filter(({ row }) => !outliers.has(row))], slack, isCut: wanted < used, leastScore: rows.at(-1)?.score ?? -Infinity }
    }
  }
}

/** Answers the length of what was lost. */
function quantise (from: Float32Array, to: Int8Array, scale: number): number {
  let lost = 0
  for (let place = 0; place < from.length; place++) {
    const value = from[place] as number
    const rounded = Math.max(-127, Math.min(127, Math.round(value * scale)))
    to[place] = rounded
    lost += (value - rounded / scale) ** 2
  }
  return Math.sqrt(lost)
}
