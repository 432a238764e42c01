import type { Resource } from './record.ts'
import { slotsOf } from './slots.ts'

/** What another system calls a resource, and which record of ours it is. */
export interface RemoteId {
  /** The configured source, whose names these are. */
  readonly source: string
  readonly type: string
  readonly remoteId: string
  /** Null: the source was asked and has, or shows, no such resource. */
  readonly recordId: string | null
  /** The hospital's own key that the record's id was made of; null where the resource had none. */
  readonly key: string | null
}

/** The newest version of a resource that was taken in: a source like a FHIR server states the whole of it each time. */
export interface Statement {
  readonly asOf: Date
  /** The source's own count, where it keeps one. */
  readonly version: string | null
  /** What it said something about (see slots.ts). */
  readonly slots: readonly string[]
}

export interface RemoteIdStore {
  /** In any order; what nobody named is not among them. At most some hundred at a time. */
  readonly find: (source: string, references: ReadonlyArray<{ readonly type: string, readonly remoteId: string }>) => Promise<ReadonlyArray<RemoteId & { readonly stated: Statement | null }>>
  /** A record, once given, stays: only where there was none it is put in. */
  readonly add: (remoteIds: readonly RemoteId[]) => Promise<void>
  /** Of one that was added before. */
  readonly saveStatement: (name: Pick<RemoteId, 'source' | 'type' | 'remoteId'>, stated: Statement) => Promise<void>
}

/** What follows from a whole resource, beside what the same source said of it last. */
export type Restated =
  /** Something newer was taken in already, and it said all there is to say. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'current', readonly removed: readonly string[], readonly stated: Statement }

/**
 * What the source said before and leaves out now is taken away; what others said of the same record is left alone.
 *
 * Of two versions the later by count is the newer one: clocks are set back, and count whole seconds only. Its time is
 * then put behind the other's, so that merging the two ends in the newer one.
 */
export function restated (before: Statement | null, said: { readonly resource: Resource, readonly asOf: Date, readonly version: string | null }): Restated {
  const slots = [...slotsOf(said.resource).keys()]
  if (before === null) return { kind: 'current', removed: [], stated: { asOf: said.asOf, version: said.version, slots } }
  const age = ageOf(before, said)
  if (age < 0) return { kind: 'outdated' }
  const asOf = age > 0 && said.asOf <= before.asOf ? new Date(before.asOf.getTime() + 1) : age === 0 ? before.asOf : said.asOf
  return { kind: 'current', removed: before.slots.filter((slot) => !slots.includes(slot)), stated: { asOf, version: said.version, slots } }
}

/** Above 0: newer than what was said before; 0: the same again. */
function ageOf (before: Statement, said: { readonly asOf: Date, readonly version: string | null }): number {
  const [countBefore, count] = [countOf(before.version), countOf(said.version)]
  if (countBefore !== null && count !== null && countBefore !== count) return count - countBefore
  if (before.version !== null && before.version === said.version) return 0
  return said.asOf.getTime() - before.asOf.getTime() || (before.version === said.version ? 0 : 1)
}

function countOf (version: string | null): number | null {
  return version !== null && /^\d{1,15}$/.test(version) ? Number(version) : null
}
