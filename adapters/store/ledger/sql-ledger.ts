import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { assertBalanced, type AccountBalance, type Entry, type LedgerStore, type StatementLine } from '../../../core/ledger/index.ts'
import { fen } from '../../../core/money.ts'
import { closedUntil } from '../payments/closed-until.ts'
import type { GroupStatement, Unit } from '../sql.ts'

interface EntryRow {
  readonly sequence: number
  readonly id: string
  readonly hospital_id: string
  readonly kind: Entry['kind']
  readonly source_key: string
  readonly effective_on: string
  readonly posted_at_ms: number
  readonly reverses: string | null
  readonly memo: string | null
  readonly account: string
  readonly amount_fen: number
}

interface BalanceRow {
  readonly hospital_id: string
  readonly account: string
  readonly balance_fen: number
}

const insertEntry = `insert into entries (id, hospital_id, kind, source_key, effective_on, posted_at_ms, reverses, memo)
  values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing returning sequence`

const insertPostings: GroupStatement = {
  columns: { entry: 'integer', place: 'integer', hospital_id: 'text', account: 'text', amount_fen: 'integer' },
  text: (given) => `insert into postings (entry, place, hospital_id, account, amount_fen)
    select given.entry, given.place, given.hospital_id, given.account, given.amount_fen from ${given} as given`
}

/** Entry and postings in one statement; the entry's columns stand in the row of each posting. Answers the postings written. */
const insertAtOnce: GroupStatement = {
  columns: {
    id: 'text', hospital_id: 'text', kind: 'text', source_key: 'text', effective_on: 'text', posted_at_ms: 'integer', reverses: 'text', memo: 'text', place: 'integer', account: 'text', amount_fen: 'integer'
  },
  text: (given) => `with given as ${given}, entry as (
      insert into entries (id, hospital_id, kind, source_key, effective_on, posted_at_ms, reverses, memo)
      select id, hospital_id, kind, source_key, effective_on, posted_at_ms, reverses, memo from given where place = 0
      on conflict do nothing returning sequence)
    insert into postings (entry, place, hospital_id, account, amount_fen)
    select entry.sequence, given.place, given.hospital_id, given.account, given.amount_fen from entry, given`
}

const entryWith = (condition: string): string => `select e.*, p.account, p.amount_fen
  from entries e join postings p on p.entry = e.sequence where ${condition} order by p.place`

const bySourceKeyText = entryWith('e.source_key = ?')
const byIdText = entryWith('e.id = ?')
const byReversedText = entryWith('e.reverses = ?')

/** 总账. Sums come from the postings; there is no balance row that many transactions would wait for (decision 4). */
export function sqlLedger (unit: Unit): LedgerStore {
  const { sql, dialect } = unit
  const find = async (text: string, value: string): Promise<Entry | null> => entryOf(await sql.all<EntryRow>(text, [value]))
  const bySourceKey = (sourceKey: string): Promise<Entry | null> => find(bySourceKeyText, sourceKey)
  return {
    append: async (entry) => {
      assertBalanced(entry)
      if (await insert(unit, entry)) return true
      assertPostedBefore(entry, await bySourceKey(entry.sourceKey))
      return false
    },
    closedUntil: (hospitalId) => closedUntil(unit, hospitalId),
    bySourceKey,
    byId: (id) => find(byIdText, id),
    reversalOf: (entryId) => find(byReversedText, entryId),
    balances: async (accounts) => (await sql.all<BalanceRow>(
      `select hospital_id, account, cast(sum(amount_fen) as bigint) as balance_fen from postings
       where ${dialect.isIn('account')} group by account, hospital_id order by account, hospital_id`, [dialect.list(accounts)])).map(balanceOf),
    statement: async (accounts, { limit, offset }) => (await sql.all<EntryRow>(
      `select e.*, p.account, p.amount_fen from postings p join entries e on e.sequence = p.entry
       where ${dialect.isIn('p.account')} order by e.sequence, p.place limit ? offset ?`, [dialect.list(accounts), limit, offset])).map(lineOf),
    inOrder: async (hospitalId, { until, after, limit }) => {
      const rows = await sql.all<EntryRow>(`select e.*, p.account, p.amount_fen from (
          select * from entries where hospital_id = ? and (effective_on, sequence) > (?, ?) and effective_on <= ? order by effective_on, sequence limit ?) e
        join postings p on p.entry = e.sequence order by e.effective_on, e.sequence, p.place`,
      [hospitalId, after?.effectiveOn ?? '', after?.sequence ?? 0, until ?? '9999-12-31', limit])
      return entriesOf(rows).map(([sequence, entry]) => ({ ...entry, place: { effectiveOn: entry.effectiveOn, sequence } }))
    },
    trialBalance: async (effectiveUntil) => (await trialBalanceRows(unit, effectiveUntil)).map(balanceOf),
    unbalancedEntries: async () => (await sql.all<{ readonly id: string }>(
      `select e.id from entries e left join postings p on p.entry = e.sequence
       group by e.sequence, e.id having coalesce(sum(p.amount_fen), 0) <> 0 or count(p.entry) < 2 order by e.sequence`, [])).map(({ id }) => id)
  }
}

