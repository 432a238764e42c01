import type { Migration } from './migration.ts'

/**
 * Quantities, and the few values of time that are longer than 32 days, by their ends: "on or after a day" asks how late
 * a period ends, which an index of beginnings answers only by reading everything that began before.
 */
export const search: Migration = {
  name: '0008-search',
  up: ({ real }) => [
    `alter table record_search_values add column number ${real}`,
    'create index record_search_by_end on record_search_values (type, param, to_ms, record) where to_ms - from_ms > 2764800000',
    'create index record_search_by_number on record_search_values (type, param, number, record) where number is not null'
  ],
  down: () => [
    'drop index record_search_by_number',
    'drop index record_search_by_end',
    'alter table record_search_values drop column number'
  ]
}
