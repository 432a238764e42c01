import type { CodeResolution, CodeResolutionStore, CountedCode, UnmappedCode, UnmappedCodeFilter, UnmappedCodeStore } from '../../../core/operations/index.ts'
import { instant, instantOrNull } from '../columns.ts'
import type { GroupStatement, Unit } from '../sql.ts'

interface ResolutionRow {
  readonly sequence: number
  readonly mapping_site: string
  readonly table_name: string
  readonly code: string
  readonly to_code: string
  readonly to_system: string | null
  readonly to_display: string | null
  readonly by_token: string
  readonly at_ms: number
  readonly revoked_at_ms: number | null
}

interface CodeRow {
  readonly sequence: number
  readonly source: string
  readonly mapping_site: string
  readonly table_name: string
  readonly code: string
  readonly place: string
  readonly seen: number
  readonly first_seen_at_ms: number
  readonly last_seen_at_ms: number
  readonly sample_message_id: string
}

/** With the resolution that stands, if any. */
type FoundRow = CodeRow & { readonly resolution: number | null } & Pick<ResolutionRow, 'to_code' | 'to_system' | 'to_display' | 'by_token' | 'at_ms'>

const keyColumns = ['mapping_site', 'table_name', 'code']

/** What is there is counted on; what is new needs room. */
const countKnownOrNew: GroupStatement = {
  columns: { source: 'text', mapping_site: 'text', table_name: 'text', code: 'text', place: 'text', seen: 'integer', first_ms: 'integer', last_ms: 'integer', message_id: 'text', most: 'integer' },
  text: (given) => `insert into unmapped_codes (source, mapping_site, table_name, code, place, seen, first_seen_at_ms, last_seen_at_ms, sample_message_id)
    select given.source, given.mapping_site, given.table_name, given.code, given.place, given.seen, given.first_ms, given.last_ms, given.message_id from ${given} as given
    where exists (select 1 from unmapped_codes u where u.source = given.source and u.mapping_site = given.mapping_site and u.table_name = given.table_name and u.code = given.code)
      or (select count(*) from unmapped_codes u where u.source = given.source) < given.most
    on conflict (source, mapping_site, table_name, code) do update
      set seen = unmapped_codes.seen + excluded.seen, last_seen_at_ms = excluded.last_seen_at_ms, place = excluded.place`
}

const addHeld: GroupStatement = {
  columns: { mapping_site: 'text', table_name: 'text', code: 'text', message_id: 'text' },
  text: (given) => `insert into messages_held_by_code (mapping_site, table_name, code, message_id)
    select given.mapping_site, given.table_name, given.code, given.message_id from ${given} as given where true on conflict do nothing`
}

export function sqlUnmappedCodes (unit: Unit): UnmappedCodeStore {
  const { sql } = unit
  return {
    count: async (counted, mostPerSource) => {
      for (const source of new Set(counted.map((code) => code.source))) await countOf(unit, counted.filter((code) => code.source === source), mostPerSource)
    },
    list: async (filter, page) => (await sql.built<FoundRow>(query(unit, filter, page))).map(codeOf),
    find: async (id) => {
      const sequence = Number(id)
      if (!Number.isSafeInteger(sequence)) return null
      const [row] = await sql.built<FoundRow>(query(unit, {}, { limit: 1, before: null }).where('c.sequence', sequence))
      return row === undefined ? null : codeOf(row)
    },
    uncounted: async () => (await sql.all<{ readonly source: string, readonly seen: number }>('select source, seen from uncounted_codes order by source', []))
      .map(({ source, seen }) => ({ source, count: seen })),
    hold: async (messageId, mappingSite, codes) => {
      await sql.runOf(addHeld, codes.map(({ table, code }) => [mappingSite, table, code, messageId]))
    },
    held: async ({ mappingSite, table, code }, limit) => {
      const key = [mappingSite, table, code]
      await sql.run(`delete from messages_held_by_code where mapping_site = ? and table_name = ? and code = ?
        and not exists (select 1 from messages m where m.id = message_id and m.status = 'dead')`, key)
      return (await sql.all<{ readonly message_id: string }>(`select h.message_id from messages_held_by_code h join messages m on m.id = h.message_id
        where h.mapping_site = ? and h.table_name = ? and h.code = ? order by m.sequence limit ?`, [...key, limit])).map((row) => row.message_id)
    }
  }
}

