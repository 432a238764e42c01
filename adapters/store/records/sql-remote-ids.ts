import type { RemoteIdStore, Statement } from '../../../core/records/index.ts'
import type { GroupStatement, Unit } from '../sql.ts'

interface RemoteIdRow {
  readonly source: string
  readonly type: string
  readonly remote_id: string
  readonly record_id: string | null
  readonly natural_key: string | null
  readonly stated_at_ms: number | null
  readonly stated_version: string | null
  readonly stated_slots: string | null
}

const findAll: GroupStatement = {
  columns: { source: 'text', type: 'text', remote_id: 'text' },
  text: (given) => `select r.* from ${given} as given
    join remote_ids r on r.source = given.source and r.type = given.type and r.remote_id = given.remote_id`
}

const addAll: GroupStatement = {
  columns: { source: 'text', type: 'text', remote_id: 'text', record_id: 'text', natural_key: 'text' },
  text: (given) => `insert into remote_ids (source, type, remote_id, record_id, natural_key)
    select given.source, given.type, given.remote_id, given.record_id, given.natural_key from ${given} as given where true
    on conflict (source, type, remote_id) do update set record_id = excluded.record_id, natural_key = excluded.natural_key
    where remote_ids.record_id is null and excluded.record_id is not null`
}

export function sqlRemoteIds ({ sql }: Unit): RemoteIdStore {
  return {
    find: async (source, references) => {
      const rows = await sql.allOf<RemoteIdRow>(findAll, references.map(({ type, remoteId }) => [source, type, remoteId]))
      return rows.map((row) => ({ source: row.source, type: row.type, remoteId: row.remote_id, recordId: row.record_id, key: row.natural_key, stated: statementOf(row) }))
    },
    add: async (remoteIds) => {
      // One statement may not write a row twice: the last one says it, as if they had come one by one.
      const unique = new Map(remoteIds.map((each) => [JSON.stringify([each.source, each.type, each.remoteId]), each]))
      await sql.runOf(addAll, [...unique.values()].map(({ source, type, remoteId, recordId, key }) => [source, type, remoteId, recordId, key]))
    },
    saveStatement: async ({ source, type, remoteId }, { asOf, version, slots }) => {
      await sql.run('update remote_ids set stated_at_ms = ?, stated_version = ?, stated_slots = ? where source = ? and type = ? and remote_id = ?',
        [asOf.getTime(), version, JSON.stringify(slots), source, type, remoteId])
    }
  }
}

function statementOf ({ stated_at_ms: statedAtMs, stated_version: version, stated_slots: slots }: RemoteIdRow): Statement | null {
  return statedAtMs === null || slots === null ? null : { asOf: new Date(statedAtMs), version, slots: JSON.parse(slots) as string[] }
}
