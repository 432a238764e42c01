import { slotName, type RecordVersion, type Resource } from '../records/index.ts'

/** What a FHIR destination is asked to hold: the resource, and how it is found there. */
export interface FhirContent {
  /** Search parameters for If-None-Exist (R4 §3.1.0.8.1). */
  readonly ifNoneExist: string
  readonly resource: Resource
  /** Elements that this version of ours took away. */
  readonly removed?: readonly string[]
}

interface Identifier {
  readonly system: string
  readonly value: string
}

const replaced = new Set(['resourceType', 'id', 'meta', 'identifier'])
const ourSystem = 'urn:yiqiao:record'

/**
 * The resource as another server can hold it. Its id and version there are not ours, so it is found by an identifier:
 * its own first one, else ours, which it carries from then on. References are logical for the same reason.
 */
export function fhirContent (focus: RecordVersion, related: readonly RecordVersion[], before: RecordVersion | null = null): FhirContent {
  const identifiers = new Map([focus, ...related].map((record) => [`${record.type}/${record.id}`, identifierOf(record)]))
  const { resourceType, identifier } = focus.resource
  const elements = Object.fromEntries(Object.entries(focus.resource).filter(([name]) => !replaced.has(name)))
  const ours = { system: ourSystem, value: focus.id }
  const { system, value } = identifierOf(focus)
  const removed = Object.keys(before?.resource ?? {}).filter((name) => !replaced.has(name) && focus.resource[name] === undefined)
  return {
    ...(removed.length === 0 ? {} : { removed }),
    ifNoneExist: `identifier=${encodeURIComponent(`${system}|${value}`)}`,
    resource: {
      resourceType,
      identifier: identifier === undefined || Array.isArray(identifier) ? [...(identifier ?? []) as readonly unknown[], ours] : identifier,
      ...withLogicalReferences(elements, identifiers) as Readonly<Record<string, unknown>>
    }
  }
}

/**
 * What a server is to hold that has a resource already. A PUT replaces the whole of it, so what the server knows and we
 * do not say goes along, its other identifiers, too. Its narrative does not: it told what was there before.
 */
export function laidOver (there: Resource & { readonly id: string }, { resource, removed = [] }: FhirContent): Resource & { readonly id: string } {
  const said = new Set(['text', ...removed, ...Object.keys(resource)].map(slotName))
  const kept = Object.fromEntries(Object.entries(there).filter(([name]) => !said.has(slotName(name))))
  return { ...kept, ...resource, id: there.id, ...bothIdentifiers(there, resource) }
}

function bothIdentifiers ({ identifier: theirs }: Resource, { identifier: ours }: Resource): { readonly identifier?: readonly Partial<Identifier>[] } {
  if (!Array.isArray(theirs) || !Array.isArray(ours)) return {}
  const own = ours as ReadonlyArray<Partial<Identifier>>
  const others = (theirs as ReadonlyArray<Partial<Identifier>>).filter((each) => !own.some(({ system, value }) => system === each.system && value === each.value))
  return { identifier: [...own, ...others] }
}

function identifierOf ({ id, resource: { identifier } }: RecordVersion): Identifier {
  const given: readonly Partial<Identifier>[] = Array.isArray(identifier) ? identifier : []
  const found = given.find(({ system, value }) => typeof system === 'string' && typeof value === 'string')
  return { system: found?.system ?? ourSystem, value: found?.value ?? id }
}

function withLogicalReferences (value: unknown, identifiers: ReadonlyMap<string, Identifier>): unknown {
  if (Array.isArray(value)) return value.map((one) => withLogicalReferences(one, identifiers))
  if (typeof value !== 'object' || value === null) return value
  const { reference, ...rest } = value as Readonly<Record<string, unknown>>
  const others = Object.fromEntries(Object.entries(rest).map(([name, child]) => [name, withLogicalReferences(child, identifiers)]))
  const [, type, id] = typeof reference === 'string' ? /^([A-Z][A-Za-z]+)\/([^/]+)$/.exec(reference) ?? [] : []
  if (type === undefined || id === undefined) return reference === undefined ? others : { reference, ...others }
  return { type, identifier: identifiers.get(`${type}/${id}`) ?? { system: ourSystem, value: id }, ...others }
}
