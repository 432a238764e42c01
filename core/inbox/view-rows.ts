/** A view of a source. */
export interface ViewName {
  readonly source: string
  readonly view: string
}

/** A row as it was last seen. */
export interface SeenRow {
  readonly key: string
  /** Of its content. */
  readonly hash: string
  /** How often its content was new, from 1: the message of each time has a key of its own. */
  readonly revision: number
}

/**
 * What was last seen of the rows of the hospital's views, so that a row is taken in when it is new or has changed and
 * never otherwise, and so that one that is gone is noticed.
 */
export interface ViewRowStore {
  /** Those of the keys that were seen before. */
  readonly find: (view: ViewName, keys: readonly string[]) => Promise<readonly SeenRow[]>
  /** A row that had vanished is there again. */
  readonly save: (view: ViewName, rows: readonly SeenRow[], seenAt: Date) => Promise<void>
  /** Marks what was last seen before `before`; answers how many were marked now. */
  readonly markVanished: (view: ViewName, by: { readonly before: Date, readonly at: Date }) => Promise<number>
  /** How many are marked, and the keys of those that were marked last. */
  readonly vanished: (view: ViewName, limit: number) => Promise<{ readonly count: number, readonly keys: readonly string[] }>
}
