export { fhirServer } from './fhir-server.ts'
export type { FhirAccessNote, FhirServerDeps } from './deps.ts'
export { searchValuesIn } from './search-values.ts'
