import type { Clock } from '../../core/clock.ts'
import type { Ids, StableId } from '../../core/ids.ts'
import type { InboxStore } from '../../core/inbox/index.ts'
import type { SettingStore } from '../../core/operations/index.ts'
import type { RemoteIdStore } from '../../core/records/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import type { FhirMapping } from '../../mappings/index.ts'
import type { FhirClient } from './client.ts'

/** One configured FHIR server (SITE_CONFIG sources[] of kind fhir). */
export interface FollowedSource {
  readonly name: string
  readonly hospitalId: string
  /** Base address, without a slash at its end. */
  readonly base: string
  /** In the order in which they are looked at: what is referred to comes first. */
  readonly types: readonly string[]
  readonly pageSize: number
  /** How long after its time stamp a resource may become visible. */
  readonly overlapMs: number
  /** From when the first look reads; null = from the beginning. */
  readonly since: Date | null
  /** Null: only when it is told to look. */
  readonly pollMs: number | null
}

export interface FollowStores {
  readonly inbox: Pick<InboxStore, 'receive'>
  readonly settings: Pick<SettingStore, 'get' | 'set'>
  readonly remoteIds: RemoteIdStore
}

export interface FollowDeps {
  readonly inTransaction: InTransaction<FollowStores>
  readonly inReading: InTransaction<FollowStores>
  readonly client: FhirClient
  readonly mapping: FhirMapping
  readonly stableId: StableId
  readonly ids: Ids
  /** Business time. */
  readonly clock: Clock
  /** Real time. */
  readonly wallClock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** Only the holder of the source's lease looks. */
  readonly lease: { readonly hold: () => Promise<boolean>, readonly release: () => Promise<void> }
  readonly isPaused: () => boolean
  /** Something was put into the inbox. */
  readonly notify: () => void
  /** Settles after so long or when the signal says so, whichever is first. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly on?: { readonly fault?: (code: string) => void }
}

/** What is kept in memory between looks at one source. */
export interface Following {
  readonly source: FollowedSource
  readonly deps: FollowDeps
  /** Keys of what was stored lately, so that the overlap of each look costs the store nothing. */
  readonly recent: Set<string>
  /** By type: the last reading of resources that share one time stamp and fill more than a page. */
  readonly crowds: Map<string, string>
  /** Throws what ends a look: it was stopped or paused, or another node took over. */
  readonly goOn: () => Promise<void>
}

const mostRecent = 20_000

export function remember ({ recent }: Following, keys: readonly string[]): void {
  for (const key of keys) recent.add(key)
  for (const key of recent) if (recent.size > mostRecent) recent.delete(key); else break
}
