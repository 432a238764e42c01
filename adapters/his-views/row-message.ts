import { createHash } from 'node:crypto'
import { DomainError } from '../../core/errors.ts'
import type { DescribeMessage, NewMessage } from '../../core/inbox/index.ts'
import { viewPrefix, type ViewRow, type ViewTable } from '../../mappings/index.ts'
import type { ReadRow } from './read-row.ts'

export interface RowMessage {
  readonly view: string
  /** How often the row's content was new, from 1: of two that tell the same time the later one is the newer. */
  readonly revision: number
  readonly row: ViewRow
}

/** Far above any row but a scanned folder; a photo of 9 MB in base64 fits. */
const rawBytesMax = 12 * 1024 * 1024

/** The bytes that are kept of a row: `{ view, revision, row }`, UTF-8 JSON. */
function rawOf (message: RowMessage): Buffer {
  return Buffer.from(JSON.stringify(message), 'utf8')
}

/** Refused with MESSAGE_MALFORMED. */
export function readRowMessage (raw: Uint8Array): RowMessage {
  const found = parsed(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8'))
  if (found === null) throw new DomainError('MESSAGE_MALFORMED', 'A row is JSON of the form { "view": …, "row": { column: text or null } }. Correct it, then replay.')
  return found
}

function parsed (text: string): RowMessage | null {
  try {
    const { view, revision = 1, row } = JSON.parse(text) as { readonly view?: unknown, readonly revision?: unknown, readonly row?: unknown }
    if (!Number.isSafeInteger(revision) || typeof view !== 'string' || typeof row !== 'object' || row === null || Array.isArray(row)) return null
    return Object.values(row).every((value) => value === null || typeof value === 'string') ? { view, revision: revision as number, row: row as ViewRow } : null
  } catch {
    return null
  }
}

export function newRowMessage ({ row, key, hash }: ReadRow, by: {
  readonly id: string
  readonly source: string
  readonly hospitalId: string
  readonly table: ViewTable
  readonly revision: number
  readonly receivedAt: Date
}): NewMessage {
  const { table: { view, columns }, revision } = by
  const whole = rawOf({ view, revision, row })
  const isTooLarge = whole.length > rawBytesMax
  const bytesColumns = columns.filter(({ type }) => type === 'bytes').map(({ name }) => name)
  const raw = isTooLarge ? rawOf({ view, revision, row: { ...row, ...Object.fromEntries(bytesColumns.map((name) => [name, null])) } }) : whole
  return {
    id: by.id,
    source: by.source,
    hospitalId: by.hospitalId,
    format: 'row',
    raw,
    contentHash: contentHash(raw),
    // A row that goes back to what it was has changed again: only the same change twice (of two nodes) is one message.
    dedupeKey: `${view}/${key}/${revision}/${hash}`,
    controlId: `${view}/${key}`,
    type: viewPrefix + view,
    trigger: null,
    sentAt: null,
    charset: 'utf8',
    lanes: lanesOf(by.hospitalId, view, row),
    receivedAt: by.receivedAt,
    parked: isTooLarge ? { code: 'MESSAGE_TOO_LARGE', detail: 'The row is larger than 12 MB and was kept without its bytes. Have the hospital make its picture smaller.', place: view } : null,
    ack: new Uint8Array(),
    replayOf: null
  }
}

/** What can be read of a kept row with today's tables, for replay. */
export function describeRow (raw: Uint8Array, by: { readonly hospitalId: string, readonly views: ReadonlyMap<string, ViewTable> }): ReturnType<DescribeMessage> {
  const unreadable = { contentHash: contentHash(raw), controlId: null, type: null, trigger: null, sentAt: null, charset: 'utf8', lanes: [] }
  try {
    const { view, row } = readRowMessage(raw)
    const key = by.views.get(view)?.key
    const controlId = key === undefined ? null : `${view}/${(row[key] ?? '').trim()}`
    return { ...unreadable, controlId, type: viewPrefix + view, lanes: lanesOf(by.hospitalId, view, row), parked: null }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { ...unreadable, parked: { code: error.code, detail: error.message, place: error.place ?? null } }
  }
}

function contentHash (raw: Uint8Array): string {
  return createHash('sha256').update(raw).digest('hex')
}

/** The lanes of HL7 messages, so that one patient's facts keep their order whichever way they come. */
function lanesOf (hospitalId: string, view: string, row: ViewRow): readonly string[] {
  const patients = [row['patient_no'], row['merged_into']].flatMap((number) => number === null || number === undefined || number.trim() === '' ? [] : [number.trim()])
  if (patients.length === 0) return [`${hospitalId}:type:${viewPrefix}${view}`]
  return [...new Set(patients)].map((number) => `${hospitalId}:patient:${number}`)
}
