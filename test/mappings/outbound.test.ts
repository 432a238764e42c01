import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import type { Resource } from '../../core/records/index.ts'
import { checkOutbound, compileOutbound, describeOutbound, MappingError, relatedLimits, type TableFiles } from '../../mappings/index.ts'
import { outboundRowKeys } from '../../mappings/outbound-row.ts'
import { header, map } from './mapping-of.ts'
import { needed, readBack, referenceOf, segmentsOf, send, sourcesOf } from './outbound-of.ts'

const pid = 'PID|1||P1^^^HIS^MR~000000199001011237^^^&2.16.156.10011.1.3&ISO^NI||测试^甲^乙^^^^L~Ce^Shi^^^^^L^P||19800229083000+0800|F|||1 号楼^2 单元^北京^北京^100000^CHN^H^^海淀||10000000000^PRN^CP~a@example.cn^PRN^Internet^a@example.cn|010-1^WPN^PH||M'
const pv1 = 'PV1|1|O|MZ01^^^^^^^^内科门诊|R|||D1^演示^医生||||||||||||V1^^^HIS^VN|||||||||||||||||||||||||20260105082500+0800'

/** A message as a hospital sends it, and the resource that goes back to it. */
const told: ReadonlyArray<readonly [message: string, focus: string, lines: readonly string[]]> = [
  ['ADT^A28', 'Patient', [pid]],
  ['ADT^A31', 'Patient', [pid.replace('|P1^^^HIS^MR', '|P1^^^HIS&1.2.3&ISO^MR^^20200101~X^^^^PI'), 'PD1|||内科^^^^^^^^^K1|D1^演示^医生']],
  ['ADT^A08', 'Patient', [pid]],
  ['ADT^A40', 'Patient', [pid, 'MRG|P2^^^HIS^MR||||||旧^名']],
  ['ADT^A04', 'Encounter', [pid, pv1, 'PV2|||R51^头痛^I10', 'DG1|1||J00^感冒^I10|||A']],
  ['SIU^S12', 'Appointment', [pid, 'RGS|1', 'AIS|1||CONS^门诊|20260106090000+0800', 'AIL|1||MZ01^^^^^^^^内科|||||||||Booked', 'AIP|1||D1^演示^医生|||||||||Booked']],
  ['SIU^S26', 'Appointment', [pid, 'RGS|1', 'AIG|1||^CT 机|||||||||||Booked']],
  ['ORM^O01', 'ServiceRequest', [pid, pv1, 'ORC|NW|O1^YQ|F1||IP||^^^20260106090000+0800^^S||20260105083000+0800|||D1^演示^医生', 'OBR|1|O1^YQ|F1|CBC^血常规^LOCAL|||||||||||||||||||||||||||R50^发热^I10', 'NTE|1||空腹 | & ^']],
  ['OMG^O19', 'ServiceRequest', [pid, pv1, 'ORC|NW|O1^YQ|F1|G1^YQ|HD||||20260105083000+0800|||D1^演示^医生', 'TQ1|1||||||20260106090000+0800|20260106100000+0800|A', 'OBR|1|O1^YQ|F1|CT^CT^LOCAL']],
  ['REF^I12', 'ServiceRequest', ['RF1|P|R|CARD^心内会诊|||R1^YQ|20260106090000+0800||20260105083000+0800|I10^高血压^I10', 'PRD|RP|演示^医生|||||D1^EI', 'PRD|RT|||||||||心内科^^^^^^^^^K1', pid, 'DG1|1||I10^高血压^I10|||W', pv1]],
  ['ORU^R01', 'DiagnosticReport', [pid, pv1, 'OBR|1|O1|L1|CBC^血常规|||20260105083000+0800|||||||||||||||20260105093000+0800||LAB|F|||||||D2&检验&员', 'OBX|1|NM|WBC^白细胞^LN||5.5|10*9/L^10\\S\\9/L^UCUM|3.5-9.5|N|||F|||20260105083000+0800||D2^检验^员', 'NTE|1||复查']],
  ['MDM^T02', 'DocumentReference', [pid, pv1, 'TXA|1|DS^出院小结||||20260105083000+0800|||D1^演示^医生|||DOC1^YQ|||||AU||AV', 'OBX|1|FT|DS||第一行\\.br\\第二行||||||F', 'OBX|2|ED|DS||^application^pdf^Base64^AAAA||||||F']],
  ['RDE^O11', 'MedicationRequest', [pid, pv1, 'ORC|NW|M1^YQ|||IP||||20260105083000+0800|||D1^演示^医生', 'RXE||AMX^阿莫西林^LOCAL|500||mg||^口服每日三次|||21|粒|0|D1^演示^医生', 'NTE|1||饭后', 'TQ1|1||TID||||20260105083000+0800||R', 'RXR|PO^口服']],
  ['DFT^P03', 'ChargeItem', [pid, pv1, 'FT1|1|T1||20260105083000+0800|20260105083000+0800|CG|A1^挂号费|||2|12.50||K1^内科||||||R50^发热|D1^演示^医生']],
  ['DFT^P03', 'ChargeItem', [pid, pv1, 'FT1|1|T3||20260106||CD|A1^挂号费||||12.50|||||||||||||||||||T1']]
]

