import { mergeRecord, type RecordChange, type RecordVersion, type Resource } from '../../core/records/index.ts'
import type { Mapped } from '../../mappings/index.ts'

/**
 * One message as a FHIR message: the header first, then every resource it speaks of, each once, with urn:uuid addresses
 * and references among them. Nothing is stored, so versions and times are left out.
 */
export function messageBundle ({ header, changes }: Mapped, at: Date): Resource {
  const resources = [header as Resource & { readonly id: string }, ...merged(changes, at)]
  const addresses = new Map(resources.map(({ resourceType, id }) => [`${resourceType}/${id}`, `urn:uuid:${id}`]))
  return {
    resourceType: 'Bundle',
    type: 'message',
    timestamp: at.toISOString(),
    entry: resources.map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource: addressed(resource, addresses) }))
  }
}

/** Several statements of one message about one resource make one resource, as they would when stored. */
function merged (changes: readonly RecordChange[], at: Date): ReadonlyArray<Resource & { readonly id: string }> {
  const records = new Map<string, RecordVersion>()
  for (const change of changes) {
    const key = `${change.resource.resourceType}/${change.resource.id}`
    records.set(key, mergeRecord(records.get(key) ?? null, change, at, 1).record)
  }
  return [...records.values()].map(({ resource, id }) => ({ ...withoutStoreMeta(resource), id }))
}

function withoutStoreMeta ({ meta, ...elements }: Resource): Resource {
  const kept = Object.entries((meta ?? {})).filter(([name]) => !['versionId', 'lastUpdated', 'source'].includes(name))
  return kept.length === 0 ? elements : { ...elements, meta: Object.fromEntries(kept) }
}

function addressed<Value> (value: Value, addresses: ReadonlyMap<string, string>): Value {
  if (Array.isArray(value)) return value.map((entry: unknown) => addressed(entry, addresses)) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]: [string, unknown]) =>
    [key, key === 'reference' && typeof part === 'string' ? addresses.get(part) ?? part : addressed(part, addresses)])) as Value
}
