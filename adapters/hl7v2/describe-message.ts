import { hash } from 'node:crypto'
import { DomainError, type ErrorCode } from '../../core/errors.ts'
import { decodeText, resolveCharset } from './charset.ts'
import { type MessageHeader, readHeader } from './header.ts'
import { lanesOf } from './lanes.ts'
import { type Hl7Message, parseMessage } from './message.ts'
import { parseTimeStamp, type ZoneOffset } from './time-stamp.ts'

export interface DescribingRules {
  /** Where MSH-18 is empty: a name of table 0211 or an iconv name. */
  readonly charset: string
  /** control_id_and_date: the sender restarts its counter daily, so the date of MSH-7 belongs to the key. */
  readonly keyRule: 'control_id' | 'control_id_and_date'
  readonly hospitalId: string
  readonly zoneOffset: ZoneOffset
}

/** All that the inbox needs to know of a message, from its bytes alone. */
export interface MessageDescription {
  /** Null where there is no readable MSH: then nothing else is known either. */
  readonly header: MessageHeader | null
  readonly contentHash: string
  readonly controlId: string | null
  readonly type: string | null
  readonly trigger: string | null
  readonly structure: string | null
  readonly version: string | null
  readonly processingId: string | null
  readonly sentAt: Date | null
  readonly charset: string
  readonly dedupeKey: string | null
  readonly lanes: readonly string[]
  /** MSH-15, MSH-16: AL, NE, ER or SU; null where empty. Either one makes it enhanced mode. */
  readonly acceptAck: string | null
  readonly applicationAck: string | null
  /** Why it can only be kept, not applied. */
  readonly parked: Parked | null
}

export interface Parked {
  readonly code: ErrorCode
  readonly detail: string
  readonly place: string | null
}

/** Runs before every acknowledgement, so it reads no more than it must: some 10 µs for an ADT. */
export function describeMessage (bytes: Uint8Array, rules: DescribingRules): MessageDescription {
  const contentHash = hash('sha256', bytes)
  const defaultCharset = resolveCharset(rules.charset) ?? 'utf8'
  const header = readHeader(bytes, hasUtf8Mark(bytes) ? 'utf8' : defaultCharset)
  if (header === null) return unreadable(contentHash, defaultCharset)
  const read = readText(bytes, header)
  const type = valued(header.component(9, 1))
  return {
    header,
    contentHash,
    controlId: valued(header.raw(10)),
    type,
    trigger: valued(header.component(9, 2)) ?? read.message?.get('EVN-1') ?? null,
    structure: valued(header.component(9, 3)),
    version: valued(header.component(12, 1)),
    processingId: valued(header.component(11, 1)),
    sentAt: parseTimeStamp(header.component(7, 1), rules.zoneOffset),
    charset: header.charset,
    dedupeKey: dedupeKeyOf(header, rules.keyRule, contentHash),
    lanes: read.message === null ? [] : lanesOf(read.message, rules.hospitalId, type ?? 'unknown'),
    acceptAck: valued(header.component(15, 1)),
    applicationAck: valued(header.component(16, 1)),
    parked: read.parked ?? parkedByHeader(header, type)
  }
}

function readText (bytes: Uint8Array, header: MessageHeader): { readonly message: Hl7Message | null, readonly parked: Parked | null } {
  try {
    const text = decodeText(bytes, header.isCharsetUnknown ? 'ascii' : header.charset)
    return { message: parseMessage(text, header.charset), parked: null }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const place = header.isCharsetUnknown ? 'MSH-18' : error.place ?? null
    const detail = header.isCharsetUnknown ? 'MSH-18 names a character set that is not known here; agree on one of HL7 table 0211 with the sender, then replay.' : error.message
    return { message: null, parked: { code: error.code, detail, place } }
  }
}

function parkedByHeader (header: MessageHeader, type: string | null): Parked | null {
  const version = header.component(12, 1)
  if (version !== '' && !/^2(\.\d+)*$/.test(version)) {
    return { code: 'MESSAGE_VERSION_UNSUPPORTED', detail: 'Only HL7 versions 2.x are read; correct MSH-12 and send again.', place: 'MSH-12' }
  }
  const processingId = header.component(11, 1)
  if (processingId !== '' && !/^[PTD]$/i.test(processingId)) {
    return { code: 'MESSAGE_PROCESSING_ID_UNSUPPORTED', detail: 'The processing id must be P, T or D; correct MSH-11 and send again.', place: 'MSH-11' }
  }
  if (type === null) return { code: 'MESSAGE_TYPE_UNKNOWN', detail: 'The message names no type; correct MSH-9 and send again.', place: 'MSH-9' }
  return null
}

/**
 * The sender is MSH-3 and MSH-4, since several systems with a counter each may share a connection. Without a control
 * id the content stands in for it.
 */
function dedupeKeyOf (header: MessageHeader, keyRule: DescribingRules['keyRule'], contentHash: string): string {
  const controlId = header.raw(10)
  if (controlId === '') return `#${contentHash}`
  const day = keyRule === 'control_id_and_date' ? header.raw(7).slice(0, 8) : ''
  return [header.raw(3), header.raw(4), day, controlId].join('|')
}

function unreadable (contentHash: string, charset: string): MessageDescription {
  return {
    header: null,
    contentHash,
    controlId: null,
    type: null,
    trigger: null,
    structure: null,
    version: null,
    processingId: null,
    sentAt: null,
    charset,
    dedupeKey: null,
    lanes: [],
    acceptAck: null,
    applicationAck: null,
    parked: { code: 'MESSAGE_MALFORMED', detail: 'The frame holds no readable MSH segment; check what is connected to this port.', place: null }
  }
}

function valued (text: string): string | null {
  return text === '' || text === '""' ? null : text
}

function hasUtf8Mark (bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}