/** SCH belongs before PID, TXA behind it. */
function withHead (message: string, lines: readonly string[]): readonly string[] {
  const head = message.startsWith('SIU') ? ['SCH|A1^YQ|F1|||||FOLLOWUP||30|min|^^^20260106090000+0800^20260106093000+0800||||||||||||||Booked', 'NTE|1||请早到'] : []
  return [header(message), ...head, ...lines]
}

const byType = (type: string, all: readonly Resource[]): readonly Resource[] => all.filter(({ resourceType }) => resourceType === type)

t.test('what goes out comes back the same', async (t) => {
  for (const [message, type, lines] of told) {
    const made = map(withHead(message, lines)).changes.map(({ resource }) => resource)
    const focus = byType(type, made).at(-1) ?? { resourceType: type }
    for (const characterSet of ['UNICODE UTF-8', 'GB18030']) {
      const { text } = send(message, focus, { related: made, envelope: { characterSet } })
      t.strictSame(byType(type, readBack(text)).at(-1), withTelecomInOrder(focus), `${message} of ${type} in ${characterSet}`)
    }
  }
})

/** PID-13 takes what is of home before what is mobile. */
function withTelecomInOrder (resource: Resource): Resource {
  const telecom = resource['telecom'] as ReadonlyArray<{ readonly use: string }> | undefined
  return telecom === undefined ? resource : { ...resource, telecom: [...telecom].sort((one, other) => one.use < other.use ? -1 : 1) }
}

const text = fc.string({ unit: fc.constantFrom('|', '^', '&', '~', '\\', '"', '甲', '𠮷', 'é', 'x', '\n'), minLength: 1, maxLength: 6 }).map((word) => `a${word}z`)
const day = fc.integer({ min: 0, max: 40_000 }).map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10))
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> => fc.option(value, { nil: undefined })
const record = fc.record({
  name: fc.array(fc.record({ use: fc.constantFrom('official', 'usual', 'maiden'), family: text, given: text.map((word) => [word]) }), { minLength: 1, maxLength: 3 }),
  birthDate: optional(day),
  gender: optional(fc.constantFrom('male', 'female', 'other', 'unknown')),
  address: optional(fc.array(fc.record({ use: fc.constantFrom('home', 'work', 'temp'), line: fc.array(text, { minLength: 1, maxLength: 3 }), city: text, district: text, postalCode: text }), { minLength: 1, maxLength: 2 })),
  telecom: optional(fc.array(fc.record({ system: fc.constantFrom('phone', 'email', 'fax'), value: text, use: fc.constant('home') }), { minLength: 1, maxLength: 3 })),
  multipleBirthInteger: optional(fc.integer({ min: 1, max: 5 })),
  deceasedBoolean: optional(fc.boolean())
}, { requiredKeys: ['name'] })

