import type { Migration } from './migration.ts'

/**
 * 发件箱留存、悬单. Done messages by kind and age, for the nightly retention; those whose payload was taken away already
 * ('null': only their key is kept) are not looked at again. Payments that are not decided, by their expiry. And of a
 * charge the order that it is for (FT1-23), which a hold may name.
 */
export const doneAndUndecided: Migration = {
  name: '0029-done-and-undecided',
  up: () => [
    "create index outbox_messages_settled on outbox_messages (kind, settled_at_ms) where status = 'done' and payload <> 'null'",
    "create index payment_orders_undecided on payment_orders (expires_at_ms) where state in ('created', 'pending', 'unknown')",
    'alter table charges add column order_number text'
  ],
  down: () => ['alter table charges drop column order_number', 'drop index payment_orders_undecided', 'drop index outbox_messages_settled']
}
