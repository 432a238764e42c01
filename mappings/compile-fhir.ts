import { createHash } from 'node:crypto'
import type { Resource } from '../core/records/index.ts'
import { isObject } from './element-path.ts'
import { compileFhirKeys, readFhirTypes, type FhirTypes } from './fhir-keys.ts'
import { compileFhirPath } from './fhir-path.ts'
import { identify, mapResource, ownCopy, type CompiledFhir, type FhirIdentity, type FhirMapped, type FhirMappingContext, type FhirSourceOf } from './fhir-resource.ts'
import { pointedBy, remoteReferencesIn, type RemoteReference } from './fhir-references.ts'
import { compileFhirSite, compileTellIdentifiers, type TellIdentifiers } from './fhir-site.ts'

/** What is taken from the FHIR servers of one site, and how its things are named there. */
export interface FhirMapping {
  readonly version: string
  readonly isTaken: (type: string) => boolean
  /** Which record a resource is, by the hospital's own key, else by the server's id. */
  readonly identify: (resource: Resource, source: FhirSourceOf) => FhirIdentity
  readonly referencesOf: (resource: Resource, base: string) => readonly RemoteReference[]
  /** The patients that a resource belongs to, and a visit: what must be applied one after the other. */
  readonly ownersOf: (resource: Resource, base: string) => readonly RemoteReference[]
  /** Throws MappingError. `recordId` is what was once given to the resource. */
  readonly map: (resource: Resource, recordId: string, context: FhirMappingContext) => FhirMapped
  readonly tellIdentifiers: TellIdentifiers
}

/** `site`: the JSON files of sites/<site>/fhir, by name. Throws one Error that lists every fault, a line each. */
export function compileFhir (types: unknown, site: Readonly<Record<string, unknown>>): FhirMapping {
  const faults: string[] = []
  const known = readFhirTypes(types, faults)
  const applySite = compileFhirSite(site, known.drop, faults)
  for (const type of Object.keys(site)) if (type !== 'identifiers' && known.types[type] === undefined) faults.push(`fhir/${type}.json: fhir/types.json does not name this type`)
  const compiled: CompiledFhir = { known, keyOf: compileFhirKeys(types), applySite, patientPaths: patientPathsOf(known, faults), version: '' }
  if (faults.length > 0) throw new Error(faults.join('\n'))
  const version = createHash('sha256').update(JSON.stringify([types, site])).digest('hex').slice(0, 16)
  return {
    version,
    isTaken: (type) => Object.hasOwn(known.types, type),
    identify: (resource, source) => identify(compiled, ownCopy(compiled, resource, source.hospitalId), source),
    referencesOf: (resource, base) => remoteReferencesIn(resource, base),
    ownersOf: (resource, base) => ownersOf(compiled, resource, base),
    map: (resource, recordId, context) => mapResource({ ...compiled, version }, resource, recordId, context),
    tellIdentifiers: compileTellIdentifiers(site)
  }
}

function patientPathsOf (known: FhirTypes, faults: string[]): CompiledFhir['patientPaths'] {
  return new Map(Object.entries(known.types).flatMap(([type, { patient }]) => {
    if (patient === undefined) return []
    const reads = patient.map((text) => {
      const read = compileFhirPath(text)
      if (read === null) faults.push(`fhir/types.json ${type}: no such path: "${text}"`)
      return read ?? (() => [])
    })
    return [[type, (resource: unknown) => reads.flatMap((read) => read(resource))] as const]
  }))
}

/**
 * Of a patient the record itself and those that it is linked with, so that a merge waits for all of them; of a payment
 * the visit that it is told of, without which nobody would know whose it is.
 */
function ownersOf ({ patientPaths }: CompiledFhir, resource: Resource, base: string): readonly RemoteReference[] {
  const { resourceType: type, id } = resource
  const own = (type === 'Patient' || type === 'Encounter') && id !== undefined ? [{ type, remoteId: id }] : []
  const named = type === 'Patient' ? compileFhirPath('link.other')?.(resource) ?? [] : [...patientPaths.get(type)?.(resource) ?? [], ...(type === 'PaymentNotice' ? [resource['request']] : [])]
  const others = named.flatMap((value) => {
    const pointed = isObject(value) && typeof value['reference'] === 'string' ? pointedBy(value['reference'], base) : null
    return pointed?.kind === 'remote' && ['Patient', 'Encounter'].includes(pointed.remote.type) ? [pointed.remote] : []
  })
  return type === 'Patient' ? [...own, ...others] : [...others, ...own]
}
