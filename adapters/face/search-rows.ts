import { roughRows, type ExactSearch, type RoughFound, type RoughRows } from './rough-rows.ts'
import { scanRows, type ScoredRow } from './scan-rows.ts'

export type IndexRequest =
  | { readonly kind: 'segment', readonly segment: number, readonly exact: Float32Array, readonly dimension: number }
  | { readonly kind: 'rows', readonly segment: number, readonly rows: readonly number[] }
  | { readonly kind: 'search', readonly id: number, readonly probe: Float32Array, readonly segments: readonly number[], readonly count: number }

export interface IndexAnswer {
  readonly id: number
  readonly found: ReadonlyArray<{ readonly segment: number, readonly row: number }>
  /** No row that is not among them scores above it. */
  readonly floor: number
}

export interface SearchedRows {
  readonly take: (request: Exclude<IndexRequest, { kind: 'search' }>) => void
  readonly search: (request: Extract<IndexRequest, { kind: 'search' }>) => IndexAnswer
}

interface Held { readonly exact: Float32Array, readonly dimension: number, readonly rough: RoughRows | null, rows: number }

/** Every segment that it was told of; `exactSearch`: null compares every row plainly, ten times as slow. */
export function searchedRows (exactSearch: ExactSearch | null): SearchedRows {
  const held = new Map<number, Held>()

  const foundIn = ({ exact, dimension, rough, rows }: Held, probe: Float32Array, count: number): RoughFound => {
    if (rough !== null && exactSearch !== null) return rough.search(probe, count, exactSearch)
    const best = scanRows({ vectors: exact, rows, dimension }, probe, count)
    return { rows: best, slack: 0, isCut: count < rows, leastScore: best.at(-1)?.score ?? -Infinity }
  }

  return {
    take: (request) => {
      if (request.kind === 'segment') {
        const { segment, exact, dimension } = request
        held.set(segment, { exact, dimension, rough: exactSearch === null ? null : roughRows(exact, dimension), rows: 0 })
        return
      }
      const segment = held.get(request.segment)
      if (segment === undefined) return
      segment.rough?.refresh(request.rows)
      for (const row of request.rows) segment.rows = Math.max(segment.rows, row + 1)
    },
    search: ({ id, probe, segments, count }) => {
      const rows: Array<ScoredRow & { readonly segment: number }> = []
      let slack = 0
      let floor = -Infinity
      for (const segment of segments) {
        const part = held.get(segment)
        if (part === undefined) continue
        const found = foundIn(part, probe, count)
        slack = Math.max(slack, found.slack)
        if (found.isCut) floor = Math.max(floor, found.leastScore)
        for (const { row, score } of found.rows) rows.push({ segment, row, score })
      }
      rows.sort((one, other) => other.score - one.score)
      const kept = rows.filter(({ score }, place) => place < count || score === Infinity)
      floor = Math.max(floor, rows[kept.length]?.score ?? -Infinity)
      return { id, found: kept.map(({ segment, row }) => ({ segment, row })), floor: floor + slack }
    }
  }
}
