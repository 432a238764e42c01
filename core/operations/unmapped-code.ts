import type { SeenCode } from '../inbox/index.ts'

/** One message's codes, all of one source. */
export interface SeenCodes {
  readonly source: string
  readonly mappingSite: string
  readonly messageId: string
  readonly at: Date
  readonly codes: readonly SeenCode[]
}

/** Counted over all messages of a source, so that an operator sees what is worth resolving. */
export interface UnmappedCode extends SeenCode {
  readonly id: string
  readonly source: string
  readonly mappingSite: string
  readonly count: number
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  readonly sampleMessageId: string
  /** What stands for it now: of the mapping site, so of all its sources at once. */
  readonly resolution: CodeResolution | null
}

/** What a code means instead. */
export interface CodeTarget {
  readonly code: string
  /** Null: the table's own. */
  readonly system: string | null
  readonly display: string | null
}

/** An operator's row of a code table, until it is revoked or a table of the site's own has it. */
export interface CodeResolution {
  readonly id: string
  readonly mappingSite: string
  readonly table: string
  readonly code: string
  readonly to: CodeTarget
  /** Token id of the operator. */
  readonly by: string
  readonly at: Date
  readonly revokedAt: Date | null
}

export interface UnmappedCodeFilter {
  readonly source?: string
  readonly table?: string
  readonly state?: 'open' | 'resolved'
}

export interface UnmappedCodeStore {
  /**
   * Counts; a new code takes the message as its sample. Beyond `mostPerSource` codes a source's new ones are only
   * counted together. Of one call no source, site, table and code may come twice.
   */
  readonly count: (counted: readonly CountedCode[], mostPerSource: number) => Promise<void>
  /** The newest first. */
  readonly list: (filter: UnmappedCodeFilter, page: { readonly limit: number, readonly before: number | null }) => Promise<readonly UnmappedCode[]>
  readonly find: (id: string) => Promise<UnmappedCode | null>
  /** How often codes were seen that had no room any more, by source. */
  readonly uncounted: () => Promise<ReadonlyArray<{ readonly source: string, readonly count: number }>>
  /** A message stands still for these codes of its site. */
  readonly hold: (messageId: string, mappingSite: string, codes: readonly SeenCode[]) => Promise<void>
  /** Ids of the messages that still stand still (dead) for a code, the oldest first; others are forgotten. */
  readonly held: (code: Pick<CodeResolution, 'mappingSite' | 'table' | 'code'>, limit: number) => Promise<readonly string[]>
}

export interface CountedCode extends SeenCode {
  readonly source: string
  readonly mappingSite: string
  readonly count: number
  readonly messageId: string
  readonly firstAt: Date
  readonly lastAt: Date
}

export interface CodeResolutionStore {
  /** Changes whenever a resolution was added or revoked. */
  readonly revision: () => Promise<string>
  /** Those that stand. */
  readonly standing: () => Promise<readonly CodeResolution[]>
  /** Answers false where one stands for the code already. */
  readonly add: (resolution: Omit<CodeResolution, 'id' | 'revokedAt'>) => Promise<boolean>
  /** Answers false where it did not stand. */
  readonly revoke: (id: string, by: { readonly at: Date, readonly actor: string }) => Promise<boolean>
}

/** A table has some hundred codes; a source with thousands of unknown ones puts text where codes belong. */
export const mostCodesPerSource = 5_000

/**
 * Adds up what messages lacked; of one source, site, table and code one row, in an order of its own, so that two that
 * count at once never wait for each other in a circle.
 */
export function countCodes (seen: readonly SeenCodes[]): readonly CountedCode[] {
  const counted = new Map<string, CountedCode>()
  for (const { source, mappingSite, messageId, at, codes } of seen) {
    for (const { table, code, place } of codes) {
      const key = JSON.stringify([source, mappingSite, table, code])
      const before = counted.get(key)
      counted.set(key, before === undefined
        ? { source, mappingSite, table, code, place, count: 1, messageId, firstAt: at, lastAt: at }
        : { ...before, count: before.count + 1, firstAt: before.firstAt < at ? before.firstAt : at, lastAt: before.lastAt > at ? before.lastAt : at })
    }
  }
  return [...counted].sort(([one], [other]) => one < other ? -1 : 1).map(([, code]) => code)
}
