import type { HisEvent } from './his-event.ts'
import type { SegmentContent } from '../../hl7v2/index.ts'

/** How one HIS writes down what happens: its version of HL7, its character set, its habits. */
export interface Dialect {
  /** iconv name of the bytes it sends. */
  readonly charset: string
  readonly write: (event: HisEvent, envelope: Envelope) => readonly SegmentContent[]
}

export interface Envelope {
  readonly controlId: string
  /** What MSH-7 and EVN-2 say; older than the moment of sending where a message was held back. */
  readonly at: Date
}

/** `YYYYMMDDHHMMSS` in Beijing, which has kept +08:00 without summer time since 1992. */
export function beijingTime (instant: Date): string {
  return new Date(instant.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace(/[-T:]/g, '')
}

/** Two decimals, as tills print it. */
export function yuan (amountFen: number): string {
  const whole = Math.trunc(Math.abs(amountFen) / 100)
  return `${amountFen < 0 ? '-' : ''}${whole}.${String(Math.abs(amountFen) % 100).padStart(2, '0')}`
}

export const hl7Date = (date: string): string => date.replaceAll('-', '')
