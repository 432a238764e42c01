import { codeOf, placeOfSurprise } from '../../core/back-off.ts'
import { DomainError } from '../../core/errors.ts'
import type { ConnectionStatus } from '../../core/operations/index.ts'
import type { Taken } from './take-rows.ts'

/** How one view stands. */
export interface ViewStatus extends ConnectionStatus {
  readonly view: string
  /** Since this node started. */
  readonly read: number
  readonly taken: number
  /** Of the last page: rows that cannot be told apart from others. */
  readonly keyless: number
  /** How the view differs from what is agreed, without harm. */
  readonly notes: readonly string[]
  /** Rows asked for at once. */
  readonly pageSize: number
  /** The newest comparison that ended. */
  readonly comparedAt: Date | null
  /** Rows that were seen and are gone. */
  readonly vanished: number
}

export type Standing = Omit<ViewStatus, 'view' | 'pageSize'>

export function starting (since: Date): Standing {
  return { state: 'starting', since, code: null, detail: null, lastAt: null, read: 0, taken: 0, keyless: 0, notes: [], comparedAt: null, vanished: 0 }
}

export function afterSuccess (standing: Standing, by: { readonly at: Date, readonly notes: readonly string[] }): Standing {
  return { ...inState(standing, 'up', by.at), code: null, detail: null, notes: by.notes }
}

export function afterPage (standing: Standing, taken: Taken, at: Date): Standing {
  const rows = taken.added + taken.changed
  return { ...standing, read: standing.read + taken.read, taken: standing.taken + rows, keyless: taken.keyless, lastAt: rows > 0 ? at : standing.lastAt }
}

export function afterTrouble (standing: Standing, error: unknown, at: Date): Standing {
  const code = codeOf(error) ?? 'UNEXPECTED'
  const detail = error instanceof DomainError ? error.message : `An unexpected error (${placeOfSurprise(error)}); it is tried again.`
  return { ...inState(standing, 'down', at), code, detail }
}

function inState (standing: Standing, state: Standing['state'], at: Date): Standing {
  return standing.state === state ? standing : { ...standing, state, since: at }
}

/** The source as a whole: as its worst view. */
export function worstOf (views: readonly ViewStatus[], otherwise: ConnectionStatus): ConnectionStatus {
  const lastAt = views.map((view) => view.lastAt).reduce((newest, at) => newest !== null && (at === null || at < newest) ? newest : at, null)
  const worst = views.find(({ state }) => state === 'down') ?? views.find(({ state }) => state === 'starting') ?? views[0]
  if (worst === undefined) return otherwise
  const { state, since, code, detail } = worst
  return { state, since, code, detail: detail === null ? null : `${worst.view}: ${detail}`, lastAt }
}