async function countOf ({ sql }: Unit, counted: readonly CountedCode[], most: number): Promise<void> {
  let uncounted = 0
  // One by one: each new code takes room from the next.
  for (const { source, mappingSite, table, code, place, count, firstAt, lastAt, messageId } of counted) {
    const written = await sql.runOf(countKnownOrNew, [[source, mappingSite, table, code, place, count, firstAt.getTime(), lastAt.getTime(), messageId, most]])
    if (written === 0) uncounted += count
  }
  const source = counted[0]?.source
  if (uncounted === 0 || source === undefined) return
  await sql.run('insert into uncounted_codes (source, seen) values (?, ?) on conflict (source) do update set seen = uncounted_codes.seen + excluded.seen', [source, uncounted])
}

function query ({ build }: Unit, { source, table, state }: UnmappedCodeFilter, { limit, before }: { readonly limit: number, readonly before: number | null }) {
  const found = build('unmapped_codes as c')
    .leftJoin('code_resolutions as r', (on) => {
      for (const column of keyColumns) on.on(`r.${column}`, `c.${column}`)
      on.onNull('r.revoked_at_ms')
    })
    .select('c.*', 'r.sequence as resolution', 'r.to_code', 'r.to_system', 'r.to_display', 'r.by_token', 'r.at_ms')
    .orderBy('c.sequence', 'desc')
    .limit(limit)
  if (before !== null) found.where('c.sequence', '<', before)
  if (source !== undefined) found.where('c.source', source)
  if (table !== undefined) found.where('c.table_name', table)
  if (state === 'open') found.whereNull('r.sequence')
  if (state === 'resolved') found.whereNotNull('r.sequence')
  return found
}

function codeOf (row: FoundRow): UnmappedCode {
  return {
    id: String(row.sequence),
    source: row.source,
    mappingSite: row.mapping_site,
    table: row.table_name,
    code: row.code,
    place: row.place,
    count: row.seen,
    firstSeenAt: instant(row.first_seen_at_ms),
    lastSeenAt: instant(row.last_seen_at_ms),
    sampleMessageId: row.sample_message_id,
    resolution: row.resolution === null ? null : resolutionOf({ ...row, sequence: row.resolution, revoked_at_ms: null })
  }
}

export function sqlCodeResolutions ({ sql }: Unit): CodeResolutionStore {
  return {
    revision: async () => {
      const row = await sql.first<{ readonly added: number, readonly revoked: number }>('select count(*) as added, count(revoked_at_ms) as revoked from code_resolutions', [])
      return `${row?.added ?? 0}-${row?.revoked ?? 0}`
    },
    standing: async () => (await sql.all<ResolutionRow>('select * from code_resolutions where revoked_at_ms is null order by sequence', [])).map(resolutionOf),
    add: async ({ mappingSite, table, code, to, by, at }) => await sql.run(
      `insert into code_resolutions (mapping_site, table_name, code, to_code, to_system, to_display, by_token, at_ms) values (?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (mapping_site, table_name, code) where revoked_at_ms is null do nothing`, [mappingSite, table, code, to.code, to.system, to.display, by, at.getTime()]) === 1,
    revoke: async (id, { at, actor }) => await sql.run(
      'update code_resolutions set revoked_at_ms = ?, revoked_by = ? where sequence = ? and revoked_at_ms is null', [at.getTime(), actor, Number(id)]) === 1
  }
}

function resolutionOf (row: ResolutionRow): CodeResolution {
  return {
    id: String(row.sequence),
    mappingSite: row.mapping_site,
    table: row.table_name,
    code: row.code,
    to: { code: row.to_code, system: row.to_system, display: row.to_display },
    by: row.by_token,
    at: instant(row.at_ms),
    revokedAt: instantOrNull(row.revoked_at_ms)
  }
}