t.test('any patient, with any characters in name, address and telephone, comes back the same in UTF-8 and GB18030', async (t) => {
  fc.assert(fc.property(record, text, fc.constantFrom('UNICODE UTF-8', 'GB18030'), (elements, number, characterSet) => {
    const identifier = [{ type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR', display: 'Medical record number' }] }, system: 'urn:yiqiao:hospital:h1:MR', value: number }]
    const patient: Resource = JSON.parse(JSON.stringify({ resourceType: 'Patient', id: `Patient-${number}`, identifier, ...elements })) as Resource
    const [back] = byType('Patient', readBack(send('ADT^A31', patient, { envelope: { characterSet } }).text))
    return isDeepStrictEqual(back, patient)
  }), { numRuns: 60 })
  t.pass()
})

const patient: Resource = { resourceType: 'Patient', id: 'p', identifier: [{ system: 'urn:yiqiao:hospital:h1:MR', type: { coding: [{ code: 'MR' }] }, value: 'P1' }], name: [{ text: '测试甲' }] }
const subject = { reference: 'Patient/p' }

t.test('whatever stands in a record → is written or refused as MappingError, never anything else', async (t) => {
  const elements = ['identifier', 'name', 'telecom', 'address', 'maritalStatus', 'extension', 'deceasedDateTime', 'code', 'valueQuantity', 'valueCodeableConcept', 'component', 'note', 'performer', 'subject', 'participant', 'start', 'status', 'content', 'period', 'location', 'result', 'contained', 'priceOverride']
  const inner = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.constantFrom('booked', 'final', 'x', '2026-01-05', '#c', 'Patient/p', 7, true, null), fc.array(tie('value'), { maxLength: 2 }), fc.dictionary(fc.constantFrom('coding', 'code', 'system', 'value', 'display', 'reference', 'actor', 'other', 'use', 'family', 'given', 'url', 'text', 'start', 'attachment', 'data'), tie('value'), { maxKeys: 4 }))
  })).value
  fc.assert(fc.property(fc.dictionary(fc.constantFrom(...elements), inner, { maxKeys: 8 }), fc.constantFrom(...told), (record, [message, resourceType]) => {
    try {
      send(message, { ...record, resourceType, id: 'x' }, { related: [patient] })
    } catch (error) {
      if (!(error instanceof MappingError)) throw error
    }
  }), { numRuns: 300 })
  t.pass()
})

t.test('a thing that the hospital has not numbered → goes by our number', async (t) => {
  const coding = { coding: [{ code: 'A', display: '项目' }] }
  const order = { resourceType: 'ServiceRequest', id: 'o-1', status: 'active', intent: 'order', code: coding, subject }
  const related = [patient]
  t.strictSame(['OMG^O19', 'ORM^O01'].map((message) => segmentsOf('ORC', message, order, { related })), [['NW|o-1^YIQIAO|||IP'], ['NW|o-1^YIQIAO|||IP']], 'an order')
  t.strictSame(segmentsOf('ORC', 'OMG^O19', order, { related, envelope: { isUpdate: true } }), ['XO|o-1^YIQIAO|||IP'], 'an order that was sent before is changed')
  t.strictSame(segmentsOf('RF1', 'REF^I12', order, { related }), ['P||A^项目|||o-1^YIQIAO'], 'a referral')
  const appointment = { resourceType: 'Appointment', id: 'a-1', status: 'proposed', start: '2026-01-06T01:00:00Z', end: '2026-01-06T01:30:00Z', participant: [{ actor: subject, status: 'accepted' }] }
  t.strictSame(segmentsOf('SCH', 'SIU^S12', appointment, { related }), ['a-1^YIQIAO||||||||||^^^20260106090000+0800^20260106093000+0800||||||||||||||Pending'], 'an appointment, at the hospital\'s time')
  t.strictSame(segmentsOf('ARQ', 'SRM^S01', appointment, { related }), ['a-1^YIQIAO||||||||||20260106090000+0800^20260106093000+0800'], 'a wished appointment')
  const wanted = { ...appointment, requestedPeriod: [{ start: '2026-01-07T01:00:00Z', end: '2026-01-07T01:30:00Z' }], extension: [{ url: 'urn:yiqiao:fhir:appointment-wanted-slot', valueReference: { reference: 'Slot/s2' } }] }
  t.strictSame(segmentsOf('ARQ', 'SRM^S02', wanted, { related: [...related, { resourceType: 'Slot', id: 's2', identifier: [{ value: 'R2' }] }] }), ['a-1^YIQIAO||||R2||||||20260107090000+0800^20260107093000+0800'], 'another time, of another shift')
  t.strictSame(segmentsOf('TXA', 'MDM^T02', { resourceType: 'DocumentReference', id: 'd-1', status: 'current', type: coding, subject, content: [{ attachment: { contentType: 'text/plain', data: '5Zue5aSN' } }] }, { related }), ['1|A^项目||||||||||d-1^YIQIAO|||||DO||AV'], 'a document')
  t.strictSame(segmentsOf('FT1', 'DFT^P03', { resourceType: 'ChargeItem', id: 'c-1', status: 'billable', code: coding, subject, occurrenceDateTime: '2026-01-05', priceOverride: { value: 0.1, currency: 'CNY' } }, { related }), ['1|c-1^YIQIAO||20260105||CG|A^项目||||0.10&CNY'], 'a charge')
  t.strictSame(segmentsOf('PID', 'ADT^A28', { resourceType: 'Patient', id: 'p-9', name: [{ text: '新建' }] }), ['1||p-9^^^YIQIAO^PI||新建'], 'a patient')
  t.strictSame(segmentsOf('PV1', 'ADT^A04', { resourceType: 'Encounter', id: 'e-9', status: 'in-progress', class: { code: 'AMB' }, subject }, { related }), ['1|O|||||||||||||||||e-9^^^YIQIAO^VN'], 'a visit')
})

