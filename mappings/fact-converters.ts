import type { CalendarDate } from '../core/clock.ts'
import type { PatientIdentifier } from '../core/identity/index.ts'
import type { Fen } from '../core/money.ts'
import { isObject } from './element-path.ts'
import { spoken } from './converters/name.ts'
import type { FactsContext } from './facts.ts'
import { MappingError } from './mapping-error.ts'

/** Turns what a path found into a value of core; undefined where it says nothing. */
export type FactConverter = (found: readonly unknown[], context: FactsContext, place: string) => unknown

export const factConverters: ReadonlyMap<string, FactConverter> = new Map<string, FactConverter>(Object.entries({
  text: (found) => found.find((value) => typeof value === 'string' && value !== ''),
  boolean: ([value]) => typeof value === 'boolean' ? value : undefined,
  personName: ([name]) => isObject(name) ? spoken(name) : undefined,
  /** A whole day; a year alone is no date of birth to compare by. */
  date: ([value]) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value as CalendarDate : undefined,
  /** The business day of a date or an instant. */
  day: ([value], { calendar }) => typeof value === 'string' ? dayOf(value, calendar) : undefined,
  instant: ([value]) => typeof value === 'string' && value.includes('T') ? new Date(value) : undefined,
  referenceId: ([value]) => isObject(value) && typeof value['reference'] === 'string' ? value['reference'].split('/')[1] : undefined,
  referenceIds: (found) => found.flatMap((value) => isObject(value) && typeof value['reference'] === 'string' ? [value['reference'].split('/')[1]] : []),
  practitionerId: (found) => idOfType(found, 'Practitioner'),
  practitionerRoleId: (found) => idOfType(found, 'PractitionerRole'),
  patientId: (found) => idOfType(found, 'Patient'),
  integer: ([value]) => typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined,
  identifiers: (found) => found.flatMap(identifierOf),
  /** A number that we gave, wherever a hospital puts it when it echoes it. */
  ownNumber: (found) => found.flatMap(identifierOf).find(({ system, value }) => system === 'urn:yiqiao:placer' || ownNumberForm.test(value))?.value,
  /** Codings, each as `code` and as `system|code`. */
  codes: (found) => found.flatMap(codesOf),
  fen: ([value], _context, place) => value === undefined ? undefined : fenOf(value, place)
} satisfies Record<string, FactConverter>))

/** Of several references the first one of a type. */
function idOfType (found: readonly unknown[], type: string): string | undefined {
  const texts = found.flatMap((value) => isObject(value) && typeof value['reference'] === 'string' ? [value['reference'].split('/')] : [])
  return texts.find(([of]) => of === type)?.[1]
}

/** As core/identity/own-number.ts and core/consultations make them. */
const ownNumberForm = /^(?:YQ[0-9A-V]{13}|CR-\d{8}-\d{4,9})$/

function dayOf (text: string, calendar: FactsContext['calendar']): CalendarDate | undefined {
  if (text.includes('T')) return calendar(new Date(text))
  return text.length === 10 ? text as CalendarDate : undefined
}

function identifierOf (value: unknown): readonly PatientIdentifier[] {
  if (!isObject(value) || typeof value['system'] !== 'string' || typeof value['value'] !== 'string') return []
  const type = value['type']
  const coding: unknown = isObject(type) && Array.isArray(type['coding']) ? type['coding'][0] : undefined
  const code = isObject(coding) && typeof coding['code'] === 'string' ? coding['code'] : null
  return [{ system: value['system'], value: value['value'], type: code }]
}

function codesOf (value: unknown): readonly string[] {
  if (!isObject(value) || typeof value['code'] !== 'string') return []
  return typeof value['system'] === 'string' ? [value['code'], `${value['system']}|${value['code']}`] : [value['code']]
}

/** Money of R4 is a decimal number; of yuan with two places every double stands for exactly one fen below 10^12 yuan. */
function fenOf (value: unknown, place: string): Fen {
  const yuan = isObject(value) && typeof value['value'] === 'number' ? value['value'] : Number.NaN
  const fen = Math.round(yuan * 100)
  const isExact = Number.isSafeInteger(fen) && Math.abs(fen) <= 1e14 && fen / 100 === yuan
  const isYuan = isObject(value) && (value['currency'] === undefined || value['currency'] === 'CNY')
  if (!isExact || !isYuan) throw new MappingError('MAPPING_VALUE_INVALID', `${place} is no whole number of fen in CNY; have the sender correct the amount.`, place)
  return (fen === 0 ? 0 : fen) as Fen
}
