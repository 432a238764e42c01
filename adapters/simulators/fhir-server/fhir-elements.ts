import { beijingTime } from '../hospital/dialect.ts'
import type { Observation } from '../hospital/his-event.ts'
import type { Person } from '../hospital/person.ts'

export type Elements = Readonly<Record<string, unknown>>

const kinds = 'http://terminology.hl7.org/CodeSystem/v2-0203'
export const sid = 'https://his.north.example/sid/'

export const identifier = (kind: string, name: string, value: string): Elements => ({ type: { coding: [{ system: kinds, code: kind }] }, system: sid + name, value })
export const time = (instant: Date): string => `${beijingTime(instant).replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6')}+08:00`
export const yuan = (fen: number): Elements => ({ value: fen / 100, currency: 'CNY' })
export const concept = (item: { readonly code: string, readonly name: string }, system: string): Elements => ({ coding: [{ system: sid + system, code: item.code, display: item.name }], text: item.name })

export function patientElements (person: Person): Elements {
  const { address, guardian } = person
  return {
    identifier: [identifier('MR', 'patient', person.mrn), ...(person.residentId === null ? [] : [identifier('NI', 'resident-id', person.residentId)])],
    name: [{ use: 'official', family: person.familyName, given: [person.givenName] }],
    telecom: [{ system: 'phone', value: person.phone, use: 'mobile' }],
    gender: person.gender,
    birthDate: person.birthDate,
    address: [{ use: 'home', line: [address.street], city: address.city, state: address.province, postalCode: address.postcode, country: 'CHN' }],
    ...(guardian === null ? {} : { contact: [{ relationship: [{ text: '母亲' }], name: { family: guardian.familyName, given: [guardian.givenName] }, telecom: [{ system: 'phone', value: guardian.phone }] }] })
  }
}

export function observationElements ({ item, value, flag }: Observation): Elements {
  const measured = typeof value === 'string'
    ? { valueString: value }
    : { valueQuantity: { value: Number(value.number), unit: value.unit }, referenceRange: [{ text: value.range }], interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: flag }] }] }
  return { status: 'final', code: concept(item, 'lab'), ...measured }
}
