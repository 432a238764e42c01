/** Fresh, never guessable ids (UUID). Given as an argument so that decisions stay repeatable. */
export interface Ids {
  readonly next: () => string
}

/**
 * A stable id for a thing that another system named: the same installation, hospital, kind and name always give
 * the same id, so that any order of messages leads to the same references. Keyed, so that nobody outside can
 * recompute it from a record number.
 */
export type StableId = (hospitalId: string, kind: string, name: string) => string
