import type { Clock } from '../../../core/clock.ts'
import type { Resource } from '../../../core/records/index.ts'

/** Resources with their versions, in memory, as a FHIR server keeps them. */
export interface KeptResources {
  /** A new resource, or a new version of the one with this id. Seen by others at once, or when it is committed. */
  readonly write: (resource: Resource, how?: { readonly isHeld?: boolean, readonly isAtSameInstant?: boolean }) => KeptVersion
  readonly current: (type: string, id: string) => Resource | null
  readonly version: (type: string, id: string, version: string) => Resource | null
  readonly remove: (type: string, id: string) => void
  /** As they stand, those that have waited longest first. */
  readonly all: (type: string) => readonly Resource[]
}

export interface KeptVersion {
  readonly resource: Resource & { readonly id: string }
  /** Ends what `isHeld` began: a transaction that took its time stamp long before it ended. */
  readonly commit: () => void
}

export interface KeepingRules {
  readonly clock: Clock
  /** 1000 for servers that count whole seconds. */
  readonly precisionMs: number
  /** Some servers count no versions. */
  readonly hasVersionIds: boolean
}

interface Kept {
  readonly resource: Resource & { readonly id: string }
  isCommitted: boolean
}

export function keepResources ({ clock, precisionMs, hasVersionIds }: KeepingRules): KeptResources {
  const byType = new Map<string, Map<string, Kept[]>>()
  let lastId = 1000
  let lastStampMs = 0
  const versionsOf = (type: string, id: string): readonly Kept[] => byType.get(type)?.get(id) ?? []
  const newest = (versions: readonly Kept[]): Resource | null => versions.findLast(({ isCommitted }) => isCommitted)?.resource ?? null
  return {
    write: (resource, { isHeld = false, isAtSameInstant = false } = {}) => {
      const id = resource.id ?? String(lastId += 1)
      const ofType = byType.get(resource.resourceType) ?? new Map<string, Kept[]>()
      const versions = ofType.get(id) ?? []
      // A server's own stamps never run backwards, even when somebody moves its clock.
      if (!isAtSameInstant || lastStampMs === 0) lastStampMs = Math.max(lastStampMs, Math.floor(clock.now().getTime() / precisionMs) * precisionMs)
      const meta = { ...resource['meta'] as object | undefined, ...(hasVersionIds ? { versionId: String(versions.length + 1) } : {}), lastUpdated: new Date(lastStampMs).toISOString() }
      const kept: Kept = { resource: { ...resource, id, meta }, isCommitted: !isHeld }
      byType.set(resource.resourceType, ofType.set(id, [...versions, kept]))
      return { resource: kept.resource, commit: () => { kept.isCommitted = true } }
    },
    current: (type, id) => newest(versionsOf(type, id)),
    version: (type, id, version) => versionsOf(type, id).find(({ resource, isCommitted }) => isCommitted && versionOf(resource) === version)?.resource ?? null,
    remove: (type, id) => { byType.get(type)?.delete(id) },
    all: (type) => [...byType.get(type)?.values() ?? []].flatMap((versions) => newest(versions) ?? [])
  }
}

export function versionOf (resource: Resource): string | null {
  return (resource['meta'] as { readonly versionId?: string } | undefined)?.versionId ?? null
}

export function stampOf (resource: Resource): number {
  return Date.parse((resource['meta'] as { readonly lastUpdated?: string } | undefined)?.lastUpdated ?? '')
}
