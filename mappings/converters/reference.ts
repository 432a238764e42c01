import type { JsonObject } from '../element-path.ts'
import { part, partOfPart, type Cell } from '../path.ts'
import { nameResource, type Run } from '../run.ts'
import { defined } from './coding.ts'
import { ownSystem, universalUri, type Identifiers } from './identifier.ts'
import { spoken, type Names } from './name.ts'
import type { Converter } from './converter.ts'

/**
 * Fields that name a doctor, a place or an organisation become a resource of its own (weak: the master file knows
 * better) and a reference to it. Without a number there is only a name to show: a reference with `display` alone, since
 * two people of one name are not one person.
 */
interface References {
  /** XCN → Practitioner. */
  readonly practitioner: Converter
  /** For senders that put the doctor's whole name into XCN.2. */
  readonly practitionerWholeName: Converter
  /** NDL or CNN (first component is composed) → Practitioner. */
  readonly practitionerWithin: Converter
  /** PRD: who refers, or who is referred to → Practitioner. */
  readonly referralProvider: Converter
  /** PL → Location. */
  readonly location: Converter
  /** XON → Organization. */
  readonly organization: Converter
  /** CWE or CE that means a department → Organization. */
  readonly department: Converter
  /** HD → Reference with an identifier only. */
  readonly facility: Converter
  /** The hospital whose message this is. */
  readonly hospital: Converter
}

interface Reference extends JsonObject {
  readonly reference?: string
  readonly display?: string
}

export function makeReferences (identifiers: Identifiers, names: Names): References {
  return { ...makePractitioners(identifiers, names), ...makeOrganizations(identifiers), location: (cell, run) => locationOf(cell, run) }
}

