import { searchParameters } from './search-parameters.ts'

export type SearchKind = 'string' | 'token' | 'code' | 'contact' | 'reference' | 'date' | 'quantity'

/** A row of the search table, read. */
export interface SearchRow {
  readonly param: string
  readonly kind: SearchKind
  /** The parameter whose values answer this one; itself unless an alias. */
  readonly keptAs: string
  readonly paths: readonly SearchPath[]
  /** Types a reference must point to; empty = any. */
  readonly targets: readonly string[]
}

export type SearchPath = readonly SearchStep[]

export interface SearchStep {
  readonly element: string
  /** `[x]`: the element under any of its types. */
  readonly isChoice: boolean
}

/** FHIR R4 search parameter types: what our kinds are to the outside. */
export const outerKind = { string: 'string', token: 'token', code: 'token', contact: 'token', reference: 'reference', date: 'date', quantity: 'quantity' } as const satisfies Record<SearchKind, string>

function searchRow (param: string, rows: Readonly<Record<string, string>>): SearchRow {
  const [kind = '', target = ''] = rows[param]?.split(' ') ?? []
  const [paths = '', targetText] = target.split('>')
  const targets = targetText === undefined ? [] : targetText.split(',')
  if (kind === 'alias') return { ...searchRow(paths, rows), param, targets }
  if (!(kind in outerKind)) throw new TypeError(`search table: ${param} has no kind`)
  return { param, kind: kind as SearchKind, keptAs: param, paths: paths.split('|').map(searchPath), targets }
}

function searchPath (text: string): SearchPath {
  return text.split('.').map((step) => ({ element: step.replace('[x]', ''), isChoice: step.endsWith('[x]') }))
}

/** Type → parameter → row. */
export const searchRows: ReadonlyMap<string, ReadonlyMap<string, SearchRow>> = new Map(Object.entries(searchParameters)
  .map(([type, rows]) => [type, new Map(Object.keys(rows).map((param) => [param, searchRow(param, rows)]))]))

export function pointsTo ({ targets }: SearchRow, type: string): boolean {
  return targets.length === 0 || targets.includes(type)
}
