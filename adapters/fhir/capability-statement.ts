import type { Resource } from '../../core/records/index.ts'
import type { FhirServerDeps } from './deps.ts'
import { pointingTo, referenceRows } from './search-include.ts'
import { outerKind, searchRows, type SearchRow } from './search-row.ts'

const interactions = ['read', 'vread', 'history-instance', 'search-type', 'create', 'update']
const systemInteractions = ['transaction', 'batch']

/** Parameters of every type. */
const usual = [{ name: '_id', type: 'token' }, { name: '_lastUpdated', type: 'date' }]

const validate = { name: 'validate', definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate' }
const everything = { name: 'everything', definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything' }
const convertData = { name: 'convert-data', definition: 'urn:yiqiao:fhir:operation:convert-data', documentation: 'HL7 v2 text to a message Bundle; stores nothing. In: inputData, inputDataType = Hl7v2, optional site.' }

/** What this server can do, from the tables that do it. Nothing is named here that no route answers. */
export function capabilityStatement ({ software, realNow }: Pick<FhirServerDeps, 'software' | 'realNow'>, baseUrl: string): Resource {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: realNow().toISOString(),
    kind: 'instance',
    software: { name: software.name, version: software.version },
    implementation: { description: 'Records that hospitals sent, as FHIR R4', url: baseUrl },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [{
      mode: 'server',
      security: { description: 'Authorization: Bearer with a token of this installation. Answers are limited to what the caller may see; integrators write.' },
      resource: [...searchRows].map(([type, rows]) => resourceOf(type, [...rows.values()])),
      interaction: systemInteractions.map((code) => ({ code })),
      operation: [convertData]
    }]
  }
}

function resourceOf (type: string, rows: readonly SearchRow[]): object {
  const includes = referenceRows(type).map(({ param }) => `${type}:${param}`)
  const revIncludes = pointingTo(type)
  return {
    type,
    interaction: interactions.map((code) => ({ code })),
    versioning: 'versioned',
    readHistory: true,
    updateCreate: false,
    conditionalCreate: true,
    conditionalRead: 'full-support',
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
    referencePolicy: ['literal', 'enforced'],
    ...(includes.length === 0 ? {} : { searchInclude: [`${type}:*`, ...includes] }),
    ...(revIncludes.length === 0 ? {} : { searchRevInclude: revIncludes }),
    searchParam: [...usual, ...rows.map(({ param, kind, targets }) => ({ name: param, type: outerKind[kind], ...(targets.length === 0 ? {} : { documentation: `Points to ${targets.join(' or ')}` }) }))],
    operation: type === 'Patient' ? [validate, everything] : [validate]
  }
}
