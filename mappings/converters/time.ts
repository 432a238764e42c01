import { part, type Cell } from '../path.ts'
import { leaveOut, type Run } from '../run.ts'
import { dateText, dateTimeText, dayText, instantOf, parseTimestamp, type Timestamp } from '../time.ts'
import type { Converter, Use } from './converter.ts'

function timestamp (cell: Cell, run: Run, use: Use, n = 1): Timestamp | undefined {
  const text = part(cell, n)
  if (text === undefined) return undefined
  return parseTimestamp(text) ?? leaveOut(run, use.place, 'no real date or time')
}

/** A date as the sender wrote it, without any zone, e.g. of birth. */
export const date: Converter = (cell, run, use) => {
  const time = timestamp(cell, run, use)
  return time === undefined ? undefined : dateText(time)
}

/** The calendar day in the site's zone, e.g. of a charge. Needs day precision. */
export const day: Converter = (cell, run, use) => {
  const time = timestamp(cell, run, use)
  if (time === undefined) return undefined
  return time.day === null ? leaveOut(run, use.place, 'no day') : dayText(time, run.zone)
}

export const dateTime: Converter = (cell, run, use) => dateTimeOf(cell, 1, run, use)

export function dateTimeOf (cell: Cell, n: number, run: Run, use: Use): string | undefined {
  const time = timestamp(cell, run, use, n)
  return time === undefined ? undefined : dateTimeText(time, run.zone)
}

/** Only where a time of day is told, e.g. the birth time beside the birth date. */
export const exactDateTime: Converter = (cell, run, use) => {
  const time = timestamp(cell, run, use)
  return time === undefined || time.clock === null ? undefined : dateTimeText(time, run.zone)
}

/** FHIR instants need a time of day; a bare day says nothing here. */
export const instant: Converter = exactDateTime

/** Start of the local day where the sender told no time, for elements that must be an instant. */
export const startInstant: Converter = (cell, run, use) => {
  const time = timestamp(cell, run, use)
  if (time === undefined || time.day === null) return undefined
  return dateTimeText({ ...time, clock: time.clock ?? { hour: 0, minute: 0, second: 0, fraction: '' } }, run.zone)
}

/** A time of day (TM). */
export const time: Converter = (cell, run, use) => {
  const text = part(cell, 1)
  return text === undefined ? undefined : timeOf(text) ?? leaveOut(run, use.place, 'no time of day')
}

export function timeOf (text: string): string | undefined {
  const time = /^\d{2,6}(\.\d{1,9})?([+-]\d{4})?$/.test(text) ? parseTimestamp(`20000101${text}`) : null
  return time === null ? undefined : dateTimeText({ ...time, offsetMinutes: 0 }, () => 0).slice(11).replace(/\+00:00$/, '')
}

/** DR: from and to. */
export const period: Converter = (cell, run, use) => periodOf(dateTimeOf(cell, 1, run, use), dateTimeOf(cell, 2, run, use))

/** Nothing where both ends are unknown. */
export function periodOf (start: string | undefined, end: string | undefined): { start?: string, end?: string } | undefined {
  if (start === undefined) return end === undefined ? undefined : { end }
  return end === undefined ? { start } : { start, end }
}

/** AIS-4 with AIS-7 and AIS-8, or the same places of AIG, AIL and AIP: when a resource of an appointment is needed. */
export function resourcePeriod (startField: number): Converter {
  return (cell, run, use) => {
    const time = timestamp({ ...cell, field: startField, component: 0 }, run, use)
    if (time === undefined) return undefined
    const length = minutesOf(cell, startField + 3)
    return periodOf(dateTimeText(time, run.zone), length === undefined ? undefined : later(time, length, run))
  }
}

/** Where the appointment's end is not sent: start and duration, of SCH (SCH-11.4, SCH-9) or of one of its resources. */
export const endByDuration: Converter = (cell, run, use) => {
  const at = startAndLength[cell.segment.name]
  if (at === undefined) return undefined
  const time = timestamp({ ...cell, field: at.start, component: at.component }, run, use)
  const length = minutesOf(cell, at.length)
  return time === undefined || length === undefined ? undefined : later(time, length, run)
}

const startAndLength: Readonly<Record<string, { readonly start: number, readonly component: number, readonly length: number }>> = {
  SCH: { start: 11, component: 4, length: 9 },
  AIS: { start: 4, component: 0, length: 7 },
  AIG: { start: 8, component: 0, length: 11 },
  AIL: { start: 6, component: 0, length: 9 },
  AIP: { start: 6, component: 0, length: 9 }
}

function later (time: Timestamp, minutes: number, run: Run): string | undefined {
  const from = instantOf(time, run.zone)
  if (from === null) return undefined
  const offsetMinutes = time.offsetMinutes ?? run.zone(from.getTime() + minutes * 60_000)
  const local = new Date(from.getTime() + (minutes + offsetMinutes) * 60_000)
  return dateTimeText({
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    clock: { hour: local.getUTCHours(), minute: local.getUTCMinutes(), second: local.getUTCSeconds(), fraction: '' },
    offsetMinutes
  }, run.zone)
}

const minutesPer: Readonly<Record<string, number>> = { s: 1 / 60, sec: 1 / 60, m: 1, min: 1, minutes: 1, h: 60, hr: 60, hours: 60, d: 1440, day: 1440 }

function minutesOf (cell: Cell, field: number): number | undefined {
  const amount = Number(part({ ...cell, field, repetition: 1, component: 0 }, 1) ?? Number.NaN)
  const unit = part({ ...cell, field: field + 1, repetition: 1, component: 0 }, 1) ?? 'min'
  const factor = minutesPer[unit.toLowerCase()]
  return Number.isFinite(amount) && amount > 0 && factor !== undefined ? amount * factor : undefined
}

/** SCH-9 where SCH-10 says minutes (or nothing); a table 0276 unit gives minutes. */
export const minutes: Converter = (cell) => {
  const found = minutesOf(cell, cell.field)
  return found !== undefined && Number.isInteger(found) ? found : undefined
}
