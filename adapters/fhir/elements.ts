import type { Resource } from '../../core/records/index.ts'
import type { FhirServerDeps } from './deps.ts'

/** What R4 wants of a type at its top level: an empty resource lacks just that. `medication` stands for `medication[x]`. */
export function mandatoryElements (validate: FhirServerDeps['validate'], type: string): readonly string[] {
  return validate({ resourceType: type }).filter(({ code }) => code === 'required').map(({ path }) => path.slice(type.length + 1).replace('[x]', ''))
}

const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

/** `_elements` (FHIR R4 §3.1.1.5.9): the elements asked for and those that every resource must have, marked as a part. */
export function withElements (resource: Resource, wanted: readonly string[]): Resource {
  const isWanted = (element: string): boolean => wanted.some((name) => element === name || element === `_${name}` || (element.startsWith(name) && /^[A-Z]/.test(element.slice(name.length))))
  const { resourceType, id, meta, ...rest } = resource
  const { tag, ...more } = (meta ?? {}) as { readonly tag?: readonly unknown[] }
  return {
    resourceType,
    ...(id === undefined ? {} : { id }),
    meta: { ...more, tag: [...tag ?? [], subsetted] },
    ...Object.fromEntries(Object.entries(rest).filter(([element]) => isWanted(element)))
  }
}
