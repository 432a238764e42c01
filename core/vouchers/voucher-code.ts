import type { CalendarDate } from '../clock.ts'
import { addDays, daysBetween } from '../days.ts'
import { base32, fromBase32 } from './voucher-code-text.ts'

/**
 * 券码. What a voucher's QR code holds: which voucher, of which batch, from which day to which, and our signature. Of
 * the person it holds nothing, and shows nothing: a code is worth nothing without its holder, who proves who they are
 * by another way (personal code, document).
 *
 * `YQV:` and 93 bytes in base 32: format version (1 byte), key id (4), number of the batch (4), voucher (16), first and last valid
 * day (2 each, days from 2000-01-01), Ed25519 signature (64). 153 letters and digits, for which a QR code of version 6
 * at level M has room (154), so old scanners read it from paper. There is one spelling: no padding, no small letters,
 * nothing around it, and Ed25519 knows one signature for a text and key (RFC 8032 §5.1.7 refuses S ≥ L).
 */
export interface VoucherCode {
  /** A UUID. */
  readonly voucherId: string
  /** Number of its batch: by it the signed list of live batches tells its hospitals and its examination. */
  readonly batch: number
  readonly validFrom: CalendarDate
  /** The last valid day. */
  readonly validUntil: CalendarDate
}

export interface ReadCode extends VoucherCode {
  /** Short id of the key that signed. */
  readonly keyId: string
}

export interface CodeSigner {
  /** Eight hex digits: the first four bytes of the key's thumbprint (RFC 7638). */
  readonly shortId: string
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

/** Whether a key of ours signed this; null: we know no such key. */
export type VerifySignature = (shortKeyId: string, bytes: Uint8Array, signature: Uint8Array) => boolean | null

/** SHA-256. */
export type HashBytes = (bytes: Uint8Array) => Uint8Array

/**
 * malformed: no voucher code at all, or another spelling of one. unknown_key: of a key that has gone, or of somebody
 * else. forged: says that a key of ours signed it, which did not.
 */
export type CodeRead =
  | { readonly kind: 'genuine', readonly code: ReadCode }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unknown_key' }
  | { readonly kind: 'forged' }

const prefix = 'YQV:'
const formatVersion = 1
const signatureBytes = 64
const bodyBytes = 29
const firstDay = '2000-01-01' as CalendarDate
const lastDayNumber = 65_535
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** What the signature is over begins with what it is for, so that no signature of another use of the key serves here. */
const purpose = new TextEncoder().encode('yiqiao voucher code\n')

/** The same code and key give the same text. */
export function writeVoucherCode (code: VoucherCode, { shortId, sign }: CodeSigner): string {
  if (!uuidForm.test(code.voucherId)) throw new Error('the id of a voucher is a UUID')
  const body = new Uint8Array(bodyBytes)
  body[0] = formatVersion
  body.set(bytesOfHex(shortId, 4), 1)
  body.set(bytesOfHex(code.batch.toString(16).padStart(8, '0'), 4), 5)
  body.set(bytesOfHex(code.voucherId.replaceAll('-', ''), 16), 9)
  body.set(bytesOfDay(code.validFrom), 25)
  body.set(bytesOfDay(code.validUntil), 27)
  return prefix + base32(joined(body, sign(joined(purpose, body))))
}

export function readVoucherCode (text: string, verify: VerifySignature): CodeRead {
  const bytes = text.startsWith(prefix) ? fromBase32(text.slice(prefix.length), bodyBytes + signatureBytes) : null
  if (bytes?.[0] !== formatVersion) return { kind: 'malformed' }
  const body = bytes.subarray(0, bodyBytes)
  const keyId = hexOf(body.subarray(1, 5))
  const isOurs = verify(keyId, joined(purpose, body), bytes.subarray(bodyBytes))
  if (isOurs === null) return { kind: 'unknown_key' }
  if (!isOurs) return { kind: 'forged' }
  const id = hexOf(body.subarray(9, 25))
  return {
    kind: 'genuine',
    code: {
      keyId,
      batch: Number.parseInt(hexOf(body.subarray(5, 9)), 16),
      voucherId: [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join('-'),
      validFrom: dayOf(body.subarray(25, 27)),
      validUntil: dayOf(body.subarray(27, 29))
    }
  }
}

export function hexOf (bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return hex
}

export function joined (one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}

function bytesOfHex (hex: string, length: number): Uint8Array {
  if (hex.length !== length * 2 || !/^[0-9a-f]*$/.test(hex)) throw new Error(`${length} bytes in hex are needed`)
  return Uint8Array.from({ length }, (_, place) => Number.parseInt(hex.slice(place * 2, place * 2 + 2), 16))
}

function bytesOfDay (day: CalendarDate): readonly [number, number] {
  const number = daysBetween(firstDay, day)
  if (!(number >= 0 && number <= lastDayNumber)) throw new Error('a voucher code holds days from 2000 to 2179')
  return [number >> 8, number & 255]
}

function dayOf (bytes: Uint8Array): CalendarDate {
  return addDays(firstDay, ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0))
}
