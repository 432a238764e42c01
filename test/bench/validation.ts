import { readFileSync } from 'node:fs'
import path from 'node:path'
import { compileR4, type ElementTable } from '../../mappings/r4/index.ts'
import { perSecond, ratePerCpuSecond, type BenchRow } from './row.ts'

const goal = 6_000

const patient = {
  resourceType: 'Patient', id: 'p1', active: true, name: [{ use: 'official', text: '测试甲' }], gender: 'female', birthDate: '1990-05-17',
  identifier: [{ use: 'usual', type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] }, system: 'urn:yiqiao:hospital:east:MR', value: 'E001' }],
  telecom: [{ system: 'phone', value: '0571-0000', use: 'home' }], address: [{ city: '杭州', line: ['测试路 1 号'] }], managingOrganization: { reference: 'Organization/o1' }
}
const observation = {
  resourceType: 'Observation', id: 'o1', status: 'final', category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '2339-0', display: 'Glucose' }], text: 'Glucose' }, subject: { reference: 'Patient/p1' }, encounter: { reference: 'Encounter/e1' }, effectiveDateTime: '2027-03-01T09:10:00+08:00',
  valueQuantity: { value: 5.4, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' }, interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'N' }] }],
  referenceRange: [{ low: { value: 3.9, unit: 'mmol/L' }, high: { value: 6.1, unit: 'mmol/L' } }]
}
const encounter = {
  resourceType: 'Encounter', id: 'e1', status: 'in-progress', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }, subject: { reference: 'Patient/p1' }, period: { start: '2027-03-01T08:30:00+08:00' },
  participant: [{ individual: { reference: 'Practitioner/d1' } }], location: [{ location: { reference: 'Location/l1' } }]
}
const charge = {
  resourceType: 'ChargeItem', id: 'c1', status: 'billable', code: { coding: [{ system: 'urn:yiqiao:hospital:east:charge', code: 'LAB' }], text: '血常规' }, subject: { reference: 'Patient/p1' }, context: { reference: 'Encounter/e1' },
  occurrenceDateTime: '2027-03-01', enteredDate: '2027-03-01T09:00:00+08:00', quantity: { value: 1 }, priceOverride: { value: 12.5, currency: 'CNY' }
}
const appointment = {
  resourceType: 'Appointment', id: 'a1', status: 'booked', start: '2027-03-02T09:00:00+08:00', end: '2027-03-02T09:10:00+08:00', participant: [{ status: 'accepted', actor: { reference: 'Patient/p1' } }]
}
const sound: readonly object[] = [patient, observation, encounter, charge, appointment]

/** What no validator of the trials caught alone (decision 0004). */
const faulty: readonly object[] = [
  { ...patient, colour: 'red' }, { ...patient, gender: 'M' }, { ...patient, birthDate: '1990/05/17' }, { ...patient, birthDate: '2023-02-30' }, { ...patient, active: 'true' }, { ...patient, name: { text: '测试甲' } },
  { ...patient, gender: ['female'] }, without(observation, 'status'), without(charge, 'status'), { ...observation, valueString: 'high' }, { ...patient, contact: [{ gender: 'female' }] }, without(appointment, 'start', 'end'),
  { ...charge, subject: { reference: 'Practitioner/d1' } }
]

function without (resource: object, ...elements: readonly string[]): object {
  return Object.fromEntries(Object.entries(resource).filter(([name]) => !elements.includes(name)))
}

/** Resources held against R4, as before every save. */
export const validationRow: BenchRow = {
  name: 'validation',
  run: async () => {
    const check = compileR4(JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../mappings/r4/elements.json'), 'utf8')) as ElementTable)
    const refused = sound.filter((resource) => check(resource).length > 0).length
    const caught = faulty.filter((resource) => check(resource).length > 0).length
    const rate = ratePerCpuSecond(() => { for (const resource of sound) check(resource) }) * sound.length
    return [
      { what: 'resources checked per CPU second', value: perSecond(rate), against: `goal ${goal.toLocaleString('en')}; ajv 6,232, @medplum/core 1,296 (measured before)`, isMet: rate >= goal },
      { what: 'kinds of fault caught', value: `${caught} of ${faulty.length}, ${refused} sound resources refused`, against: 'goal all; ajv misses 7, @medplum/core 4', isMet: caught === faulty.length && refused === 0 }
    ]
  }
}