t.test('an appointment that the hospital knows → is changed and cancelled by both numbers', async (t) => {
  const numbers = [{ type: { coding: [{ code: 'PLAC' }] }, value: 'a-1' }, { type: { coding: [{ code: 'FILL' }] }, value: 'F1' }]
  const appointment = { resourceType: 'Appointment', id: 'a', identifier: numbers, status: 'cancelled', cancelationReason: { text: '病人有事' }, participant: [{ actor: subject, status: 'accepted' }] }
  t.strictSame(segmentsOf('ARQ', 'SRM^S04', appointment, { related: [patient] }), ['a-1|F1||||^病人有事'])
  t.strictSame(segmentsOf('SCH', 'SIU^S15', appointment, { related: [patient] }), ['a-1|F1||||^病人有事|||||||||||||||||||Cancelled'])
  t.throws(() => send('SIU^S12', { ...appointment, status: 'booked' }, { related: [patient] }), { code: 'MAPPING_VALUE_MISSING', place: 'Appointment.start' })
})

t.test('an observation of the patient\'s own', async (t) => {
  const part = (code: string, value: number): unknown => ({ code: { coding: [{ system: 'http://loinc.org', code }] }, valueQuantity: { value, unit: 'mmHg' } })
  const pressure = { resourceType: 'Observation', id: 'b-1', status: 'final', category: [{ coding: [{ code: 'vital-signs' }] }], code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] }, subject, effectiveDateTime: '2026-01-05T08:30:00+08:00', performer: [subject], component: [part('8480-6', 120), part('8462-4', 80)], device: { display: '血压计' }, specimen: { display: '无' } }
  const { text, notes } = send('ORU^R01', pressure, { related: [patient] })
  t.strictSame(text.split('\r').slice(2), [
    'OBR|1||b-1^YIQIAO|85354-9^^LN|||20260105083000+0800|||||||||||||||||OTH|F',
    'OBX|1||85354-9^^LN||||||||F|||20260105083000+0800',
    'OBX|2|NM|8480-6^^LN|1|120|mmHg|||||F|||20260105083000+0800',
    'OBX|3|NM|8462-4^^LN|1|80|mmHg|||||F|||20260105083000+0800', ''], 'has its parts behind it')
  t.strictSame(notes, ['Observation.specimen: no row'], 'what no row reads is told')
  t.throws(() => send('ORU^R01', { ...pressure, status: 'unknown' }, { related: [patient] }), { code: 'MAPPING_CODE_UNKNOWN', place: 'Observation.status' })
})

t.test('a merge without a surviving record is refused', async (t) => {
  t.throws(() => send('ADT^A40', patient), { code: 'MAPPING_VALUE_MISSING', place: 'Patient.link[type=replaced-by].other->Patient' })
  t.throws(() => send('ADT^A40', { ...patient, link: [{ type: 'replaced-by', other: { reference: 'Patient/gone' } }] }), { code: 'MAPPING_VALUE_MISSING' }, 'or without its record')
})

