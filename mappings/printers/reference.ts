import type { Resource } from '../../core/records/index.ts'
import { isObject } from '../element-path.ts'
import type { PrintedComponents } from '../outbound-content.ts'
import { isAbsent, recordBehind } from '../outbound-run.ts'
import { assignerOf, universalParts } from './identifier.ts'
import type { NamePrinters } from './name.ts'
import { textAt, type Printer, type Printing } from './printer.ts'

/**
 * References to doctors, places and departments, as fields name them. The record behind it gives number and name;
 * where it was not loaded, or there is none, the reference's display goes out alone: a name is no number.
 */
export interface ReferencePrinters {
  /** → XCN. */
  readonly xcn: Printer
  /** → NDL, whose first component is a CNN. */
  readonly ndl: Printer
  /** → XON. */
  readonly xon: Printer
  /** A department → CWE. */
  readonly department: Printer
  /** → PL. */
  readonly pl: Printer
}

export function makeReferencePrinters (names: NamePrinters): ReferencePrinters {
  return {
    xcn: (value, printing) => {
      const doctor = practitionerOf(value, printing)
      if (doctor === undefined) return undefined
      const number = numberOf(doctor.record, printing)
      const { family, given, further, suffix, prefix, type } = names.partsOf(doctor.name)
      if (number === undefined && family === undefined && given === undefined) return undefined
      const degree = textAt(doctor.record?.['qualification'], 'code', 'coding', 'code')
      return [number?.value, family, given, further, suffix, prefix, degree, '', number?.assigner, type, '', '', number?.type]
    },
    ndl: (value, printing) => {
      const doctor = practitionerOf(value, printing)
      if (doctor === undefined) return undefined
      const { family, given } = names.partsOf(doctor.name)
      return [[numberOf(doctor.record, printing)?.value, family, given]]
    },
    xon: (value, printing) => {
      if (!mayBe(['Organization'], value, printing)) return undefined
      const record = loaded(value, printing)
      const number = numberOf(record, printing)
      return [textAt(record, 'name') ?? textAt(value, 'display'), '', '', '', '', number?.assigner, number?.type, '', '', number?.value]
    },
    department: (value, printing) => {
      if (!mayBe(['Organization', 'HealthcareService'], value, printing)) return undefined
      const record = loaded(value, printing)
      return [numberOf(record, printing)?.value, textAt(record, 'name') ?? textAt(value, 'display')]
    },
    pl: (value, printing) => {
      if (!mayBe(['Location'], value, printing)) return undefined
      const record = loaded(value, printing)
      const name = textAt(record, 'description') ?? textAt(record, 'name') ?? textAt(value, 'display')
      const parts = numberOf(record, printing)?.value.split('|') ?? []
      if (parts.length === 0) return ['', '', '', '', '', '', '', '', name]
      const joined = placed(parts, textAt(record, 'physicalType', 'coding', 'code'))
      return [...joined, name === joined.slice(0, 3).filter((part) => part !== '').join(' ') ? '' : name]
    }
  }
}

/** The person that a reference names: a Practitioner, or the one whose role it is. Others are no doctors. */
function practitionerOf (value: unknown, printing: Printing): { readonly record: Resource | undefined, readonly name: unknown } | undefined {
  const [reference, display] = [textAt(value, 'reference'), textAt(value, 'display')]
  let record = recordBehind(reference, printing.record, printing.run)
  if (record?.resourceType === 'PractitionerRole' && isObject(record['practitioner'])) record = recordBehind(record['practitioner']['reference'], record, printing.run)
  if (record !== undefined && record.resourceType !== 'Practitioner' && record.resourceType !== 'PractitionerRole') return undefined
  const names = Array.isArray(record?.['name']) ? record['name'] as unknown[] : []
  const name = names.find((each) => textAt(each, 'use') === 'official') ?? names[0] ?? { text: display }
  return { record: isAbsent(record) ? undefined : record, name }
}

/** A reference that only shows a name may be of any type. */
function mayBe (types: readonly string[], value: unknown, { record, run }: Printing): boolean {
  const found = recordBehind(textAt(value, 'reference'), record, run)
  return found === undefined || types.includes(found.resourceType)
}

/** The record behind a reference, or the record itself. */
function loaded (value: unknown, { record, run }: Printing): Resource | undefined {
  if (value === record) return record
  const found = recordBehind(textAt(value, 'reference'), record, run)
  return isAbsent(found) ? undefined : found
}

interface PrintedNumber {
  readonly value: string
  readonly assigner: readonly string[]
  readonly type: string | undefined
}

/** The hospital's own number before anybody else's; never another hospital's. */
function numberOf (record: Resource | undefined, { run }: Printing): PrintedNumber | undefined {
  const identifiers = Array.isArray(record?.['identifier']) ? record['identifier'] as unknown[] : []
  const known = identifiers.flatMap((identifier) => {
    const [value, system] = [textAt(identifier, 'value'), textAt(identifier, 'system')]
    const assigner = assignerOf(system, run.envelope.hospitalId)
    if (value === undefined || assigner.is === 'foreign') return []
    return [{ isOwn: assigner.is === 'own', value, assigner: ['', ...universalParts(assigner)], type: textAt(identifier, 'type', 'coding', 'code') }]
  })
  return known.find(({ isOwn }) => isOwn) ?? known[0]
}

/**
 * Point of care, room, bed, facility, status, type, building, floor. A Location's own number names its parts from the
 * largest (facility, building, floor, point of care, room, bed) without those that are empty; its physical type tells
 * the smallest, the larger ones follow from their number.
 */
function placed (parts: readonly string[], kind: string | undefined): PrintedComponents & readonly string[] {
  const smallest = kind === 'bd' ? 3 : kind === 'ro' ? 2 : 1
  const withinWard = smallest === 3 && parts.length === 2 ? [parts[0], '', parts[1]] : [...Array.from({ length: Math.max(smallest - parts.length, 0) }, () => ''), ...parts.slice(-smallest)]
  const [ward = '', room = '', bed = ''] = withinWard.map((part) => part ?? '')
  const [facility = '', building = '', floor = ''] = parts.length > smallest ? parts.slice(0, -smallest) : []
  return [ward, room, bed, facility, '', '', building, floor]
}
