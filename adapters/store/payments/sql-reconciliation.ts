import type { CalendarDate } from '../../../core/clock.ts'
import type { ClosedDay, CloseStore, Discrepancy, MatchedItem, Reconciliation, ReconciliationStore } from '../../../core/payments/index.ts'
import { instant } from '../columns.ts'
import {
  discrepancyColumns, discrepancyOf, discrepancyValues, lineOf, lineValues, reconciliationColumns, reconciliationOf, reconciliationValues, type DiscrepancyRow, type LineRow, type ReconciliationRow
} from './reconciliation-row.ts'
import type { GroupStatement, Unit } from '../sql.ts'
import { closedUntil } from './closed-until.ts'
import { upsert } from '../upsert.ts'

const saveReconciliation = upsert('reconciliations', ['id'], reconciliationColumns)
const saveDiscrepancy = upsert('discrepancies', ['reconciliation_id', 'number'], discrepancyColumns)
const addDiscrepancy = `insert into discrepancies (${discrepancyColumns.join(', ')}) values (${discrepancyColumns.map(() => '?').join(', ')}) on conflict do nothing`

const insertLines: GroupStatement = {
  columns: {
    reconciliation_id: 'text', line: 'integer', item_kind: 'text', item_key: 'text', amount_fen: 'integer', fee_fen: 'integer', fund_fen: 'integer', account_fen: 'integer',
    cash_fen: 'integer', merchant: 'text', hospital_id: 'text', channel_number: 'text', at_ms: 'integer'
  },
  text: (given) => `insert into statement_lines (reconciliation_id, line, item_kind, item_key, amount_fen, fee_fen, fund_fen, account_fen, cash_fen, merchant, hospital_id, channel_number, at_ms)
    select * from ${given} as given where true`
}
const dropLines: GroupStatement = {
  columns: { reconciliation_id: 'text', line: 'integer' },
  text: (given, dialect) => dialect.hasArrayParameters
    ? `delete from statement_lines using ${given} as given where statement_lines.reconciliation_id = given.reconciliation_id and statement_lines.line = given.line`
    : 'delete from statement_lines where reconciliation_id = ? and line = ?'
}
const insertMatched: GroupStatement = {
  columns: { scope: 'text', item_key: 'text', reconciliation_id: 'text', line: 'integer', matched_at_ms: 'integer' },
  text: (given) => `insert into matched_items (scope, item_key, reconciliation_id, line, matched_at_ms)
    select scope, item_key, reconciliation_id, line, matched_at_ms from ${given} as given where true on conflict do nothing returning item_key`
}

export function sqlReconciliations (unit: Unit): ReconciliationStore {
  return { ...reconciliations(unit), ...workLines(unit), ...matches(unit), ...discrepancies(unit) }
}

function reconciliations ({ sql, dialect, build }: Unit): Pick<ReconciliationStore, 'find' | 'findForChange' | 'reconciledOf' | 'save' | 'list'> {
  const find = async (id: string): Promise<Reconciliation | null> => {
    const row = await sql.first<ReconciliationRow>('select * from reconciliations where id = ?', [id])
    return row && reconciliationOf(row)
  }
  return {
    find,
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`reconciliation ${id}`])
      return await find(id)
    },
    reconciledOf: async (ids) => new Set(
      (await sql.all<{ readonly id: string }>(`select id from reconciliations where state = 'reconciled' and ${dialect.isIn('id')}`, [dialect.list(ids)])).map(({ id }) => id)),
    save: async (one) => { await sql.run(saveReconciliation, reconciliationValues(one)) },
    list: async ({ day, source, state, hospitalId }, { limit, offset }) => {
      const query = build('reconciliations').select('*').limit(limit).offset(offset).orderByRaw('day desc, id')
      if (day !== null) query.where('day', day)
      if (source !== null) query.where('source', source)
      if (state !== null) query.where('state', state)
      if (hospitalId !== null) query.whereRaw('(hospital_id = ? or hospital_id is null)', [hospitalId])
      return (await sql.built<ReconciliationRow>(query)).map(reconciliationOf)
    }
  }
}

function workLines ({ sql, dialect }: Unit): Pick<ReconciliationStore, 'addLines' | 'lines' | 'linesOf' | 'dropLines'> {
  return {
    addLines: async (id, lines) => { await sql.runOf(insertLines, lines.map((line) => lineValues(id, line))) },
    lines: async (id, limit) => (await sql.all<LineRow>('select * from statement_lines where reconciliation_id = ? order by line limit ?', [id, limit])).map(lineOf),
    linesOf: async (id, keys) => keys.length === 0
      ? []
      : (await sql.all<LineRow>(`select * from statement_lines where reconciliation_id = ? and ${dialect.isIn('item_key')} order by line`, [id, dialect.list(keys)])).map(lineOf),
    dropLines: async (id, lines) => {
      if (lines === null) await sql.run('delete from statement_lines where reconciliation_id = ?', [id])
      else await sql.runOf(dropLines, lines.map((line) => [id, line]))
    }
  }
}

