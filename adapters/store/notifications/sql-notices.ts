import type { KeptNotice, NoticeBook, NoticeChannel } from '../../../core/notifications/index.ts'
import type { NoticeRecord } from '../../../core/notice.ts'
import { instant, instantOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface NoticeRow {
  readonly key: string
  readonly template: NoticeRecord['template']
  readonly patient_id: string | null
  readonly staff_id: string | null
  readonly state: NoticeRecord['state']
  readonly channel: NoticeRecord['channel']
  readonly proof_id: string | null
  readonly reason: string | null
  readonly queued_at_ms: number
  readonly sent_at_ms: number | null
  readonly proven_at_ms: number | null
  readonly message_id: string
  readonly params: string
  readonly tried: string
  readonly look_at_ms: number | null
  readonly asks: number
}

const recordColumns = ['template', 'patient_id', 'staff_id', 'state', 'channel', 'proof_id', 'reason', 'queued_at_ms', 'sent_at_ms', 'proven_at_ms']
const columns = ['key', ...recordColumns, 'message_id', 'params', 'tried', 'look_at_ms', 'asks']
const keep = upsert('notices', ['key'], columns)
/** Leaves alone what only notifications knows. */
const save = `insert into notices (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})
  on conflict (key) do update set ${recordColumns.map((column) => `${column} = excluded.${column}`).join(', ')}`

export function sqlNotices ({ sql, dialect }: Unit): NoticeBook {
  const find = async (key: string): Promise<KeptNotice | null> => {
    const row = await sql.first<NoticeRow>('select * from notices where key = ?', [key])
    return row && keptOf(row)
  }
  const list: NoticeBook['listKept'] = async (patientIds, { limit, offset }) => (await sql.all<NoticeRow>(
    `select * from notices where ${dialect.isIn('patient_id')} order by queued_at_ms desc, key limit ? offset ?`, [dialect.list(patientIds), limit, offset])).map(keptOf)
  return {
    find: async (key) => recordOrNull(await find(key)),
    findAll: async (keys) => (await sql.all<NoticeRow>(`select * from notices where ${dialect.isIn('key')}`, [dialect.list(keys)])).map(keptOf).map(recordOf),
    save: async (record) => { await sql.run(save, [record.key, ...recordValues(record), '', '{}', '[]', null, 0]) },
    awaitingReceipt: async (limit) => (await sql.all<NoticeRow>("select * from notices where look_at_ms is not null and state = 'sent' order by look_at_ms, key limit ?", [limit])).map(keptOf).map(recordOf),
    list: async (patientIds, page) => (await list(patientIds, page)).map(recordOf),
    findKept: find,
    keep: async (notice) => {
      await sql.run(keep, [notice.key, ...recordValues(notice), notice.messageId, JSON.stringify(notice.params), JSON.stringify(notice.tried), notice.lookAt?.getTime() ?? null, notice.asks])
    },
    toLookAfter: async (by, limit) => (await sql.all<NoticeRow>('select * from notices where look_at_ms <= ? order by look_at_ms, key limit ?', [by.getTime(), limit])).map(keptOf),
    nextLookAt: async () => {
      const row = await sql.first<{ readonly look_at_ms: number | null }>('select min(look_at_ms) as look_at_ms from notices where look_at_ms is not null', [])
      return instantOrNull(row?.look_at_ms ?? null)
    },
    listKept: list,
    listOfStaff: async (staffId, { limit, offset }) => (await sql.all<NoticeRow>('select * from notices where staff_id = ? order by queued_at_ms desc, key limit ? offset ?', [staffId, limit, offset])).map(keptOf)
  }
}

function recordValues ({ template, patientId, staffId, state, channel, proofId, reason, queuedAt, sentAt, provenAt }: NoticeRecord): ReadonlyArray<string | number | null> {
  return [template, patientId, staffId, state, channel, proofId, reason, queuedAt.getTime(), sentAt?.getTime() ?? null, provenAt?.getTime() ?? null]
}

function keptOf (row: NoticeRow): KeptNotice {
  return {
    key: row.key,
    template: row.template,
    patientId: row.patient_id,
    staffId: row.staff_id,
    state: row.state,
    channel: row.channel,
    proofId: row.proof_id,
    reason: row.reason,
    queuedAt: instant(row.queued_at_ms),
    sentAt: instantOrNull(row.sent_at_ms),
    provenAt: instantOrNull(row.proven_at_ms),
    messageId: row.message_id,
    params: JSON.parse(row.params) as KeptNotice['params'],
    tried: JSON.parse(row.tried) as readonly NoticeChannel[],
    lookAt: instantOrNull(row.look_at_ms),
    asks: row.asks
  }
}

function recordOf ({ key, template, patientId, staffId, state, channel, proofId, reason, queuedAt, sentAt, provenAt }: KeptNotice): NoticeRecord {
  return { key, template, patientId, staffId, state, channel, proofId, reason, queuedAt, sentAt, provenAt }
}

const recordOrNull = (kept: KeptNotice | null): NoticeRecord | null => kept && recordOf(kept)
