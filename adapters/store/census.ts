import { DomainError } from '../../core/errors.ts'
import { seals } from './migrations/0024-seals.ts'

/** What a database holds, counted in one snapshot: a backup says it, and what was restored has to equal it. */
export interface Census {
  readonly newestMigration: string
  readonly entries: number
  readonly messages: number
  readonly records: number
  /** Sums of the trial balance by hospital: what stands in debit equals what stands in credit. */
  readonly trialBalance: ReadonlyArray<{ readonly hospitalId: string, readonly accounts: number, readonly debitFen: number, readonly creditFen: number }>
  /** The newest head of each audit chain, to be compared with a copy that was kept elsewhere. */
  readonly heads: ReadonlyArray<{ readonly chain: string, readonly number: number, readonly head: string }>
}

type Rows = (text: string) => Promise<readonly unknown[]>

export async function takeCensus (rows: Rows): Promise<Census> {
  const count = async (table: string): Promise<number> => Number((await rows(`select count(*) as n from ${table}`) as ReadonlyArray<{ readonly n: number }>)[0]?.n ?? 0)
  const migrations = (await migrationsIn(rows)).map(({ name }) => name)
  const balances = await rows(`select hospital_id, count(*) as accounts,
      cast(sum(case when balance_fen > 0 then balance_fen else 0 end) as bigint) as debit_fen, cast(sum(case when balance_fen < 0 then -balance_fen else 0 end) as bigint) as credit_fen
    from (select hospital_id, account, sum(amount_fen) as balance_fen from postings group by hospital_id, account) as accounts
    group by hospital_id order by hospital_id`) as ReadonlyArray<{ readonly hospital_id: string, readonly accounts: number, readonly debit_fen: number, readonly credit_fen: number }>
  // A backup is taken before an upgrade too: of tables that are still to come nothing is asked.
  const heads = !migrations.includes(seals.name) ? [] : await rows(`select chain, number, head from seals where number = (select max(newest.number) from seals newest where newest.chain = seals.chain)
    order by chain`) as ReadonlyArray<{ readonly chain: string, readonly number: number, readonly head: string }>
  return {
    newestMigration: migrations.at(-1) ?? '',
    entries: await count('entries'),
    messages: await count('messages'),
    records: await count('records'),
    trialBalance: balances.map((row) => ({ hospitalId: row.hospital_id, accounts: Number(row.accounts), debitFen: Number(row.debit_fen), creditFen: Number(row.credit_fen) })),
    heads: heads.map(({ chain, number, head }) => ({ chain, number: Number(number), head }))
  }
}

async function migrationsIn (rows: Rows): Promise<ReadonlyArray<{ readonly name: string }>> {
  const found = await rows('select name from schema_migrations order by name').catch(() => []) as ReadonlyArray<{ readonly name: string }>
  if (found.length === 0) throw new DomainError('BACKUP_IMPOSSIBLE', 'There are no tables of ours in this database. Check DATA_DIR or DATABASE_URL.')
  return found
}

/** Which figures differ; empty: none. */
export function censusDifferences (one: Census, other: Census): readonly string[] {
  return (Object.keys(one) as Array<keyof Census>).filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
}
