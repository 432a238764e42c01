import type { CalendarDate } from '../clock.ts'

/** 居民身份证号 (GB 11643-1999): region 6, birth date 8, sequence 3 (odd for male), check character. */
export interface ResidentId {
  /** In the form of 18 characters. */
  readonly number: string
  readonly birthDate: CalendarDate
  readonly gender: 'male' | 'female'
}

/** The assigner that identifiers of this kind carry. */
export const residentIdSystem = 'urn:oid:2.16.156.10011.1.3'

/** ISO 7064 mod 11-2. */
const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const checkCharacters = '10X98765432'

/**
 * What a resident id says of its holder; null where it is none. The form of 15 digits, out of use since 2013 but still
 * in old records, has no check digit and no century: its holders were born in 19xx.
 */
export function checkResidentId (value: string): ResidentId | null {
  const written = value.trim().toUpperCase()
  const number = /^[0-9]{15}$/.test(written) ? fromFifteen(written) : written
  if (!/^[1-9][0-9]{16}[0-9X]$/.test(number) || number.slice(17) !== checkCharacter(number)) return null
  const birthDate = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`
  if (!isRealDate(birthDate)) return null
  return { number, birthDate: birthDate as CalendarDate, gender: Number(number.charAt(16)) % 2 === 1 ? 'male' : 'female' }
}

/** All forms in which a record may carry this id. */
export function residentIdForms ({ number }: ResidentId): readonly string[] {
  const forms = number.endsWith('X') ? [number, number.toLowerCase()] : [number]
  return number.slice(6, 8) === '19' ? [...forms, `${number.slice(0, 6)}${number.slice(8, 17)}`] : forms
}

function fromFifteen (digits: string): string {
  const seventeen = `${digits.slice(0, 6)}19${digits.slice(6)}`
  return `${seventeen}${checkCharacter(seventeen)}`
}

function checkCharacter (number: string): string {
  const sum = weights.reduce((total, weight, place) => total + weight * Number(number.charAt(place)), 0)
  return checkCharacters.charAt(sum % 11)
}

function isRealDate (date: string): boolean {
  const instant = new Date(`${date}T00:00:00Z`)
  return date > '1850' && !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(date)
}
