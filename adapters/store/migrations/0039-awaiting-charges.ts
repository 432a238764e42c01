import type { Migration } from './migration.ts'

/** Credits that wait for their charge are few among all charges, and are counted every hour. */
export const awaitingCharges: Migration = {
  name: '0039-awaiting-charges',
  up: () => ["create index charges_awaiting on charges (received_at_ms) where state = 'awaiting_charge'"],
  down: () => ['drop index charges_awaiting']
}
