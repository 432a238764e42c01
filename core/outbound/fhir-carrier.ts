import { DomainError } from '../errors.ts'
import type { Resource } from '../records/index.ts'
import { sameJson } from '../same-json.ts'
import type { Answer } from './outbound-message.ts'
import type { Carrier } from './ports.ts'
import { laidOver, type FhirContent } from './write-fhir.ts'

/** What a FHIR server holds after a write. */
export interface FhirWritten {
  /** Of the resource there. */
  readonly id: string
  readonly version: string | null
  readonly resource: Resource | null
}

/**
 * Writes to one FHIR R4 server. Refuses with OUTSIDE_REFUSED what it will never take, and with OUTSIDE_UNAVAILABLE what
 * may pass; `place` is the HTTP status, where there was an answer.
 */
export interface FhirWriter {
  /** Null: there is none of this id. */
  readonly read: (type: string, id: string) => Promise<Resource | null>
  /** Answers the one that was made, or the one that was there and is left as it is (R4 §3.1.0.8.1). */
  readonly create: (resource: Resource, condition: { readonly ifNoneExist: string }) => Promise<FhirWritten>
  /** Null: the server holds another version than `ifMatch`. */
  readonly update: (resource: Resource & { readonly id: string }, condition?: { readonly ifMatch: string }) => Promise<FhirWritten | null>
}

/** Creates what is not there and updates what differs, by its identifier; so a resend makes nothing twice. */
export function fhirCarrier (writer: FhirWriter): Carrier {
  return {
    send: async ({ content }) => {
      const ours = JSON.parse(new TextDecoder().decode(content)) as FhirContent
      const { resource, ifNoneExist } = ours
      try {
        const found = await writer.create(resource, { ifNoneExist })
        const there = found.resource ?? await writer.read(resource.resourceType, found.id)
        const wanted = laidOver({ ...there ?? resource, id: found.id }, ours)
        const version = found.version ?? versionOf(there)
        const written = there !== null && holds(there, wanted) ? found : await writer.update(wanted, ...version === null ? [] : [{ ifMatch: version }])
        return written === null ? changedMeanwhile : accepted(resource, written)
      } catch (error) {
        throw isWithoutAnswer(error) ? new DomainError('OUTSIDE_DOWN', 'The FHIR server does not answer. Check url, its network and its certificate.') : error
      }
    }
  }
}

/** The next attempt reads what stands there then. */
const changedMeanwhile: Answer = { code: '412', verdict: 'failed', bytes: new Uint8Array() }

/** A write under a condition may be repeated, so that silence and a connection that fails come to the same. */
function isWithoutAnswer (error: unknown): boolean {
  return error instanceof DomainError && error.code === 'OUTSIDE_UNAVAILABLE' && error.place === undefined
}

/** But for its narrative, which is made of the rest. */
function holds (there: Resource, wanted: Resource): boolean {
  return sameJson({ ...there, text: null }, { ...wanted, text: null })
}

function versionOf (resource: Resource | null): string | null {
  const version = (resource?.['meta'] as { readonly versionId?: unknown } | undefined)?.versionId
  return typeof version === 'string' ? version : null
}

function accepted ({ resourceType }: Resource, { id, version }: FhirWritten): Answer {
  return { code: '200', verdict: 'accepted', bytes: new TextEncoder().encode(version === null ? `${resourceType}/${id}` : `${resourceType}/${id}/_history/${version}`) }
}
