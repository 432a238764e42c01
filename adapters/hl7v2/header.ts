import { isAscii } from 'node:buffer'
import { decodeOrNull, resolveCharset } from './charset.ts'
import { type Delimiters, isSeparator, readDelimiters } from './delimiters.ts'

/** What must be known of a message before anything else: how to read it and how to answer it. */
export interface MessageHeader {
  readonly delimiters: Delimiters
  /** Raw text of an MSH field by the standard's number; '' where absent. */
  readonly raw: (field: number) => string
  /** Raw text of one component of the field's first repetition. */
  readonly component: (field: number, component: number) => string
  /** Iconv name of the set the message is in: MSH-18, else the default. */
  readonly charset: string
  /** MSH-18 names a set that is not known here. */
  readonly isCharsetUnknown: boolean
  /** Iconv name that the header itself decodes with, so that an answer echoes the same bytes. */
  readonly headerCharset: string
}

/** No header is longer: the rest of such a line is not looked at. */
const longestHeader = 16_384

/** Sets in which a header with high bytes is tried, after the source's own. */
const tried = ['utf8', 'gb18030', 'big5', 'shift_jis', 'euc-kr']

/**
 * Reads MSH from the bytes; null where there is no readable one.
 *
 * A plain ASCII header is cut as it stands. One with high bytes (a hospital's name in MSH-4, say) must be decoded
 * before it is cut, since the second byte of a GBK or Big5 character may be one of | ^ ~ \. Then the set is the
 * first under which the line decodes and names, in MSH-18, a set that reads the same; else the default.
 */
export function readHeader (bytes: Uint8Array, defaultCharset: string): MessageHeader | null {
  const line = headerLine(bytes)
  if (line === null) return null
  if (isAscii(line)) return headerFrom(line.toString('latin1'), 'ascii', defaultCharset)
  for (const charset of [defaultCharset, ...tried]) {
    const header = readAs(line, charset, defaultCharset)
    if (header !== null && namesItself(header, line, defaultCharset)) return header
  }
  return readAs(line, defaultCharset, defaultCharset) ?? headerFrom(line.toString('latin1'), 'iso88591', defaultCharset)
}

function readAs (line: Buffer, charset: string, defaultCharset: string): MessageHeader | null {
  const text = decodeOrNull(line, charset)
  return text === null ? null : headerFrom(text, charset, defaultCharset)
}

function namesItself (header: MessageHeader, line: Buffer, defaultCharset: string): boolean {
  if (header.isCharsetUnknown || header.raw(18) === '') return false
  return readAs(line, header.charset, defaultCharset)?.raw(18) === header.raw(18)
}

function headerFrom (text: string, headerCharset: string, defaultCharset: string): MessageHeader | null {
  const separator = text.charAt(3)
  if (!isSeparator(separator)) return null
  const fields = text.split(separator)
  fields[0] = separator
  const declared = fields[1] ?? ''
  if (/[0-9A-Za-z]/.test(declared) || declared.length > 5) return null
  const delimiters = readDelimiters(separator, declared)
  const charset = declaredCharset(fields[17] ?? '', delimiters)
  return {
    delimiters,
    raw (field) {
      return rawOf(fields, field)
    },
    component (field, component) {
      return firstOf(rawOf(fields, field), delimiters.repetition).split(delimiters.component)[component - 1] ?? ''
    },
    charset: charset ?? defaultCharset,
    isCharsetUnknown: charset === null,
    headerCharset: headerCharset === 'ascii' ? charset ?? defaultCharset : headerCharset
  }
}

/** MSH-1 is the separator at which the line was cut. */
function rawOf (fields: readonly string[], field: number): string {
  return fields[field - 1] ?? ''
}

/**
 * `undefined` where MSH-18 is empty, null where it is not known. Further repetitions name sets that the text may
 * switch to; a first one that is plain ASCII gives way to the next, which contains it.
 */
function declaredCharset (field: string, { repetition }: Delimiters): string | null | undefined {
  if (field === '' || field === '""') return undefined
  const [first, second] = (repetition === '' ? [field] : field.split(repetition)).map((name) => name.trim() === '' ? 'ascii' : resolveCharset(name))
  return first === 'ascii' && second !== null && second !== undefined ? second : first
}

/** The MSH line without what stands before it and without its end. */
function headerLine (bytes: Uint8Array): Buffer | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, longestHeader))
  let start = buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf ? 3 : 0
  while (start < buffer.length && (buffer[start] ?? 0) <= 0x20) start++
  if (buffer.toString('latin1', start, start + 3) !== 'MSH') return null
  let end = start
  while (end < buffer.length && buffer[end] !== 0x0d && buffer[end] !== 0x0a) end++
  return buffer.subarray(start, end)
}

function firstOf (text: string, delimiter: string): string {
  const end = delimiter === '' ? -1 : text.indexOf(delimiter)
  return end < 0 ? text : text.slice(0, end)
}
