import type { Resource } from '../../core/records/index.ts'
import type { FhirServerDeps } from './deps.ts'
import { outerKind, searchRows } from './search-row.ts'

const interactions = ['read', 'vread', 'history-instance', 'search-type']

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
      security: { description: 'Authorization: Bearer with a token of this installation. Answers are limited to what the caller may see.' },
      resource: [...searchRows].map(([type, rows]) => ({
        type,
        interaction: interactions.map((code) => ({ code })),
        versioning: 'versioned',
        readHistory: true,
        updateCreate: false,
        conditionalCreate: false,
        conditionalRead: 'full-support',
        conditionalUpdate: false,
        conditionalDelete: 'not-supported',
        searchParam: [
          { name: '_id', type: 'token' },
          { name: '_lastUpdated', type: 'date' },
          ...[...rows.values()].map(({ param, kind, targets }) => ({ name: param, type: outerKind[kind], ...(targets.length === 0 ? {} : { documentation: `Points to ${targets.join(' or ')}` }) }))
        ]
      })),
      operation: [{ name: 'convert-data', definition: 'urn:yiqiao:fhir:operation:convert-data', documentation: 'HL7 v2 text to a message Bundle; stores nothing. In: inputData, inputDataType = Hl7v2, optional site.' }]
    }]
  }
}
