import { hash } from 'node:crypto'
import type { Description } from '../../core/inbox/index.ts'
import type { Resource } from '../../core/records/index.ts'
import { statedAt, type FhirMapping, type RemoteReference } from '../../mappings/index.ts'

export interface DescribingSource {
  readonly hospitalId: string
  /** Base address of the server. */
  readonly base: string
  readonly mapping: FhirMapping
}

/** The hospital's own number of a patient, where it is known; without it the lane is the server's id. */
export type PatientNumberOf = (patient: RemoteReference) => string | null

/** All that the inbox needs to know of a resource, or of a Bundle of some. */
export function describeResource (raw: Uint8Array, resource: Resource, { hospitalId, base, mapping }: DescribingSource, numberOf: PatientNumberOf): Description {
  const type = resource.resourceType
  const version = versionOf(resource)
  const owners = resourcesIn(resource).flatMap((each) => mapping.ownersOf(each, base))
  const lanes = owners.map((owner) => {
    const number = owner.type === 'Patient' ? numberOf(owner) : null
    return number === null ? `${hospitalId}:fhir:${owner.type}/${owner.remoteId}` : `${hospitalId}:patient:${number}`
  })
  return {
    contentHash: hash('sha256', raw),
    controlId: `${type}/${resource.id ?? ''}${version === null ? '' : `/_history/${version}`}`,
    type,
    trigger: null,
    sentAt: statedAt(resource),
    charset: 'utf8',
    lanes: lanes.length === 0 ? [`${hospitalId}:fhir:${type}/${resource.id ?? ''}`] : [...new Set(lanes)].slice(0, mostLanes),
    parked: null
  }
}

/** A Bundle of more patients than this is applied beside theirs; what wins is decided by time all the same. */
const mostLanes = 50

/** A kept message read anew, without the store: patients are known by what the bytes themselves say. */
export function describeKeptResource (raw: Uint8Array, source: DescribingSource & { readonly keyOf: (resource: Resource) => string | null }): Description {
  const resource = resourceOf(raw)
  if (resource === null) {
    const parked = { code: 'MESSAGE_MALFORMED', detail: 'The text is no FHIR resource in JSON; correct it.', place: null }
    return { contentHash: hash('sha256', raw), controlId: null, type: null, trigger: null, sentAt: null, charset: 'utf8', lanes: [], parked }
  }
  const own = new Map(resourcesIn(resource).filter(({ resourceType }) => resourceType === 'Patient').map((patient) => [patient.id, source.keyOf(patient)]))
  return describeResource(raw, resource, source, ({ remoteId }) => own.get(remoteId) ?? null)
}

/** Null where the bytes are no resource. */
export function resourceOf (raw: Uint8Array): Resource | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(raw))
    return typeof value === 'object' && value !== null && 'resourceType' in value && typeof value.resourceType === 'string' ? value as Resource : null
  } catch {
    return null
  }
}

/** The resource itself, or those of a Bundle. */
function resourcesIn (resource: Resource): readonly Resource[] {
  if (resource.resourceType !== 'Bundle') return [resource]
  return ((resource['entry'] ?? []) as ReadonlyArray<{ readonly resource?: Resource }>).flatMap((entry) => entry.resource ?? [])
}

/** meta.versionId. */
export function versionOf (resource: Resource): string | null {
  const version: unknown = (resource['meta'] as { readonly versionId?: unknown } | undefined)?.versionId
  return typeof version === 'string' && version !== '' ? version : null
}