t.test('a number of another hospital never goes out as this one\'s', async (t) => {
  const other = { system: 'urn:yiqiao:hospital:h2:MR', value: 'P7' }
  const { text, notes } = send('ADT^A31', { ...patient, identifier: [other, ...patient['identifier'] as unknown[]], photo: [{}], extension: [{ url: 'urn:x' }] })
  t.equal(text.split('\r')[2], 'PID|1||P1^^^^MR||测试甲')
  t.strictSame(notes, ['Patient.identifier: is a number of another hospital; left out', 'Patient.photo: no row', 'Patient.extension[urn:x]: no row'])
  t.throws(() => send('ADT^A31', { ...patient, identifier: [other] }), { code: 'MAPPING_VALUE_MISSING', place: 'Patient.identifier' })
})

t.test('the records that a message names', async (t) => {
  const made = map(withHead('SIU^S12', told.find(([message]) => message === 'SIU^S12')?.[2] ?? [])).changes.map(({ resource }) => resource)
  const focus = byType('Appointment', made)[0] ?? { resourceType: 'Appointment' }
  t.strictSame(needed('SIU^S12', focus, []), ['Patient/Patient-P1', 'Practitioner/Practitioner-D1', 'Location/Location-|||MZ01||'], 'are asked for')
  t.strictSame(needed('SIU^S12', focus, made), [], 'until all are there')
  const report = { resourceType: 'DiagnosticReport', status: 'final', code: { text: 'x' }, subject, result: Array.from({ length: 300 }, (_, index) => ({ reference: `Observation/${index}` })) }
  t.equal(needed('ORU^R01', report, []).length, relatedLimits.records, 'are at most so many')
  const result = { resourceType: 'Observation', id: '0', performer: [{ reference: 'Practitioner/d' }], status: 'final', code: { text: 'x' } }
  t.strictSame(needed('ORU^R01', { ...report, result: [{ reference: 'Observation/0' }] }, [patient, result]), ['Practitioner/d'], 'and those that they name come next')
  const contained = { ...report, result: [{ reference: '#0' }], contained: [result] }
  t.strictSame(segmentsOf('OBX', 'ORU^R01', contained, { related: [patient] }), ['1||^x||||||||F'], 'contained ones are there already')
  t.equal(referenceOf(result), 'Observation/0')
  t.throws(() => send('ORU^R01', patient), { code: 'MESSAGE_TYPE_UNKNOWN', place: 'Patient' })
})

t.test('a site\'s row', async (t) => {
  const mapping = compileOutbound(sourcesOf({
    segments: { pid: [{ to: 'PID-8', from: 'gender', as: 'code', table: 'sex-gb-2261' }, { to: 'PID-15', drop: true }, { to: 'PID-99', from: 'birthDate' }] },
    codeTables: { 'sex-gb-2261': { table: 'sex-gb-2261', map: { female: '2' } } }
  }), 'trial')
  t.strictSame(segmentsOf('PID', 'ADT^A31', { ...patient, gender: 'female', birthDate: '1980' }, { mapping })[0]?.replace(/\|{80,}/, '|…|'), '1||P1^^^^MR||测试甲||1980|2|…|1980', 'replaces the base row of its field')
  const own = compileOutbound(sourcesOf({ messages: { mine: { table: 'mine', writes: ['ZDT^Z01'], structure: 'ZDT_Z01', focus: 'Patient', segments: [{ segment: 'MSH', rows: ['msh'] }, { segment: 'ZPI', rows: ['zpi'] }] } }, segments: { zpi: [{ to: 'ZPI-1', from: 'name.text' }, { to: 'ZPI-2.2.1', value: 'x' }] } }), 'trial')
  t.strictSame(segmentsOf('ZPI', 'ZDT^Z01', patient, { mapping: own }), ['测试甲|^x'], 'may be of a message of its own')
  t.not(mapping.version, own.version)
  t.ok(own.messagesOf('Patient').includes('ZDT^Z01'))
  t.match(describeOutbound(checkOutbound(sourcesOf({ segments: { pid: [{ to: 'PID-8', value: 'F' }] } }), 'trial').resolved).find((line) => line.includes('PID-8')), '  PID-8 <- = "F" [site sites/trial/outbound/segments/pid.json row 1]', 'is listed with its file')
})

