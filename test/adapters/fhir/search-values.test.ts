import { readFileSync } from 'node:fs'
import t from 'tap'
import { searchValuesIn } from '../../../adapters/fhir/index.ts'
import { searchParameters } from '../../../adapters/fhir/search-parameters.ts'
import { searchRows } from '../../../adapters/fhir/search-row.ts'
import type { Resource } from '../../../core/records/index.ts'
import type { ElementTable } from '../../../mappings/r4/index.ts'
import { aRecord } from './a-record.ts'

const searchValuesOf = searchValuesIn('Asia/Shanghai')
const found = (resource: Resource, param: string): unknown[] => searchValuesOf(aRecord(resource)).filter((value) => value.param === param)
  .map(({ value, system, from, to }) => from === null ? [system, value] : [new Date(from).toISOString(), new Date(to ?? 0).toISOString()])

t.test('what a patient can be found by', async (t) => {
  const patient = {
    resourceType: 'Patient', id: 'p1', active: true, gender: 'female', birthDate: '1990-05-17',
    identifier: [{ system: 'urn:yiqiao:hospital:east:MR', value: 'E001' }, { value: 'bare' }],
    name: [{ text: '测试甲' }, { family: 'Müller', given: ['Ａnna', 'Eva'] }],
    telecom: [{ system: 'phone', value: '0571-0000' }],
    link: [{ type: 'replaced-by', other: { reference: 'Patient/p2' } }]
  }
  t.same(found(patient, 'identifier'), [['urn:yiqiao:hospital:east:MR', 'E001'], [null, 'bare']])
  t.same(found(patient, 'name'), [[null, '测试甲'], [null, 'muller'], [null, 'anna'], [null, 'eva']])
  t.same(found(patient, 'family:exact'), [[null, 'Müller']])
  t.same(found(patient, 'birthdate'), [['1990-05-16T15:00:00.000Z', '1990-05-17T14:59:59.999Z']], 'a day in Beijing, which kept summer time in 1990')
  t.same(['gender', 'active', 'telecom', 'link'].map((param) => found(patient, param)), [[[null, 'female']], [[null, 'true']], [[null, '0571-0000']], [[null, 'Patient/p2']]])
  t.same(found(patient, 'phone'), [], 'an alias keeps no values of its own')
})

t.test('dates stand for the time they cover', async (t) => {
  const encounter = (period: object): Resource => ({ resourceType: 'Encounter', id: 'e1', period })
  t.same(found(encounter({ start: '2027-03-01T09:30:00+08:00', end: '2027-03-01' }), 'date'), [['2027-03-01T01:30:00.000Z', '2027-03-01T15:59:59.999Z']])
  t.same(found(encounter({ start: '2027-02' }), 'date'), [['2027-01-31T16:00:00.000Z', '+275760-09-13T00:00:00.000Z']], 'an open end')
  t.same(found({ resourceType: 'Observation', id: 'o1', effectiveDateTime: '2027' }, 'date'), [['2026-12-31T16:00:00.000Z', '2027-12-31T15:59:59.999Z']])
  t.same(found({ resourceType: 'Observation', id: 'o1', effectiveTiming: { event: ['2027-03-01T00:00:00Z', '2027-03-03T00:00:00Z'] } }, 'date'), [['2027-03-01T00:00:00.000Z', '2027-03-03T00:00:00.999Z']])
})

t.test('concepts give their codings, choices any of their types, references their literal', async (t) => {
  const request = { resourceType: 'MedicationRequest', id: 'm1', medicationCodeableConcept: { coding: [{ system: 'urn:a', code: 'x' }, { code: 'y' }], text: 'free' }, subject: { reference: 'Patient/p1' }, requester: { display: 'no reference' } }
  t.same(found(request, 'code'), [['urn:a', 'x'], [null, 'y']])
  t.same(found(request, 'subject'), [[null, 'Patient/p1']])
  t.same(found(request, 'requester'), [])
  t.same(found({ ...request, medicationCodeableConcept: undefined, medicationReference: { reference: 'Medication/d1' } }, 'medication'), [[null, 'Medication/d1']])
})

t.test('the table names only elements that R4 has', async (t) => {
  const table = JSON.parse(readFileSync(new URL('../../../mappings/r4/elements.json', import.meta.url), 'utf8')) as ElementTable
  const typesAt = (types: readonly string[], element: string): string[] => types.flatMap((type) => {
    const row = table.types[type]?.[element]?.split(' ')[1] ?? table.types[type]?.[`${element}[x]`]?.split(' ')[1]
    return row?.split('|').map((name) => name.replace(/\(.*/, '')) ?? []
  })
  for (const [type, rows] of searchRows) {
    for (const { param, paths } of rows.values()) {
      for (const path of paths) t.ok(path.reduce<readonly string[]>((types, { element }) => typesAt(types, element), [type]).length > 0, `${type} ${param}`)
    }
  }
  t.same(Object.keys(searchParameters).filter((type) => !table.resources.includes(type)), [], 'every type that is served can be checked')
})

t.test('an odd resource gives no values and no error', async (t) => {
  t.same(searchValuesOf(aRecord({ resourceType: 'Unheard', id: 'x' })), [])
  t.same(searchValuesOf(aRecord({ resourceType: 'Patient', id: 'x', name: [null, 'text', 5], identifier: [{}], birthDate: 'soon' })).map(({ param }) => param), ['name', 'name:exact'])
})
