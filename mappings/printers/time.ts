import type { OutboundRun } from '../outbound-run.ts'
import { isObject } from '../element-path.ts'
import { invalid, textAt, type Printer } from './printer.ts'

const grammar = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?$/

/**
 * A FHIR date, dateTime or instant as HL7 v2 writes it (v2.5.1 §2.A.22): as exact as it is, a time of day as the
 * hospital's clocks show it, with its offset. Undefined where the text is none.
 */
export function timestampText (text: string, run: OutboundRun): string | undefined {
  const [, year, month = '', day = '', clock, fraction = '', offset = ''] = grammar.exec(text) ?? []
  if (year === undefined) return undefined
  if (clock === undefined) return year + month + day
  const utcMs = Date.parse(`${year}-${month}-${day}T${clock}${offset}`)
  return Number.isNaN(utcMs) ? undefined : localText(utcMs, fraction, run)
}

function localText (utcMs: number, fraction: string, run: OutboundRun): string {
  const minutes = run.offsetAt(utcMs)
  const local = new Date(utcMs + minutes * 60_000).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')
  const size = Math.abs(minutes)
  return `${local}${fraction.slice(0, 5)}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
}

function two (value: number): string {
  return String(value).padStart(2, '0')
}

export const timestamp: Printer = (value, printing) => {
  if (value instanceof Date) return localText(value.getTime(), '', printing.run)
  const text = textAt(value)
  return text === undefined ? undefined : timestampText(text, printing.run) ?? invalid(printing, 'is no date or time')
}

/** DR: from and to. */
export const dateRange: Printer = (value, { run }) => isObject(value)
  ? ['start', 'end'].map((end) => timestampText(textAt(value, end) ?? '', run))
  : undefined

/** TM. */
export function timeText (text: string): string {
  return text.replaceAll(':', '').replace(/(\.\d{4})\d+$/, '$1')
}
