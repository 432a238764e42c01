import type { JsonObject } from '../element-path.ts'
import { inner, part, partOfPart, type Cell } from '../path.ts'
import { lacking, type Run } from '../run.ts'
import { codeText, decimalOf } from './text.ts'
import { codingOf, defined } from './coding.ts'
import { dateTimeOf, periodOf } from './time.ts'
import type { Converter, FindTable, Use } from './converter.ts'

/** CX, EI, HD and plain numbers → Identifier. */
export interface Identifiers {
  /** CX. */
  readonly identifier: Converter
  /** CX of one kind, whether the sender says so or not. */
  readonly visitNumber: Converter
  readonly medicalRecordNumber: Converter
  /** EI: number, assigner. */
  readonly entityIdentifier: Converter
  /** EIP: the filler's number, in component 2. */
  readonly fillerIdentifier: Converter
  /** EIP: the placer's number, in component 1. */
  readonly placerIdentifier: Converter
  /** A resident id without any type, e.g. in PID-19. */
  readonly residentId: Converter
  /** A number that this hospital gives to a thing of the named kind; `FT` for a transaction. */
  readonly ownIdentifier: (kind: string) => Converter
  readonly typeOf: (code: string | undefined) => JsonObject | undefined
}

/** 公民身份号码, GB 11643. */
const residentIdSystem = 'urn:oid:2.16.156.10011.1.3'
/** HL7 table 0203: what a Chinese sender calls the resident id. */
const residentIdTypes = ['NI', 'NNCHN']

/** National ids of table 0203 (NNCHN) are a pattern there, not rows of the guide's table. */
const nationalId = /^NN[A-Z]{3}$/

export function makeIdentifiers (findTable: FindTable): Identifiers {
  const types = findTable('identifier-type')

  function typeOf (text: string | undefined): JsonObject | undefined {
    const code = codeText(text)
    if (code === undefined) return undefined
    const known = types.find(code)
    if (known !== undefined) return { coding: [codingOf(known)] }
    return { coding: [nationalId.test(code) ? { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code } : { code }] }
  }

  function isKnownType (text: string): boolean {
    return types.find(codeText(text) ?? '') !== undefined || nationalId.test(text)
  }

  function entity (cell: Cell, run: Run): JsonObject | undefined {
    const value = part(cell, 1)
    if (value === undefined) return undefined
    const universal = universalUri(part(cell, 3), part(cell, 4))
    const namespace = part(cell, 2)
    return defined({
      system: universal ?? (namespace === undefined ? undefined : ownSystem(run, `EI:${encodeURIComponent(namespace)}`)),
      value,
      assigner: namespace === undefined ? undefined : { display: namespace }
    })
  }

  function typed (cell: Cell, run: Run, use: Use, otherwise: string | undefined): JsonObject | undefined {
    const value = part(cell, 1)
    if (value === undefined) return undefined
    const type = part(cell, 5) ?? otherwise
    if (type !== undefined && !isKnownType(type)) lacking(run, { table: types.name, code: type, place: use.place })
    const period = periodOf(dateTimeOf(cell, 7, run, use), dateTimeOf(cell, 8, run, use))
    return defined({ type: typeOf(type), system: systemOfCx(cell, run, type), value, period, assigner: assignerAt(cell, 4) })
  }

  return {
    typeOf,
    identifier: (cell, run, use) => typed(cell, run, use, undefined),
    visitNumber: (cell, run, use) => typed(cell, run, use, 'VN'),
    medicalRecordNumber: (cell, run, use) => typed(cell, run, use, 'MR'),
    entityIdentifier: (cell, run) => entity(cell, run),
    placerIdentifier: (cell, run) => part(cell, 1) === undefined ? undefined : entityWithin(cell, 1, run),
    fillerIdentifier: (cell, run) => part(cell, 2) === undefined ? undefined : entityWithin(cell, 2, run),
    residentId: (cell) => {
      const value = part(cell, 1)
      return value === undefined ? undefined : { type: typeOf('NI'), system: residentIdSystem, value }
    },
    ownIdentifier: (kind) => (cell, run) => {
      const value = part(cell, 1)
      return value === undefined ? undefined : { system: ownSystem(run, kind), value }
    }
  }

  function entityWithin (cell: Cell, n: number, run: Run): JsonObject | undefined {
    return entity(cell.component === 0 ? inner(cell, n) : cell, run)
  }
}

/**
 * A universal assigner keeps its own URI. What only this hospital numbers is its own: `urn:yiqiao:hospital:<id>:<type>`,
 * whatever name the HIS gives itself as assigner, so that the number reads the same from every message type.
 */
function systemOfCx (cell: Cell, run: Run, type: string | undefined): string {
  const universal = universalUri(partOfPart(cell, 4, 2), partOfPart(cell, 4, 3))
  if (universal !== undefined) return universal
  if (type !== undefined && residentIdTypes.includes(type)) return residentIdSystem
  return ownSystem(run, encodeURIComponent(type ?? 'PI'))
}

export function ownSystem (run: Run, kind: string): string {
  return `urn:yiqiao:hospital:${run.context.hospitalId}:${kind}`
}

function assignerAt (cell: Cell, n: number): JsonObject | undefined {
  const namespace = partOfPart(cell, n, 1)
  return namespace === undefined ? undefined : { display: namespace }
}

/** An HD's universal id as a URI; undefined where it is none or no known kind. */
export function universalUri (id: string | undefined, kind: string | undefined): string | undefined {
  if (id === undefined || /\s/.test(id)) return undefined
  switch (kind?.toUpperCase() ?? '') {
    case 'ISO': return /^[0-2](\.(0|[1-9]\d*))+$/.test(id) ? `urn:oid:${id}` : undefined
    case 'UUID': case 'GUID': return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? `urn:uuid:${id.toLowerCase()}` : undefined
    case 'DNS': return `urn:dns:${id}`
    case 'URI': return id
    default: return undefined
  }
}

/** CQ: amount and unit. */
export const quantity: Converter = (cell) => {
  const value = decimalOf(part(cell, 1))
  const unit = partOfPart(cell, 2, 2) ?? partOfPart(cell, 2, 1)
  return value === undefined ? undefined : defined({ value, unit })
}

/** A length of stay in days. */
export const days: Converter = (cell) => {
  const value = decimalOf(part(cell, 1))
  return value === undefined ? undefined : { value, unit: 'd', system: 'http://unitsofmeasure.org', code: 'd' }
}
