import {
  type AckCode, type AckError, buildAck, type MessageDescription, type MessageHeader, parseTimeStamp, readHeader, type ZoneOffset
} from '../hl7v2/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'

export interface Stamping {
  readonly clock: Clock
  readonly ids: Ids
  readonly zoneOffset: ZoneOffset
}

/** An answer with an id and a time of its own. */
export function freshAck (header: MessageHeader | null, code: AckCode, error: AckError | null, { clock, ids, zoneOffset }: Stamping): Buffer {
  return buildAck(header, { code, id: controlIdFrom(ids.next()), at: clock.now(), error }, zoneOffset)
}

/** Another verdict under the id and time of the first acknowledgement, so that a resend is answered the same. */
export function ackAgain (header: MessageHeader, first: Buffer, verdict: { readonly code: AckCode, readonly error: AckError | null }, stamping: Stamping): Buffer {
  const { zoneOffset, clock } = stamping
  const firstHeader = readHeader(first, header.headerCharset)
  const at = parseTimeStamp(firstHeader?.raw(7) ?? '', zoneOffset) ?? clock.now()
  return buildAck(header, { ...verdict, id: firstHeader?.raw(10) ?? '', at }, zoneOffset)
}

/** Twenty characters are what MSH-10 holds up to v2.6; the last twenty hex digits of a UUID are the random ones. */
function controlIdFrom (id: string): string {
  return id.replaceAll('-', '').slice(-20)
}

/** Enhanced mode is in effect where MSH-15 or MSH-16 is valued (HL7 v2.5.1 §2.9.3); an empty one then counts as NE. */
export function isEnhanced ({ acceptAck, applicationAck }: MessageDescription): boolean {
  return acceptAck !== null || applicationAck !== null
}

/** Table 0155: always, never, only in error, only when successful. An unknown value counts as always. */
export function isWanted (condition: string | null, isGood: boolean): boolean {
  switch (condition) {
    case null:
    case 'NE': return false
    case 'ER': return !isGood
    case 'SU': return isGood
    default: return true
  }
}

/** The accept answer for what would be AA, AE or AR. */
export function acceptCode (code: 'AA' | 'AE' | 'AR'): AckCode {
  switch (code) {
    case 'AA': return 'CA'
    case 'AE': return 'CE'
    case 'AR': return 'CR'
  }
}
