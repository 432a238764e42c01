import type { Migration } from './migration.ts'

/**
 * Reopened days are looked for with every entry, payments under way with every look at arrears, and who is not encrypted yet
 * for every few hundred lines of a file: all are few among many.
 */
export const fewAmongMany: Migration = {
  name: '0040-few-among-many',
  up: () => [
    "create index closed_days_reopened on closed_days (hospital_id, day) where state = 'reopened'",
    "create index payment_orders_open on payment_orders (purpose, subject_id) where state in ('created', 'pending', 'unknown')",
    "create index feed_records_unsealed on feed_records (creditor, sequence) where state = 'waiting' and subject is null"
  ],
  down: () => ['drop index feed_records_unsealed', 'drop index payment_orders_open', 'drop index closed_days_reopened']
}
