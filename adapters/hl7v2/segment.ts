import { type Delimiters, isHeaderName } from './delimiters.ts'
import { unescapeText } from './escapes.ts'
import type { Hl7Path } from './path.ts'

/** One segment, read in place. Its shape is the mapping engine's SegmentSource. */
export interface Hl7Segment {
  readonly name: string
  /** Repetitions of a field; 0 where it is absent or empty. */
  readonly count: (field: number) => number
  /** Decoded text of one subcomponent; `undefined`: not valued; `null`: the sender says "delete" (`""`). */
  readonly value: (field: number, repetition: number, component: number, subcomponent: number) => string | null | undefined
  /** Raw text of the whole field with its delimiters. */
  readonly raw: (field: number) => string
}

/** A text and how it is to be read. */
export interface ReadingText {
  readonly text: string
  readonly delimiters: Delimiters
  /** Of \Xhh\ sequences. */
  readonly charset: string
}

export interface SegmentPlace {
  readonly start: number
  /** Without the segment's end. */
  readonly end: number
}

/**
 * The three questions are methods rather than arrow functions in variables: thousands of segments are made a second,
 * and TypeScript runners that keep names pay for each of the latter at run time.
 */
export function readSegment (reading: ReadingText, { start, end }: SegmentPlace): Hl7Segment {
  const name = segmentName(reading, start, end)
  const cursor: Cursor = { reading, end, isHeader: isHeaderName(name), start, lastNumber: 0, lastStart: start }
  return {
    name,
    raw (field) {
      return rawField(cursor, field)
    },
    count (field) {
      const content = rawField(cursor, field)
      if (content === '') return 0
      return cursor.isHeader && field <= 2 ? 1 : countParts(content, reading.delimiters.repetition)
    },
    value (field, repetition, component, subcomponent) {
      return valueIn(cursor, { field, repetition, component, subcomponent })
    }
  }
}

/** One value without a segment made for it. */
export function readValue (reading: ReadingText, { start, end }: SegmentPlace, path: Hl7Path): string | null | undefined {
  return valueIn({ reading, end, isHeader: isHeaderName(path.segment), start, lastNumber: 0, lastStart: start }, path)
}

/** Mappings ask for fields mostly in ascending order, so the search goes on where the last one stopped. */
interface Cursor extends SegmentPlace {
  readonly reading: ReadingText
  readonly isHeader: boolean
  lastNumber: number
  lastStart: number
}

function rawField (cursor: Cursor, field: number): string {
  const { reading: { text, delimiters }, end, isHeader } = cursor
  if (isHeader && field === 1) return delimiters.field
  const number = isHeader ? field - 1 : field
  if (number < 1) return ''
  const goesOn = number >= cursor.lastNumber
  let at = goesOn ? cursor.lastStart : cursor.start
  for (let left = goesOn ? number - cursor.lastNumber : number; left > 0; left--) {
    const separator = text.indexOf(delimiters.field, at)
    if (separator < 0 || separator >= end) return ''
    at = separator + 1
  }
  cursor.lastNumber = number
  cursor.lastStart = at
  const after = text.indexOf(delimiters.field, at)
  return text.slice(at, after < 0 || after > end ? end : after)
}

function segmentName ({ text, delimiters }: ReadingText, start: number, end: number): string {
  if (start + 3 < end && text.startsWith(delimiters.field, start + 3)) return text.slice(start, start + 3)
  const found = text.indexOf(delimiters.field, start)
  return text.slice(start, found < 0 || found > end ? end : found).trimEnd()
}

type Place = Omit<Hl7Path, 'segment' | 'occurrence'>

/** `""` for a whole repetition or component means that all below it is to be deleted (HL7 v2.5.1 §2.5.3). */
function valueIn (cursor: Cursor, { field, repetition, component, subcomponent }: Place): string | null | undefined {
  const content = rawField(cursor, field)
  if (content === '') return undefined
  if (cursor.isHeader && field <= 2) return repetition * component * subcomponent === 1 ? content : undefined
  const { delimiters, charset } = cursor.reading
  let part = partOf(content, delimiters.repetition, repetition)
  if (part === '""') return null
  part = partOf(part, delimiters.component, component)
  if (part === '""') return null
  part = partOf(part, delimiters.subcomponent, subcomponent)
  if (part === '') return undefined
  return part === '""' ? null : unescapeText(part, delimiters, charset)
}

function partOf (text: string, delimiter: string, number: number): string {
  if (delimiter === '' || text === '') return number === 1 ? text : ''
  let start = 0
  for (let passed = 1; passed < number; passed++) {
    const next = text.indexOf(delimiter, start)
    if (next < 0) return ''
    start = next + 1
  }
  const end = text.indexOf(delimiter, start)
  if (end < 0) return start === 0 ? text : text.slice(start)
  return text.slice(start, end)
}

function countParts (text: string, delimiter: string): number {
  if (delimiter === '') return 1
  let count = 1
  for (let at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter, at + 1)) count++
  return count
}
