import type { Resource } from '../../core/records/index.ts'
import type { CodeTable } from '../code-tables.ts'
import { isObject } from '../element-path.ts'
import { MappingError } from '../mapping-error.ts'
import type { Printed } from '../outbound-content.ts'
import type { OutboundRun } from '../outbound-run.ts'

/** What a row tells its printer. */
export interface Printing {
  readonly run: OutboundRun
  /** The record that the value is of, where references to contained records are looked up. */
  readonly record: Resource
  /** `Patient.birthDate`. */
  readonly place: string
  readonly table: CodeTable | null
  /** A code that the table lacks is no error. */
  readonly hasDefault: boolean
}

/** Turns one FHIR value into the content of a field, named as HL7 names the type; undefined where there is nothing to say. */
export type Printer = (value: unknown, printing: Printing) => Printed | undefined

/** The text at a place; the first of a list counts. */
export function textAt (value: unknown, ...names: readonly string[]): string | undefined {
  let here: unknown = firstOf(value)
  for (const name of names) here = isObject(here) ? firstOf(here[name]) : undefined
  if (typeof here === 'number') return decimalText(here)
  return typeof here === 'string' && here !== '' ? here : undefined
}

function firstOf (value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[])[0] : value
}

export function textsAt (value: unknown, name: string): readonly string[] {
  const texts = isObject(value) ? value[name] : undefined
  return Array.isArray(texts) ? (texts as unknown[]).filter((text) => typeof text === 'string') : []
}

/** For optional codes inside data types: what the table lacks is not said. */
export function codeIn (table: CodeTable, text: string | undefined): string | undefined {
  return text === undefined ? undefined : table.find(text)?.code
}

/** Digits as people write them: HL7 v2 has no exponents (NM, HL7 v2.5.1 §2.A.47). */
export function decimalText (value: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  return Math.abs(value) >= 1 ? BigInt(Math.round(value)).toString() : value.toFixed(20).replace(/0+$/, '')
}

/** Where a value comes from, never the value. */
export function leftOut ({ run, place }: Printing, why: string): undefined {
  run.note(`${place}: ${why}; left out`)
  return undefined
}

export function invalid ({ run, place }: Printing, why: string): undefined {
  run.refuse(new MappingError('MAPPING_VALUE_INVALID', `${place} ${why}; correct the record or change the site's outbound row.`, place))
  return undefined
}
