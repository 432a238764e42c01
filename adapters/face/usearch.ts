import { createRequire } from 'node:module'
import type { ExactSearch } from './rough-rows.ts'

/** As far as it is used. A second thread for one query is no faster. */
interface UsearchModule { readonly exactSearch: (...call: readonly [matrix: Int8Array, query: Int8Array, dimension: number, count: number, metric: 'ip', threads: 1]) => ReturnType<ExactSearch> }

/** Null on a platform that usearch has no binary for. Its CommonJS form, since the other one looks for the binary without end. */
export function loadExactSearch (): ExactSearch | null {
  try {
    const { exactSearch } = createRequire(import.meta.url)('usearch') as UsearchModule
    return (matrix, query, count) => exactSearch(matrix, query, query.length, count, 'ip', 1)
  } catch {
    return null
  }
}
