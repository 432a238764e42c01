import type { ErrorKind } from '../../core/errors.ts'
import { type AckCode, conditionOf } from './ack-codes.ts'
import { encodeText } from './charset.ts'
import { standardDelimiters } from './delimiters.ts'
import type { MessageHeader } from './header.ts'
import { parsePath } from './path.ts'
import { type FieldContent, printSegments, type SegmentContent } from './print-segments.ts'
import { printTimeStamp, type ZoneOffset } from './time-stamp.ts'

export interface Acknowledgement {
  readonly code: AckCode
  /** MSH-10 of the answer, its own; at most 20 characters. */
  readonly id: string
  readonly at: Date
  readonly error: AckError | null
}

export interface AckError {
  /** A code of the product's catalogue, and its kind. */
  readonly code: string
  readonly kind: ErrorKind
  /** What to do next; no personal data. */
  readonly detail: string
  /** HL7 path or FHIR element; only a path is told in ERR. */
  readonly place: string | null
  /** W: nothing is lost. */
  readonly severity: 'E' | 'W'
}

/** For an answer to what has no readable header. */
const versionWithoutHeader = '2.5.1'

/**
 * The general acknowledgement (HL7 v2.5.1 §2.13.1) in the sender's character set, version and delimiters, with its
 * MSH-3 to -6 swapped and echoed as they came. Enhanced mode says in MSH-15 and -16 that it wants no answer itself.
 */
export function buildAck (header: MessageHeader | null, ack: Acknowledgement, zoneOffset: ZoneOffset): Buffer {
  const delimiters = header?.delimiters ?? standardDelimiters
  const version = header?.component(12, 1) ?? versionWithoutHeader
  const segments = [headerSegment(header, ack, zoneOffset), acknowledgementSegment(header, ack, version)]
  if (ack.error !== null) segments.push({ name: 'ERR', fields: isAtLeast(version, 5) ? errorFields(ack.error) : oldErrorFields(ack.error) })
  return encodeText(printSegments(segments, delimiters), header?.headerCharset ?? 'ascii')
}

function headerSegment (header: MessageHeader | null, ack: Acknowledgement, zoneOffset: ZoneOffset): SegmentContent {
  const time = printTimeStamp(ack.at, zoneOffset)
  if (header === null) return { name: 'MSH', fields: { 7: time, 9: 'ACK', 10: ack.id, 11: 'P', 12: versionWithoutHeader } }
  const echo = (field: number): FieldContent => header.raw(field) === '' ? '' : { raw: header.raw(field) }
  const isEnhanced = header.raw(15) !== '' || header.raw(16) !== ''
  return {
    name: 'MSH',
    fields: {
      3: echo(5),
      4: echo(6),
      5: echo(3),
      6: echo(4),
      7: time,
      9: { raw: messageType(header) },
      10: ack.id,
      11: header.raw(11) === '' ? 'P' : echo(11),
      12: header.raw(12) === '' ? versionWithoutHeader : echo(12),
      15: isEnhanced ? 'NE' : '',
      16: isEnhanced ? 'NE' : '',
      18: echo(18)
    }
  }
}

/** The structure is the third component since v2.4; v2.1 knows no trigger in an answer. */
function messageType (header: MessageHeader): string {
  const { component } = header.delimiters
  const trigger = header.component(9, 2)
  const version = header.component(12, 1)
  if (trigger === '' || version === '2.1') return 'ACK'
  return isAtLeast(version, 4) ? ['ACK', trigger, 'ACK'].join(component) : `ACK${component}${trigger}`
}

/** MSA-3 carries the text where ERR has no field for it, before v2.5. */
function acknowledgementSegment (header: MessageHeader | null, ack: Acknowledgement, version: string): SegmentContent {
  return {
    name: 'MSA',
    fields: { 1: ack.code, 2: { raw: header?.raw(10) ?? '' }, 3: ack.error !== null && !isAtLeast(version, 5) ? ack.error.detail.slice(0, 80) : '' }
  }
}

function errorFields (error: AckError): SegmentContent['fields'] {
  const condition = conditionOf(error.code, error.kind)
  return {
    2: locationOf(error.place),
    3: [condition.code, condition.text, 'HL70357'],
    4: error.severity,
    5: [error.code, undefined, 'L'],
    8: error.detail
  }
}

/** ERR-1 of v2.2 to v2.4: segment, sequence, field, and the condition as subcomponents. */
function oldErrorFields (error: AckError): SegmentContent['fields'] {
  const condition = conditionOf(error.code, error.kind)
  const [segment, sequence, field] = locationOf(error.place) ?? []
  return { 1: [segment, sequence, field, [condition.code, condition.text, 'HL70357']] }
}

/** ERL: segment, occurrence, field, repetition, component, subcomponent; as much as the place names. */
function locationOf (place: string | null): readonly string[] | undefined {
  if (place === null) return undefined
  if (/^[A-Z][A-Z0-9]{2}$/.test(place)) return [place, '1']
  if (!/^[A-Z][A-Z0-9]{2}(\[\d{1,6}\])?-\d{1,6}(\[\d{1,6}\])?(\.\d{1,6}){0,2}$/.test(place)) return undefined
  const { segment, occurrence, field, repetition, component, subcomponent } = parsePath(place)
  const depth = place.split('.').length - 1
  const parts = [segment, String(occurrence), String(field), String(repetition), String(component), String(subcomponent)]
  return depth === 0 && !place.endsWith(']') ? parts.slice(0, 3) : parts.slice(0, 4 + depth)
}

/** Compares the minor version: 2.3.1 is at least 3. An unknown version is taken for a present one. */
function isAtLeast (version: string, minor: number): boolean {
  const found = /^2\.(\d+)/.exec(version)?.[1]
  return found === undefined || Number(found) >= minor
}
