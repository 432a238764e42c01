import { isAscii, isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import { DomainError } from '../../core/errors.ts'

/**
 * Character sets of MSH-18 (HL7 table 0211) and the names that senders write instead, reduced to letters and digits.
 * The values are iconv names. All of them keep ASCII control characters as single bytes that never occur inside
 * another character, so that a message can be cut at its line ends before it is decoded.
 */
const charsets: Readonly<Record<string, string>> = {
  ASCII: 'ascii', USASCII: 'ascii', ISOIR6: 'ascii', ISOIR006: 'ascii',
  UNICODEUTF8: 'utf8', UTF8: 'utf8', UNICODE: 'utf8', ISOIR192: 'utf8', CP65001: 'utf8',
  GB180302000: 'gb18030', GB18030: 'gb18030', GB180302005: 'gb18030', GB180302022: 'gb18030',
  GBK: 'gbk', CP936: 'gbk', WINDOWS936: 'gbk', GB2312: 'gb2312', GB23121980: 'gb2312', EUCCN: 'gb2312', ISOIR58: 'gb2312',
  BIG5: 'big5', BIG5HKSCS: 'big5', CP950: 'big5',
  KSX1001: 'euc-kr', EUCKR: 'euc-kr', ISOIR149: 'euc-kr', SHIFTJIS: 'shift_jis', EUCJP: 'euc-jp',
  ISOIR100: 'iso88591', ISOIR101: 'iso88592', ISOIR109: 'iso88593', ISOIR110: 'iso88594', ISOIR144: 'iso88595',
  ISOIR127: 'iso88596', ISOIR126: 'iso88597', ISOIR138: 'iso88598', ISOIR148: 'iso88599', LATIN1: 'iso88591',
  WINDOWS1250: 'windows1250', WINDOWS1251: 'windows1251', WINDOWS1252: 'windows1252', CP1252: 'windows1252'
}

/** The iconv name of a character set as MSH-18 or a configuration names it; null where it is not known. */
export function resolveCharset (name: string): string | null {
  const key = name.toUpperCase().replace(/[^A-Z0-9]/g, '')
  const part = /^(?:ISO)?8859(\d{1,2})$/.exec(key)?.[1]
  if (part !== undefined) return iconv.encodingExists(`iso8859${part}`) ? `iso8859${part}` : null
  return charsets[key] ?? null
}

/**
 * Strict decoding: bytes that are no character of the set are refused (MESSAGE_UNDECODABLE), never replaced. `place`
 * names the segment. Lines of plain ASCII, a Base64 photo above all, skip the tables.
 */
export function decodeText (bytes: Uint8Array, charset: string): string {
  const buffer = asBuffer(bytes)
  if (isAscii(buffer)) return buffer.toString('latin1')
  if (charset === 'utf8' && isUtf8(buffer)) return buffer.toString('utf8')
  const terminator = buffer.includes(0x0d) ? 0x0d : 0x0a
  const lines: string[] = []
  for (let start = 0; start < buffer.length;) {
    const end = buffer.indexOf(terminator, start) + 1 || buffer.length
    lines.push(decodeLine(buffer.subarray(start, end), charset))
    start = end
  }
  return lines.join('')
}

/** Text that may be read although its bytes do not decode: for headers that must still be answered. */
export function decodeOrNull (bytes: Uint8Array, charset: string): string | null {
  try {
    return decodeText(bytes, charset)
  } catch (error) {
    if (error instanceof DomainError) return null
    throw error
  }
}

/** Characters that the set lacks become `?`. */
export function encodeText (text: string, charset: string): Buffer {
  if (charset === 'utf8') return Buffer.from(text, 'utf8')
  return isAsciiText(text) ? Buffer.from(text, 'latin1') : iconv.encode(text, charset)
}

function decodeLine (line: Buffer, charset: string): string {
  if (isAscii(line)) return line.toString('latin1')
  const text = charset === 'utf8' ? (isUtf8(line) ? line.toString('utf8') : null) : decodeByTable(line, charset)
  if (text !== null) return text
  const name = /^[A-Z][A-Z0-9]{2}/.exec(line.toString('latin1', 0, 3))?.[0]
  throw new DomainError('MESSAGE_UNDECODABLE',
    `The bytes are not text of the character set ${charset}; check MSH-18 and the source's character set, then replay.`, name)
}

/** The replacement character is legal when the sender wrote it: then encoding gives the same bytes again. */
function decodeByTable (line: Buffer, charset: string): string | null {
  const text = iconv.decode(line, charset, { stripBOM: false })
  if (/\p{Surrogate}/u.test(text)) return null
  if (text.includes('\ufffd') && !iconv.encode(text, charset).equals(line)) return null
  return text
}

function isAsciiText (text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text)
}

function asBuffer (bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