function makePractitioners (identifiers: Identifiers, names: Names): Pick<References, 'practitioner' | 'practitionerWholeName' | 'practitionerWithin' | 'referralProvider'> {
  function practitioner (number: string | undefined, name: JsonObject | undefined, run: Run, more: JsonObject): Reference | undefined {
    const display = name === undefined ? undefined : spoken(name)
    if (number === undefined) return display === undefined ? undefined : { display }
    const reference = nameResource(run, 'Practitioner', number, defined({ ...more, name: name === undefined ? undefined : [name] }))
    return defined({ reference, display })
  }

  function xcn (cell: Cell, name: JsonObject | undefined, run: Run): Reference | undefined {
    const number = part(cell, 1)
    const type = part(cell, 13)
    const degree = part(cell, 7)
    const system = universalUri(partOfPart(cell, 9, 2), partOfPart(cell, 9, 3)) ?? ownSystem(run, encodeURIComponent(type ?? 'EI'))
    return practitioner(number, name, run, {
      identifier: number === undefined ? undefined : [defined({ type: identifiers.typeOf(type), system, value: number })],
      qualification: degree === undefined ? undefined : [{ code: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0360', code: degree }] } }]
    })
  }

  return {
    practitioner: (cell, run, use) => xcn(cell, names.nameWithin(cell, run, use), run),
    practitionerWholeName: (cell, run) => {
      const text = [partOfPart(cell, 2, 1), part(cell, 3)].filter((word) => word !== undefined).join('')
      return xcn(cell, text === '' ? undefined : { text }, run)
    },
    practitionerWithin: (cell, run) => {
      const [number, family, given] = [1, 2, 3].map((n) => partOfPart(cell, 1, n))
      const name = family === undefined && given === undefined ? undefined : defined({ family, given: given === undefined ? undefined : [given] })
      return practitioner(number, name, run, { identifier: number === undefined ? undefined : [{ system: ownSystem(run, 'EI'), value: number }] })
    },
    referralProvider: (cell, run, use) => {
      const at = (field: number): Cell => ({ ...cell, field, repetition: 1, component: 0 })
      const number = part(at(7), 1)
      const type = part(at(7), 2)
      const organization = part(at(10), 10) ?? part(at(10), 3) ?? part(at(10), 1)
      const name = names.humanName(at(2), run, use) as JsonObject | undefined
      if (number === undefined || staffNumbers.includes(type ?? (organization === undefined ? 'EI' : ''))) {
        return practitioner(number, name, run, { identifier: [{ system: ownSystem(run, 'EI'), value: number }] })
      }
      const numbering = [organization, type].map((text) => encodeURIComponent(text ?? '')).join(':')
      return practitioner(`provider:${numbering}:${number}`, name, run, { identifier: [defined({ type: identifiers.typeOf(type), system: ownSystem(run, `provider:${numbering}`), value: number })] })
    }
  }
}

/**
 * HL7 table 0203: the number by which this hospital's messages name its doctors (XCN.1). A licence, or the number of
 * another organisation's doctor, may be the same as that of a doctor here, so those are kept apart.
 */
const staffNumbers: readonly string[] = ['EI', 'EN']

function makeOrganizations (identifiers: Identifiers): Pick<References, 'organization' | 'department' | 'facility' | 'hospital'> {
  function organization (key: string | undefined, name: string | undefined, run: Run, identifier: JsonObject | undefined): Reference | undefined {
    const called = key ?? name
    if (called === undefined) return undefined
    const reference = nameResource(run, 'Organization', called, defined({ identifier: identifier === undefined ? undefined : [identifier], name: name ?? key }))
    return { reference, display: name ?? called }
  }

  return {
    organization: (cell, run) => {
      const number = part(cell, 10) ?? part(cell, 3)
      const type = part(cell, 7)
      const system = universalUri(partOfPart(cell, 6, 2), partOfPart(cell, 6, 3)) ?? ownSystem(run, encodeURIComponent(type ?? 'XX'))
      return organization(number, part(cell, 1), run, number === undefined ? undefined : defined({ type: identifiers.typeOf(type), system, value: number }))
    },
    department: (cell, run) => {
      const code = part(cell, 1)
      const identifier = code === undefined ? undefined : { system: ownSystem(run, 'department'), value: code }
      return organization(code === undefined ? undefined : `department:${code}`, part(cell, 2) ?? code, run, identifier)
    },
    facility: (cell, run) => {
      const namespace = part(cell, 1)
      const uri = universalUri(part(cell, 2), part(cell, 3))
      if (namespace === undefined && uri === undefined) return undefined
      const identifier = uri === undefined ? { system: ownSystem(run, 'facility'), value: namespace } : { system: 'urn:ietf:rfc:3986', value: uri }
      return defined({ identifier, display: namespace })
    },
    hospital: (_cell, run) => ({ identifier: { system: 'urn:yiqiao:hospital', value: run.context.hospitalId } })
  }
}

const bedRoomPoint = [[3, 'bd', 'Bed'], [2, 'ro', 'Room']] as const

/** PL: one Location for the most exact place that it names; ward, building and floor are told in its name and identifier. */
function locationOf (cell: Cell, run: Run): Reference | undefined {
  const parts = [4, 7, 8, 1, 2, 3].map((n) => partOfPart(cell, n, 1))
  if (parts.every((text) => text === undefined)) {
    const description = part(cell, 9)
    return description === undefined ? undefined : { display: description }
  }
  const key = parts.map((text) => text ?? '').join('|')
  const name = part(cell, 9) ?? [1, 2, 3].map((n) => partOfPart(cell, n, 1)).filter((text) => text !== undefined).join(' ')
  const display = name === '' ? parts.filter((text) => text !== undefined).join(' ') : name
  const kind = bedRoomPoint.find(([n]) => part(cell, n) !== undefined)
  const physicalType = kind === undefined ? undefined : { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: kind[1], display: kind[2] }] }
  const identifier = { system: ownSystem(run, 'location'), value: parts.filter((text) => text !== undefined).join('|') }
  const reference = nameResource(run, 'Location', key, defined({ identifier: [identifier], name: display, description: part(cell, 9), mode: 'instance', physicalType }))
  return { reference, display }
}

