import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Resource } from '../../core/records/index.ts'
import { loadMappings } from '../../app/load-mappings.ts'
import { compileFacts, compileOutbound, rowSource } from '../../mappings/index.ts'
import { compileR4, type ElementTable } from '../../mappings/r4/index.ts'
import { calendarIn } from '../../core/clock.ts'
import { context, header, map, mappingOf, resource } from './mapping-of.ts'
import { segmentsOf } from './outbound-of.ts'

const checkResource = compileR4(JSON.parse(readFileSync('mappings/r4/elements.json', 'utf8')) as ElementTable)
const base = mappingOf()
const loaded = await loadMappings('mappings')
const subject = { reference: 'Patient/p' }
const placer = (type: string): object => ({ type: { coding: [{ code: type }] }, system: 'urn:yiqiao:placer', value: 'CR-20270301-0001', assigner: { display: 'YIQIAO' } })
const patient: Resource = { resourceType: 'Patient', id: 'p', identifier: [{ system: 'urn:yiqiao:hospital:h1:MR', type: { coding: [{ code: 'MR' }] }, value: 'P1' }], name: [{ text: '张三' }] }
const doctor: Resource = { resourceType: 'Practitioner', id: 'd', identifier: [{ system: 'urn:yiqiao:hospital:h1:EI', value: 'D1001' }], name: [{ family: '王', given: ['医生'] }] }
const pressure = (code: string, value: number): object => ({ code: { coding: [{ system: 'http://loinc.org', code }] }, valueQuantity: { value, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' } })
const observation: Resource = { resourceType: 'Observation', id: 'o', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] }, subject, component: [pressure('8480-6', 182), pressure('8462-4', 95)] }
const request: Resource = {
  resourceType: 'ServiceRequest', id: 's', identifier: [placer('PLAC')], status: 'active', intent: 'order', priority: 'asap', subject, authoredOn: '2027-03-01T01:00:00Z',
  requester: { type: 'Device', display: '自助终端' }, performer: [{ reference: 'Practitioner/d' }], reasonCode: [{ text: '头痛两天' }], supportingInfo: [{ reference: 'Observation/o' }]
}
const related = [patient, doctor, observation]

t.test('a request for a consultation that goes out as REF^I12 [T6]', async (t) => {
  const of = (name: string, message = 'REF^I12', focus = request): readonly string[] => segmentsOf(name, message, focus, { related })
  t.strictSame(of('RF1'), ['P|A||||CR-20270301-0001^YIQIAO^urn:yiqiao:placer^URI|||20270301090000+0800|^头痛两天'])
  t.strictSame(of('PRD'), ['RP|自助终端', 'RT|王^医生|||||D1001^EI'], 'from the terminal to the doctor')
  t.strictSame(of('OBR'), ['1|CR-20270301-0001^YIQIAO^urn:yiqiao:placer^URI||85353-1^Vital signs panel^LN'])
  t.match(of('OBX').map((line) => line.split('|').slice(1, 5).join('|')), [/85354-9/, /^NM\|8480-6\^\^LN\|1\|182$/, /^NM\|8462-4\^\^LN\|1\|95$/], 'with what was measured')
  t.strictSame([of('OBR', 'REF^I12', { ...request, supportingInfo: [] }), of('RF1', 'REF^I14', { ...request, status: 'revoked' }).map((line) => line.slice(0, 1)), of('RF1', 'REF^I13', { ...request, status: 'completed' }).map((line) => line.slice(0, 1))], [[], ['R'], ['A']], 'without it; taken back; done')
})

const factsOf = (found: Resource): readonly unknown[] => compileFacts(loaded.facts)(found, { hospitalId: 'h1', calendar: calendarIn('Asia/Shanghai') })
const answered = (lines: readonly string[]): unknown => {
  const [fact] = factsOf(resource('Task', lines) as Resource)
  return (fact as { readonly request_answer?: unknown } | undefined)?.request_answer
}
const pid = 'PID|1||P1^^^HIS^MR||张^三'

t.test('the hospital\'s answer, whichever way it comes [T9]', async (t) => {
  const rf1 = (code: string, placed = 'CR-20270301-0001^YIQIAO^urn:yiqiao:placer^URI'): string => `RF1|${code}|||||${placed}|||||Q7^HIS`
  const rri = (code: string, msa = 'MSA|AA|1'): unknown => answered([header('RRI^I12'), msa, rf1(code), pid])
  const heard = (answer: string): object => ({ id: 'Task-referral:CR-20270301-0001', hospitalId: 'h1', number: 'CR-20270301-0001', answer })
  t.strictSame([rri('A'), rri('P'), rri('R'), rri('E'), rri('', 'MSA|AE|1|停诊')], [heard('accepted'), heard('pending'), heard('refused'), heard('expired'), heard('refused')], 'as RRI, of table 0283')
  t.strictSame(rri(''), heard('pending'), 'without a word of its own')
  t.strictSame(answered([header('REF^I13'), rf1('A', 'CR-20270301-0001^YIQIAO'), pid]), heard('accepted'), 'as REF^I13 of the hospital\'s own, with half of our number')
  t.strictSame(answered([header('RRI^I12'), 'MSA|AA|1', rf1('A', 'ZZ1^HIS'), pid]), undefined, 'to another request → is none of ours')
  const task = map([header('RRI^I12'), 'MSA|AA|1', rf1('A'), pid]).changes.find(({ resource: { resourceType } }) => resourceType === 'Task')
  t.ok(task?.weakElements?.includes('identifier'), 'and our own number of it stands')
  const rows = (status: string): readonly unknown[] => {
    const table = base.views.get('requests')
    if (table === undefined) throw new Error('no table of requests')
    const row = { request_no: 'CR-20270301-0001', patient_no: 'P1', status, reason: '停诊', doctor_no: 'D1001', doctor_name: '王医生', updated_at: '2027-03-01T09:00:00' }
    const made = base.map(rowSource(table, { row, controlId: 'requests/1' }), context).changes.map(({ resource }) => resource as Resource)
    t.strictSame(made.flatMap((each) => checkResource({ ...each, id: 'x' })), [], 'as valid R4')
    return made.flatMap(factsOf).flatMap((fact) => (fact as { readonly request_answer?: unknown }).request_answer ?? [])
  }
  t.strictSame(['accepted', '待定', 'R'].map((status) => rows(status)[0]), [heard('accepted'), heard('pending'), heard('refused')], 'as a row of its view')
})

t.test('a visit by video → goes to the east with its own code, elsewhere as an outpatient\'s; ended and called off [C11]', async (t) => {
  const visit: Resource = { resourceType: 'Encounter', id: 'e', identifier: [placer('VN')], status: 'finished', class: { code: 'VR' }, subject, period: { start: '2027-03-01T01:00:00Z', end: '2027-03-01T01:20:00Z' } }
  const east = compileOutbound(loaded, 'east')
  for (const message of ['ADT^A03', 'ADT^A04', 'ADT^A11']) {
    t.strictSame(segmentsOf('PV1', message, visit, { related }).map((line) => line.split('|')[1]), ['O'], message)
    t.strictSame(segmentsOf('PV1', message, visit, { related, mapping: east }).map((line) => line.split('|')[1]), ['V'], message)
  }
})
