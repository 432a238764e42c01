/** Names of FHIR JSON in `Accept` and `_format` (FHIR R4 §3.1.0.1.11). */
const fhirJson = ['application/fhir+json', 'application/json', 'text/json', 'json', 'application/json+fhir']
const anything = ['*/*', 'application/*', '']

interface Wish {
  readonly accept: string | undefined
  readonly format: string | null
}

function mediaTypes (accept: string | undefined): readonly string[] {
  return (accept ?? '*/*').toLowerCase().split(',').map((one) => one.trim()).filter((one) => !/;\s*q=0(?:\.0*)?\s*(?:;|$)/.test(one))
}

function isVersion4 (type: string): boolean {
  const version = /;\s*fhirversion=([^;\s]+)/.exec(type)?.[1]
  return version === undefined || /^4\.0/.test(version)
}

const bare = (type: string): string => type.replace(/;.*$/s, '').trim()

/** `_format` goes before `Accept`. A plus sign in it may have arrived as a space. */
export function wantsFhirJson ({ accept, format }: Wish): boolean {
  const types = format === null ? mediaTypes(accept) : [format.toLowerCase().replace(' ', '+')]
  return types.some((type) => isVersion4(type) && (fhirJson.includes(bare(type)) || (format === null && anything.includes(bare(type)))))
}

/** A Binary is given as what it is unless FHIR JSON is named (FHIR R4 Binary, §2.22.3). */
export function namesFhirJson ({ accept, format }: Wish): boolean {
  const types = format === null ? mediaTypes(accept) : [format.toLowerCase().replace(' ', '+')]
  return types.some((type) => fhirJson.includes(bare(type)))
}
