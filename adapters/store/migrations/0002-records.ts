import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

/**
 * `records` holds each resource as it stands; `record_versions` what it was before, so a resource that never changed is
 * written once. Search values point at the record's short number, which keeps their indexes small.
 */
export const records: Migration = {
  name: '0002-records',
  up: ({ integer, sequence, table, clustered, byBytes, appendOnly }) => {
    const version = `
      type text not null,
      id text not null,
      version ${integer} not null check (version > 0),
      last_updated_ms ${integer} not null,
      resource text not null,
      element_times text not null,
      hospital_id text,
      patient_id text,
      source text not null,
      mapping_version text`
    return [
      `create table records (number ${sequence}, ${version}, unique (id, type)) ${table}`,
      'create index records_updated on records (type, last_updated_ms, id)',
      'create index records_compartment on records (patient_id, type) where patient_id is not null',
      `create table record_versions (${version}, primary key (id, type, version)) ${table}`,
      `create table record_search_values (
        record ${integer} not null,
        hash ${integer} not null,
        type text not null,
        param text not null,
        value text ${byBytes},
        system text,
        from_ms ${integer},
        to_ms ${integer},
        primary key (record, hash)
      ) ${clustered}`,
      'create index record_search_by_value on record_search_values (type, param, value, record) where value is not null',
      'create index record_search_by_time on record_search_values (type, param, from_ms, to_ms, record) where from_ms is not null',
      ...appendOnly('record_versions')
    ]
  },
  down: (words) => [...dropTables('record_search_values', 'records'), ...dropAppendOnly(words, 'record_versions')]
}