t.test('faults of a site are told with file, row and target', async (t) => {
  const place = 'sites/trial/outbound/segments/pid.json row 1 (PID-8)'
  const row = (more: object): Partial<TableFiles> => ({ segments: { pid: [{ to: 'PID-8', ...more }] } })
  const message = (more: object): Partial<TableFiles> => ({ messages: { mine: { table: 'mine', writes: ['ZDT^Z01'], structure: 'Z', focus: 'Patient', segments: [{ segment: 'PID', rows: ['pid'] }], ...more } } })
  const lines: ReadonlyArray<readonly [string, Partial<TableFiles>, string]> = [
    ['no such path', row({ from: 'gender[' }), `${place}: no such path: "gender["`],
    ['no such record around', row({ from: 'Encounter.status' }), `${place}: no Encounter around it: "Encounter.status"`],
    ['an arrow without a type', row({ from: 'generalPractitioner->name' }), `${place}: no such path: "generalPractitioner->name"`],
    ['no such printer', row({ from: 'gender', as: 'cod' }), `${place}: no printer "cod"`],
    ['no such table', row({ from: 'gender', table: 'sxe' }), `${place}: no outbound table "sxe"`],
    ['an unknown key', row({ from: 'gender', form: 'x' }), `${place}: unknown key "form"`],
    ['no source', row({}), `${place}: needs one of "from" or "value"`],
    ['no field', { segments: { pid: [{ to: 'PID.8', from: 'gender' }] } }, 'sites/trial/outbound/segments/pid.json row 1 (PID.8): no field: "PID.8"'],
    ['a field of another segment', { segments: { pid: [{ to: 'PV1-2', from: 'gender' }] } }, 'sites/trial/outbound/segments/pid.json row 1 (PV1-2): is no field of PID'],
    ['one target twice', { segments: { pid: [{ to: 'PID-8', value: 'F' }, { to: 'PID-8', value: 'M' }] } }, 'sites/trial/outbound/segments/pid.json row 2 (PID-8): the same target twice in one file'],
    ['nothing to drop', { segments: { pid: [{ to: 'PID-98', drop: true }] } }, 'sites/trial/outbound/segments/pid.json row 1 (PID-98): nothing to drop, the base has no such row'],
    ['a message that lacks its focus', { messages: { mine: { table: 'mine', writes: ['ZDT^Z01'], structure: 'Z', segments: [{ segment: 'PID', rows: ['pid'] }] } } }, 'sites/trial/outbound/messages/mine.json: has no "focus"'],
    ['no such row file', message({ segments: [{ segment: 'PID', rows: ['pdi'] }] }), 'outbound/messages/mine.json: PID: no file outbound/segments/pdi.json'],
    ['a needed field of another segment', message({ segments: [{ segment: 'PID', rows: ['pid'], needs: ['PV1-2'] }] }), 'outbound/messages/mine.json: PID: "needs" names no field of PID'],
    ['an entry without rows', message({ segments: [{ segment: 'PID', rows: ['pid'], with: [{ segment: 'PD1' }] }] }), 'sites/trial/outbound/messages/mine.json: segment 1.1: has no "rows"'],
    ['a message written twice', message({ writes: ['ADT^A31'] }), 'outbound/messages/mine.json: ADT^A31 of Patient is written by another table too'],
    ['a table that a data type needs', { codeTables: {}, segments: {} }, '']
  ]
  for (const [title, over, expected] of lines) t.strictSame(checkOutbound(sourcesOf(over), 'trial').faults.slice(0, 1), expected === '' ? [] : [expected], title)
  t.match(checkOutbound({ sites: { trial: sourcesOf().base } }, 'trial').faults[0], /^no outbound table "name-use", which a data type needs$/)
  t.throws(() => compileOutbound(sourcesOf(row({ from: 'gender', as: 'cod' })), 'trial'), { message: /no printer "cod"/ })
  t.throws(() => compileOutbound(sourcesOf(), 'nowhere'), { code: 'MAPPING_SITE_UNKNOWN' })
  t.strictSame(checkOutbound(sourcesOf(), 'nowhere').faults, ['no site "nowhere": there is no folder sites/nowhere'])
  const schema = JSON.parse(readFileSync('mappings/outbound-row.schema.json', 'utf8')) as { items: { properties: object } }
  t.strictSame(Object.keys(schema.items.properties).sort(), [...outboundRowKeys].sort(), 'and the schema for editors knows the same keys')
})
