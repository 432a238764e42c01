/** Formats of the primitive types (FHIR R4 §2.24.0.1). Each tells what is wanted, or null where the value is right. */
export type PrimitiveCheck = (value: unknown) => string | null

const longestString = 1024 * 1024
const dateForm = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/
const timeForm = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?$/
const zonedTimeForm = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))$/
const idForm = /^[A-Za-z0-9\-.]{1,64}$/
const codeForm = /^[^\s]+(?:\s[^\s]+)*$/
const oidForm = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/
const uuidForm = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const base64Form = /^[A-Za-z0-9+/\s]*={0,2}\s*$/
// Control characters other than tab, line feed and carriage return.
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function daysIn (year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 && leap ? 29 : monthDays[month - 1] ?? 0
}

function isRealDate (text: string): boolean {
  const parts = dateForm.exec(text)
  if (parts === null) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2] ?? '1'), Number(parts[3] ?? '1')]
  return year > 0 && day >= 1 && day <= daysIn(year, month)
}

function isDateTime (text: string): boolean {
  const mark = text.indexOf('T')
  return mark < 0 ? isRealDate(text) : isInstant(text)
}

function isInstant (text: string): boolean {
  return text.charAt(10) === 'T' && isRealDate(text.slice(0, 10)) && zonedTimeForm.test(text.slice(11))
}

function isUri (text: string): boolean {
  if (text === '' || /\s/.test(text)) return false
  if (text.startsWith('urn:uuid:')) return uuidForm.test(text)
  return !text.startsWith('urn:oid:') || oidForm.test(text)
}

function isBase64 (text: string): boolean {
  return text !== '' && base64Form.test(text) && (/\s/.test(text) ? text.replace(/\s/g, '') : text).length % 4 === 0
}

function isText (text: string): boolean {
  return text !== '' && text.length <= longestString && !controlCharacter.test(text)
}

function text (wanted: string, holds: (value: string) => boolean): PrimitiveCheck {
  return (value) => typeof value === 'string' && holds(value) ? null : wanted
}

function integer (wanted: string, least: number): PrimitiveCheck {
  return (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= 2147483647 ? null : wanted
}

const uri = text('must be a URI without spaces; urn:uuid: and urn:oid: in their own form', isUri)
const plainText = text('must be a text that is not empty, without control characters', isText)

export const primitives: ReadonlyMap<string, PrimitiveCheck> = new Map([
  ['base64Binary', text('must be Base64', isBase64)],
  ['boolean', (value) => typeof value === 'boolean' ? null : 'must be true or false'],
  ['canonical', uri],
  ['code', text('must be a code: no spaces at its ends', (value) => codeForm.test(value))],
  ['date', text('must be a real date: YYYY, YYYY-MM or YYYY-MM-DD', isRealDate)],
  ['dateTime', text('must be a real date, or date and time to the second with a zone', isDateTime)],
  ['decimal', (value) => typeof value === 'number' && Number.isFinite(value) ? null : 'must be a number'],
  ['id', text('must be 1 to 64 letters, digits, hyphens or dots', (value) => idForm.test(value))],
  ['instant', text('must be a real date and time to the second with a zone', isInstant)],
  ['integer', integer('must be an integer of 32 bits', -2147483648)],
  ['markdown', plainText],
  ['oid', text('must be urn:oid: and an OID', (value) => oidForm.test(value))],
  ['positiveInt', integer('must be an integer from 1 on', 1)],
  ['string', plainText],
  ['time', text('must be a time hh:mm:ss', (value) => timeForm.test(value))],
  ['unsignedInt', integer('must be an integer from 0 on', 0)],
  ['uri', uri],
  ['url', uri],
  ['uuid', text('must be urn:uuid: and a UUID', (value) => uuidForm.test(value))],
  ['xhtml', text('must be a div of XHTML', (value) => /^\s*<div[\s>]/.test(value) && /<\/div>\s*$|\/>\s*$/.test(value))]
])
