import { DomainError } from '../../core/errors.ts'
import { type Delimiters, delimitersOf, isHeaderName } from './delimiters.ts'
import { escapeText } from './escapes.ts'
import { type Hl7Path, parsePath } from './path.ts'
import { type Hl7Segment, type ReadingText, readSegment, readValue, type SegmentPlace } from './segment.ts'
import { replacePart } from './replace-part.ts'
import { scanSegments } from './scan-segments.ts'

/**
 * A parsed message. Nothing is cut before it is asked for, and the text is kept, so that what is not changed is
 * printed byte for byte, line ends and blanks included.
 */
export interface Hl7Message {
  readonly delimiters: Delimiters
  readonly segments: readonly Hl7Segment[]
  /** The segments of one name, without making the others. */
  readonly segmentsNamed: (name: string) => readonly Hl7Segment[]
  /** Decoded text of one subcomponent (`PID-3[2].4.1`); `undefined`: not valued; `null`: `""`. */
  readonly get: (path: string) => string | null | undefined
  /**
   * A new message with one subcomponent changed and every other character as it was; `null` prints `""`. Segments
   * are not made up: a path into an absent one is refused, and so are MSH-1 and MSH-2.
   */
  readonly set: (path: string, value: string | null) => Hl7Message
  readonly print: () => string
}

/**
 * `charset` is that of the bytes the text came from; it only gives \Xhh\ sequences their meaning. Never refuses:
 * text without a header is read with the recommended delimiters.
 */
export function parseMessage (text: string, charset = 'utf8'): Hl7Message {
  const bounds = scanSegments(text)
  const delimiters = delimitersOf(text, bounds[0] ?? 0)
  const parsed: Parsed = { text, delimiters, charset, bounds, segments: null }
  return {
    delimiters,
    get segments () {
      parsed.segments ??= makeSegments(parsed, '')
      return parsed.segments
    },
    segmentsNamed (name) {
      return makeSegments(parsed, name)
    },
    get (path) {
      const place = parsePath(path)
      const index = findSegment(parsed, place)
      return index < 0 ? undefined : readValue(parsed, placeAt(parsed, index), place)
    },
    set (path, value) {
      return parseMessage(textWith(parsed, path, value), charset)
    },
    print () {
      return text
    }
  }
}

interface Parsed extends ReadingText {
  readonly bounds: readonly number[]
  segments: readonly Hl7Segment[] | null
}

function placeAt ({ bounds }: Parsed, index: number): SegmentPlace {
  const start = bounds[2 * index] ?? 0
  return { start, end: bounds[2 * index + 1] ?? start }
}

/** Those of a name, or all for ''. */
function makeSegments (parsed: Parsed, name: string): readonly Hl7Segment[] {
  const segments: Hl7Segment[] = []
  for (let index = 0; 2 * index < parsed.bounds.length; index++) {
    if (name === '' || isNamed(parsed, index, name)) segments.push(readSegment(parsed, placeAt(parsed, index)))
  }
  return segments
}

function isNamed ({ text, bounds, delimiters }: Parsed, index: number, name: string): boolean {
  const start = bounds[2 * index] ?? 0
  if (!text.startsWith(name, start)) return false
  const after = start + name.length
  return after >= (bounds[2 * index + 1] ?? 0) || text.startsWith(delimiters.field, after)
}

function findSegment (parsed: Parsed, { segment, occurrence }: Hl7Path): number {
  let left = occurrence
  for (let index = 0; 2 * index < parsed.bounds.length; index++) {
    if (isNamed(parsed, index, segment) && --left === 0) return index
  }
  return -1
}

function textWith (parsed: Parsed, path: string, value: string | null): string {
  const { text, delimiters } = parsed
  const place = parsePath(path)
  const index = findSegment(parsed, place)
  if (index < 0) throw new DomainError('REQUEST_INVALID', 'The message has no such segment; name one that it has.', path)
  if (isHeaderName(place.segment) && place.field <= 2) throw new DomainError('REQUEST_INVALID', 'The delimiters of a message cannot be changed.', path)
  const { start, end } = placeAt(parsed, index)
  const escaped = value === null ? '""' : escapeText(value, delimiters)
  return text.slice(0, start) + changed(text.slice(start, end), place, delimiters, escaped) + text.slice(end)
}

function changed (content: string, place: Hl7Path, delimiters: Delimiters, value: string): string {
  const part = isHeaderName(place.segment) ? place.field : place.field + 1
  return replacePart(content, delimiters.field, part, (field) =>
    replacePart(field, delimiters.repetition, place.repetition, (repetition) =>
      replacePart(repetition, delimiters.component, place.component, (component) =>
        replacePart(component, delimiters.subcomponent, place.subcomponent, () => value))))
}
