import type { RecordVersion, Resource } from '../../../core/records/index.ts'

/** A stored record in its first version, of the hospital east; of the patient p1 unless said otherwise. */
export function aRecord (resource: Resource, more: Partial<RecordVersion> = {}): RecordVersion {
  return {
    type: resource.resourceType,
    id: resource.id ?? 'none',
    version: 1,
    lastUpdated: new Date('2027-03-01T01:00:00.500Z'),
    resource,
    elementTimes: {},
    hospitalId: 'east',
    patientId: 'p1',
    source: 'message-1',
    mappingVersion: null,
    ...more
  }
}
