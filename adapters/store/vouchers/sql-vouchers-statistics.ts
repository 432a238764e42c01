import type { Count, StatisticsFilter, StatisticsKey, VoucherStatisticsStore, VoucherState } from '../../../core/vouchers/index.ts'
import type { Unit } from '../sql.ts'

interface CountedRow {
  readonly key: string | null
  readonly what: Count['what']
  readonly from_state: VoucherState | '' | null
  readonly to_state: VoucherState
  readonly amount: number
}

const keys: Readonly<Record<StatisticsKey, string>> = {
  community: 'c.community_id', hospital: 'c.hospital_id', month: 'c.month', group: 'b.group_code', batch: 'b.id', campaign: 'b.campaign_id'
}

/** 统计. The same question to the counts and to the events. */
export function sqlVoucherStatistics (unit: Unit): VoucherStatisticsStore {
  const { sql } = unit
  return {
    counts: (filter, by) => ask(unit, { table: 'voucher_counts', amount: 'c.amount' }, filter, by),
    recount: (filter, by) => ask(unit, { table: 'voucher_events', amount: 'c.to_seq - c.from_seq + 1' }, filter, by),
    standing: () => sql.all('select state, count(*) as count from vouchers group by state order by state', []),
    mark: async () => (await sql.first<{ readonly mark: number }>(`select cast(coalesce(sum(amount), 0) as ${unit.dialect.words.integer}) as mark from voucher_counts`, []))?.mark ?? 0
  }
}

async function ask ({ sql, dialect }: Unit, { table, amount }: { readonly table: string, readonly amount: string }, filter: StatisticsFilter, by: StatisticsKey | null): Promise<readonly Count[]> {
  const { conditions, params } = conditionsOf(filter)
  const key = by === null ? 'cast(null as text)' : `nullif(${keys[by]}, '')`
  const rows = await sql.anew<CountedRow>(
    `select ${key} as key, c.what, c.from_state, c.to_state, cast(sum(${amount}) as ${dialect.words.integer}) as amount
      from ${table} c join voucher_batches b on b.number = c.batch ${conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`}
      group by 1, 2, 3, 4 order by 1, 2, 3, 4`, params)
  return rows.map((row) => ({ key: row.key, what: row.what, from: row.from_state === '' ? null : row.from_state, to: row.to_state, count: row.amount }))
}

function conditionsOf ({ campaignId, batch, communityId, hospitalId, group, fromMonth, toMonth }: StatisticsFilter): { readonly conditions: readonly string[], readonly params: ReadonlyArray<string | number> } {
  const wanted: ReadonlyArray<readonly [string, string | number | null]> = [
    ['b.campaign_id = ?', campaignId], ['c.batch = ?', batch], ['c.community_id = ?', communityId], ['c.hospital_id = ?', hospitalId], ['b.group_code = ?', group], ['c.month >= ?', fromMonth], ['c.month <= ?', toMonth]
  ]
  const set = wanted.filter((one): one is readonly [string, string | number] => one[1] !== null)
  return { conditions: set.map(([text]) => text), params: set.map(([, value]) => value) }
}
