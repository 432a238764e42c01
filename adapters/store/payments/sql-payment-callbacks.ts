import type { PaymentStore } from '../../../core/payments/index.ts'
import { bytes, json } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface CallbackRow {
  readonly channel: string
  readonly headers: string
  readonly body: Uint8Array | ArrayBuffer
  readonly outcome: string | null
}

/** 回调. As they came, the proven and the unproven alike. */
export function sqlCallbacks ({ sql }: Unit): Pick<PaymentStore, 'keepCallback' | 'callback' | 'settleCallback' | 'dropCallbacks'> {
  return {
    keepCallback: async ({ id, channel, key, headers, body, at }) => await sql.run(
      'insert into payment_callbacks (id, channel, key, headers, body, received_at_ms) values (?, ?, ?, ?, ?, ?) on conflict (key) do nothing',
      [id, channel, key, JSON.stringify(headers), body, at.getTime()]) === 1,
    callback: async (id) => {
      const row = await sql.first<CallbackRow>('select channel, headers, body, outcome from payment_callbacks where id = ?', [id])
      return row && { channel: row.channel, headers: json<Readonly<Record<string, string>>>(row.headers), body: bytes(row.body), outcome: row.outcome }
    },
    settleCallback: async (id, outcome, at) => {
      await sql.run('update payment_callbacks set outcome = ?, settled_at_ms = ? where id = ? and outcome is null', [outcome, at.getTime(), id])
    },
    dropCallbacks: (before, limit) => sql.run(
      'delete from payment_callbacks where id in (select id from payment_callbacks where received_at_ms < ? order by received_at_ms limit ?)', [before.getTime(), limit])
  }
}
