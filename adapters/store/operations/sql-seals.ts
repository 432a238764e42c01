import type { ChainName, Seal, Sealable, SealStore } from '../../../core/operations/index.ts'
import { instant } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface SealRow {
  readonly chain: ChainName
  readonly number: number
  readonly from_sequence: number
  readonly to_sequence: number
  readonly row_count: number
  readonly root: string
  readonly previous_head: string
  readonly head: string
  readonly sealed_at_ms: number
}

const tables = { ledger: 'entries', access: 'audit_events' } as const
const entryColumns = ['id', 'hospital_id', 'kind', 'source_key', 'effective_on', 'posted_at_ms', 'reverses', 'memo'] as const
const eventColumns = ['id', 'at_ms', 'token_id', 'role', 'person_id', 'action', 'target', 'target_id', 'patient_id', 'outcome', 'request_id'] as const

type Row = Readonly<Record<string, string | number | null>> & { readonly sequence: number }

export function sqlSeals ({ sql }: Unit): SealStore {
  const one = async (text: string, params: ReadonlyArray<string | number>): Promise<Seal | null> => {
    const row = await sql.first<SealRow>(text, params)
    return row && sealOf(row)
  }
  return {
    newest: async (chain) => (await sql.first<{ readonly newest: number | null }>(`select max(sequence) as newest from ${tables[chain]}`, []))?.newest ?? 0,
    rows: async (chain, { from, to, limit }) => {
      const rows = await sql.all<Row>(`select * from ${tables[chain]} where sequence between ? and ? order by sequence limit ?`, [from, to, limit])
      if (chain === 'access') return rows.map((row) => ({ sequence: row.sequence, content: textOf(row, eventColumns) }))
      const last = rows.at(-1)
      const postings = last === undefined
        ? []
        : await sql.all<{ readonly entry: number, readonly account: string, readonly amount_fen: number }>('select entry, account, amount_fen from postings where entry between ? and ? order by entry, place', [from, last.sequence])
      return withPostings(rows, postings)
    },
    last: (chain) => one('select * from seals where chain = ? order by number desc limit 1', [chain]),
    find: (chain, number) => one('select * from seals where chain = ? and number = ?', [chain, number]),
    add: async (seal) => {
      await sql.run('insert into seals (chain, number, from_sequence, to_sequence, row_count, root, previous_head, head, sealed_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [seal.chain, seal.number, seal.fromSequence, seal.toSequence, seal.count, seal.root, seal.previousHead, seal.head, seal.sealedAt.getTime()])
    },
    list: async (chain, { limit, after }) => (await sql.all<SealRow>('select * from seals where chain = ? and number > ? order by number limit ?', [chain, after, limit])).map(sealOf)
  }
}

function withPostings (entries: readonly Row[], postings: ReadonlyArray<{ readonly entry: number, readonly account: string, readonly amount_fen: number }>): readonly Sealable[] {
  const byEntry = new Map<number, Array<readonly [string, number]>>()
  for (const { entry, account, amount_fen: amountFen } of postings) {
    const standing = byEntry.get(entry)
    if (standing === undefined) byEntry.set(entry, [[account, amountFen]])
    else standing.push([account, amountFen])
  }
  return entries.map((row) => ({ sequence: row.sequence, content: `${textOf(row, entryColumns)}${JSON.stringify(byEntry.get(row.sequence) ?? [])}` }))
}

function textOf (row: Row, columns: readonly string[]): string {
  return JSON.stringify([row.sequence, ...columns.map((column) => row[column] ?? null)])
}

function sealOf (row: SealRow): Seal {
  return {
    chain: row.chain,
    number: row.number,
    fromSequence: row.from_sequence,
    toSequence: row.to_sequence,
    count: row.row_count,
    root: row.root,
    previousHead: row.previous_head,
    head: row.head,
    sealedAt: instant(row.sealed_at_ms)
  }
}
