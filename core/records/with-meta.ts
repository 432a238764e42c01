import type { RecordVersion } from './record.ts'

/** Writes what the version is into `meta`, as R4 wants it served. `source` is opaque: `#<id of the message>`. */
export function withMeta (record: RecordVersion): RecordVersion {
  const { resourceType, id, meta, ...elements } = record.resource
  return {
    ...record,
    resource: {
      resourceType,
      ...(id === undefined ? {} : { id }),
      meta: {
        ...(meta as Readonly<Record<string, unknown>> | undefined),
        versionId: String(record.version),
        lastUpdated: record.lastUpdated.toISOString(),
        source: `#${record.source}`
      },
      ...elements
    }
  }
}