async function insert ({ sql, dialect }: Unit, entry: Entry): Promise<boolean> {
  const row = [entry.id, entry.hospitalId, entry.kind, entry.sourceKey, entry.effectiveOn, entry.postedAt.getTime(), entry.reverses, entry.memo]
  const postings = entry.postings.map(({ account, amountFen }, place) => ({ place, account, amountFen: fen(amountFen) }))
  if (dialect.hasWritingCtes) {
    return await sql.runOf(insertAtOnce, postings.map(({ place, account, amountFen }) => [...row, place, account, amountFen])) > 0
  }
  const inserted = await sql.first<{ readonly sequence: number }>(insertEntry, row)
  if (inserted === null) return false
  await sql.runOf(insertPostings, postings.map(({ place, account, amountFen }) => [inserted.sequence, place, entry.hospitalId, account, amountFen]))
  return true
}

function trialBalanceRows ({ sql }: Unit, effectiveUntil: CalendarDate | null): Promise<readonly BalanceRow[]> {
  return effectiveUntil === null
    ? sql.all(`select hospital_id, account, cast(sum(amount_fen) as bigint) as balance_fen from postings
        group by account, hospital_id order by hospital_id, account`, [])
    : sql.all(`select p.hospital_id, p.account, cast(sum(p.amount_fen) as bigint) as balance_fen
        from postings p join entries e on e.sequence = p.entry
        where e.effective_on <= ? group by p.account, p.hospital_id order by p.hospital_id, p.account`, [effectiveUntil])
}

/**
 * The entry met one that stands. The same effect is no news (I-05); its id, the time of posting and the memo may
 * differ, because a resend is read anew. Anything else is refused.
 */
function assertPostedBefore (entry: Entry, standing: Entry | null): void {
  if (standing === null) {
    if (entry.reverses !== null) throw new DomainError('ENTRY_ALREADY_REVERSED', 'The entry is reversed already. Post a new entry instead.')
    throw new DomainError('ENTRY_ALREADY_POSTED', 'The id of the entry is taken by another entry. Give it an id of its own.')
  }
  if (contentOf(entry) !== contentOf(standing)) {
    throw new DomainError('ENTRY_ALREADY_POSTED', 'The source key is posted with other content. Reverse that entry and post under a new key.')
  }
}

function contentOf ({ hospitalId, kind, effectiveOn, reverses, postings }: Entry): string {
  return JSON.stringify([hospitalId, kind, effectiveOn, reverses, postings.map(({ account, amountFen }) => [account, amountFen])])
}

function entryOf (rows: readonly EntryRow[]): Entry | null {
  const [row] = rows
  return row === undefined
    ? null
    : {
        id: row.id,
        hospitalId: row.hospital_id,
        kind: row.kind,
        sourceKey: row.source_key,
        effectiveOn: row.effective_on as CalendarDate,
        postedAt: new Date(row.posted_at_ms),
        postings: rows.map(({ account, amount_fen: amountFen }) => ({ account, amountFen: fen(amountFen) })),
        reverses: row.reverses,
        memo: row.memo
      }
}

/** Each entry with its sequence, in the order of the rows. */
function entriesOf (rows: readonly EntryRow[]): ReadonlyArray<readonly [sequence: number, entry: Entry]> {
  const groups = new Map<number, EntryRow[]>()
  for (const row of rows) {
    const standing = groups.get(row.sequence)
    if (standing === undefined) groups.set(row.sequence, [row])
    else standing.push(row)
  }
  return [...groups].flatMap(([sequence, group]) => {
    const entry = entryOf(group)
    return entry === null ? [] : [[sequence, entry] as const]
  })
}

function balanceOf (row: BalanceRow): AccountBalance {
  return { hospitalId: row.hospital_id, account: row.account, balanceFen: fen(row.balance_fen) }
}

function lineOf (row: EntryRow): StatementLine {
  return {
    entryId: row.id,
    hospitalId: row.hospital_id,
    kind: row.kind,
    sourceKey: row.source_key,
    effectiveOn: row.effective_on as CalendarDate,
    postedAt: new Date(row.posted_at_ms),
    account: row.account,
    amountFen: fen(row.amount_fen),
    reverses: row.reverses,
    memo: row.memo
  }
}
