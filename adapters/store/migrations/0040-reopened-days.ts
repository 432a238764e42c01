import type { Migration } from './migration.ts'

/** Reopened days are few, and looked for with every entry. */
export const reopenedDays: Migration = {
  name: '0040-reopened-days',
  up: () => ["create index closed_days_reopened on closed_days (hospital_id, day) where state = 'reopened'"],
  down: () => ['drop index closed_days_reopened']
}