function matches ({ sql, dialect }: Unit): Pick<ReconciliationStore, 'addMatched' | 'matchedOf' | 'pruneMatched'> {
  return {
    addMatched: async (items, at) => (await sql.allOf<{ readonly item_key: string }>(insertMatched, items.map(({ scope, key, reconciliationId, line }: MatchedItem) => [scope, key, reconciliationId, line, at.getTime()])))
      .map((row) => row.item_key),
    matchedOf: async (scope, keys) => keys.length === 0
      ? new Map()
      : new Map((await sql.all<{ readonly item_key: string, readonly reconciliation_id: string }>(`select item_key, reconciliation_id from matched_items where scope = ? and ${dialect.isIn('item_key')}`, [scope, dialect.list(keys)]))
        .map((row) => [row.item_key, row.reconciliation_id])),
    pruneMatched: (before, limit) => sql.run(
      'delete from matched_items where (scope, item_key) in (select scope, item_key from matched_items where matched_at_ms < ? order by matched_at_ms limit ?)', [before.getTime(), limit])
  }
}

function discrepancies ({ sql, dialect, build }: Unit): Pick<ReconciliationStore, 'addDiscrepancies' | 'findDiscrepancy' | 'countsOf' | 'discrepancies' | 'saveDiscrepancy' | 'unsettled' | 'unsettledOf' | 'countBlocking'> {
  const oneOf = (found: ReadonlyArray<DiscrepancyRow>): readonly Discrepancy[] => found.map(discrepancyOf)
  return {
    addDiscrepancies: async (found) => {
      const [first] = found
      if (first === undefined) return
      const last = await sql.first<{ readonly number: number }>('select coalesce(max(number), 0) as number from discrepancies where reconciliation_id = ?', [first.reconciliationId])
      let number = last?.number ?? 0
      for (const one of found) if (await sql.run(addDiscrepancy, discrepancyValues({ ...one, number: number + 1 })) > 0) number += 1
    },
    findDiscrepancy: async (id, number) => {
      const row = await sql.first<DiscrepancyRow>('select * from discrepancies where reconciliation_id = ? and number = ?', [id, number])
      return row && discrepancyOf(row)
    },
    countsOf: async (id) => (await sql.all<{ readonly kind: Discrepancy['kind'], readonly state: Discrepancy['state'], readonly is_listed: number, readonly n: number }>(
      `select kind, state, case when line is null then 0 else 1 end as is_listed, cast(count(*) as bigint) as n from discrepancies
       where reconciliation_id = ? group by kind, state, case when line is null then 0 else 1 end order by kind, state, is_listed`, [id]))
      .map(({ kind, state, is_listed: listed, n }) => ({ kind, state, isListed: Number(listed) === 1, count: Number(n) })),
    discrepancies: async ({ reconciliationId, hospitalId }, { limit, offset }) => {
      const query = build('discrepancies').select('*').where('reconciliation_id', reconciliationId).orderBy('number').limit(limit).offset(offset)
      if (hospitalId !== null) query.whereRaw('(hospital_id = ? or hospital_id is null)', [hospitalId])
      return oneOf(await sql.built<DiscrepancyRow>(query))
    },
    saveDiscrepancy: async (one) => { await sql.run(saveDiscrepancy, discrepancyValues(one)) },
    unsettled: async ({ scope, kinds, since }, { limit, offset }) => oneOf(await sql.all<DiscrepancyRow>(
      `select * from discrepancies where scope = ? and state in ('open', 'proposed') and day >= ? and ${dialect.isIn('kind')} order by day, reconciliation_id, number limit ? offset ?`,
      [scope, since, dialect.list(kinds), limit, offset])),
    unsettledOf: async (scope, keys) => keys.length === 0
      ? []
      : oneOf(await sql.all<DiscrepancyRow>(`select * from discrepancies where scope = ? and state in ('open', 'proposed') and ${dialect.isIn('item_key')} order by day, number`, [scope, dialect.list(keys)])),
    countBlocking: async ({ reconciliationIds, hospitalId, kinds }) => {
      const row = await sql.first<{ readonly n: number }>(
        `select cast(count(*) as bigint) as n from discrepancies where state in ('open', 'proposed') and (hospital_id = ? or hospital_id is null) and ${dialect.isIn('reconciliation_id')} and ${dialect.isIn('kind')}`,
        [hospitalId, dialect.list(reconciliationIds), dialect.list(kinds)])
      return Number(row?.n ?? 0)
    }
  }
}

interface ClosedRow {
  readonly day: string
  readonly hospital_id: string
  readonly state: ClosedDay['state']
  readonly by_whom: string
  readonly reason: string | null
  readonly at_ms: number
}

const closedColumns = ['day', 'hospital_id', 'state', 'by_whom', 'reason', 'at_ms']
const saveClosed = upsert('closed_days', ['hospital_id', 'day'], closedColumns)

export function sqlDays ({ sql }: Unit): CloseStore {
  const find = async (day: CalendarDate, hospitalId: string): Promise<ClosedDay | null> => {
    const row = await sql.first<ClosedRow>('select * from closed_days where day = ? and hospital_id = ?', [day, hospitalId])
    return row && { day: row.day as CalendarDate, hospitalId: row.hospital_id, state: row.state, by: row.by_whom, reason: row.reason, at: instant(row.at_ms) }
  }
  return {
    find,
    isReconciled: async (day, hospitalId) => (await find(day, hospitalId))?.state === 'closed',
    closedOnce: async (hospitalId, since) => new Set(
      (await sql.all<{ readonly day: string }>('select day from closed_days where hospital_id = ? and day >= ?', [hospitalId, since])).map(({ day }) => day as CalendarDate)),
    save: async ({ day, hospitalId, state, by, reason, at }) => { await sql.run(saveClosed, [day, hospitalId, state, by, reason, at.getTime()]) },
    closedUntil: (hospitalId) => closedUntil({ sql }, hospitalId)
  }
}
