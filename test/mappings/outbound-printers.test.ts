import t from 'tap'
import type { Resource } from '../../core/records/index.ts'
import type { OutboundEnvelope } from '../../mappings/index.ts'
import { readBack, segmentsOf, send } from './outbound-of.ts'

const patient: Resource = { resourceType: 'Patient', id: 'p', identifier: [{ value: 'P1' }] }
const subject = { reference: 'Patient/p' }
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

function fieldOf (path: string, message: string, focus: Resource, sending: { readonly related?: readonly Resource[], readonly envelope?: Partial<OutboundEnvelope> } = {}): string | undefined {
  const [segment = '', field] = path.split('-')
  return segmentsOf(segment, message, focus, sending)[0]?.split('|')[Number(field) - 1]
}

function pidOf (field: number, elements: object, envelope: Partial<OutboundEnvelope> = {}): string | undefined {
  return fieldOf(`PID-${field}`, 'ADT^A31', { ...patient, ...elements }, { envelope })
}

t.test('a time', async (t) => {
  const at = (deceasedDateTime: string, zone: string): string | undefined => pidOf(29, { deceasedDateTime }, { zone })
  t.equal(at('2026-01-05T00:30:00Z', 'Asia/Shanghai'), '20260105083000+0800', 'is told as the hospital\'s clocks show it, with its offset')
  t.equal(at('2026-01-05T08:30:00.123456+08:00', 'Asia/Shanghai'), '20260105083000.1234+0800', 'to a tenth of a millisecond')
  t.strictSame(['2026-01-15T12:00:00Z', '2026-07-15T12:00:00Z', '2026-03-29T03:30:00Z'].map((text) => at(text, 'Europe/Berlin')), ['20260115130000+0100', '20260715140000+0200', '20260329053000+0200'], 'in summer and in winter')
  t.equal(at('2026-01-05T12:00:00Z', 'America/St_Johns'), '20260105083000-0330', 'west of Greenwich')
  t.strictSame(['2026', '2026-01', '2026-01-05'].map((text) => at(text, 'Asia/Shanghai')), ['2026', '202601', '20260105'], 'that is a date only stays as exact as it is')
  t.throws(() => at('yesterday', 'Asia/Shanghai'), { code: 'MAPPING_VALUE_INVALID', place: 'Patient.deceasedDateTime' })
  t.equal(pidOf(7, { birthDate: '1980-02-29', _birthDate: { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: '1980-02-29T08:30:00+08:00' }] } }), '19800229083000+0800', 'of birth goes before the day of birth')
})

t.test('an identifier', async (t) => {
  const of = (identifier: object): string | undefined => pidOf(3, { identifier: [{ value: '1', ...identifier }] })
  const type = { coding: [{ code: 'NI' }] }
  t.strictSame(['urn:oid:1.2.3', 'urn:uuid:00000000-0000-4000-8000-000000000000', 'urn:dns:his.example', 'http://his.example/mrn'].map((system) => of({ system, type })), ['1^^^&1.2.3&ISO^NI', '1^^^&00000000-0000-4000-8000-000000000000&UUID^NI', '1^^^&his.example&DNS^NI', '1^^^&http://his.example/mrn&URI^NI'], 'of a universal assigner')
  t.equal(of({ system: 'urn:yiqiao:hospital:h1:JHN', assigner: { display: 'HIS' } }), '1^^^HIS^JHN', 'of this hospital')
  t.equal(of({ system: 'urn:yiqiao:hospital:h1:%', period: { start: '2020-01-01', end: '2021-01-01' } }), '1^^^^%^^20200101^20210101', 'of a period')
  const order = { resourceType: 'ServiceRequest', id: 'o', status: 'active', intent: 'order', code: { text: 'x' }, subject }
  const placed = (identifier: object): string | undefined => fieldOf('ORC-2', 'OMG^O19', { ...order, identifier: [{ type: { coding: [{ code: 'PLAC' }] }, value: '1', ...identifier }] }, { related: [patient] })
  t.strictSame([placed({ system: 'urn:yiqiao:hospital:h1:EI:YQ' }), placed({ system: 'urn:oid:1.2', assigner: { display: 'YQ' } })], ['1^YQ', '1^YQ^1.2^ISO'], 'of an order')
  t.throws(() => placed({ system: 'urn:yiqiao:hospital:h2:EI:YQ' }), { code: 'MAPPING_VALUE_INVALID' }, 'of another hospital\'s order')
})

t.test('a name', async (t) => {
  const of = (name: object): string | undefined => pidOf(5, { name: [name] })
  t.equal(of({ text: '测试甲' }), '测试甲', 'that is only text goes whole into the family name')
  t.equal(of({ use: 'official', family: 'Müller', given: ['A', 'B', 'C'], prefix: ['Dr.'], suffix: ['jr.'], period: { start: '2020' } }), 'Müller^A^B C^jr.^Dr.^^L^^^^^2020')
  t.equal(of({ use: 'old', given: ['A|^&~\\'] }), '^A\\F\\\\S\\\\T\\\\R\\\\E\\^^^^^BAD', 'with delimiters in it')
  t.equal(of({ family: 'Ce', extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation', valueCode: 'SYL' }] }), 'Ce^^^^^^^P', 'in letters')
  t.equal(pidOf(5, { name: [{ use: 'usual' }] }), undefined, 'without words')
})

t.test('an address and a telephone', async (t) => {
  t.equal(pidOf(11, { address: [{ text: '北京市海淀区 1 号' }] }), '北京市海淀区 1 号')
  t.equal(pidOf(11, { address: [{ type: 'postal', line: ['a', 'b', 'c', 'd'], period: { end: '2020' } }] }), 'a^b^^^^^M^^^^^^^2020^^^^^c d')
  t.equal(pidOf(11, { address: [{ use: 'home' }] }), undefined)
  const telecom = [{ system: 'phone', value: '1' }, { system: 'fax', value: '2', use: 'home' }, { system: 'email', value: 'a@b' }, { value: '3', use: 'mobile', period: { start: '2020' } }, { system: 'url', value: 'x', use: 'home' }, { system: 'phone', use: 'home' }, { system: 'phone', value: '4', use: 'old' }]
  t.equal(pidOf(13, { telecom }), '2^PRN^FX~x^PRN~3^PRN^CP^^^^^^^^^^2020~1^^PH~^NET^Internet^a@b', 'of old use is not told')
})

t.test('a code', async (t) => {
  const of = (maritalStatus: unknown): string | undefined => pidOf(16, { maritalStatus })
  const v3 = 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus'
  t.equal(of({ coding: [{ system: v3, code: 'L', display: 'Legally Separated' }] }), 'A', 'becomes the receiver\'s')
  t.equal(of({ coding: [{ system: v3, code: 'L' }, { code: 'A', display: '分居', system: 'urn:yiqiao:hospital:h1:codes:MY' }] }), 'A^分居^MY', 'with the words of the sender who said it so')
  t.equal(of({ coding: [{ system: 'urn:oid:1.2', code: '9', version: '1' }, { system: 'http://terminology.hl7.org/CodeSystem/v2-0002', code: 'X', version: '2' }], text: 'z' }), '9^^1.2^X^^HL70002^1^2^z', 'that the table lacks goes on as it is')
  t.strictSame([of({ text: 'z' }), of({ coding: [{ display: 'd' }] }), of('word'), of(7), of({})], ['^z', '^d', '^word', undefined, undefined], 'of words only')
  t.equal(pidOf(15, { communication: [{ language: { coding: [{ code: 'zh', system: 'urn:ietf:bcp:47' }] } }] }), 'zh^^ISO639')
  t.equal(pidOf(15, { communication: [{ language: { coding: [{ code: 'q', system: 'urn:yiqiao:hospital:h1:codes:%E0%A4%A' }] } }] }), 'q^^%E0%A4%A', 'of a system whose name cannot be read')
  t.throws(() => pidOf(8, { gender: 'x' }), { code: 'MAPPING_CODE_UNKNOWN', place: 'Patient.gender' })
})

t.test('a doctor', async (t) => {
  const visit = { resourceType: 'Encounter', id: 'e', status: 'in-progress', class: { code: 'AMB' }, subject }
  const attended = (individual: object, related: readonly Resource[] = []): string | undefined =>
    fieldOf('PV1-7', 'ADT^A04', { ...visit, participant: [{ type: [{ coding: [{ code: 'ATND' }] }], individual }] }, { related: [patient, ...related] })
  const doctor = { resourceType: 'Practitioner', id: 'd', identifier: [{ system: 'urn:yiqiao:hospital:h2:EI', value: 'no' }, { system: 'urn:oid:1.2', value: 'L7', type: { coding: [{ code: 'MD' }] } }, { system: 'urn:yiqiao:hospital:h1:EI', value: 'D1' }], name: [{ text: '旧' }, { use: 'official', family: '演示', given: ['医生'] }], qualification: [{ code: { coding: [{ code: 'MD' }] } }] }
  t.equal(attended({ reference: 'Practitioner/d' }, [doctor]), 'D1^演示^医生^^^^MD^^^L', 'goes by the hospital\'s own number')
  t.equal(attended({ reference: 'Practitioner/d' }, [{ ...doctor, identifier: doctor.identifier.slice(0, 2) }]), 'L7^演示^医生^^^^MD^^&1.2&ISO^L^^^MD', 'or by a universal one')
  t.equal(attended({ reference: 'PractitionerRole/r' }, [doctor, { resourceType: 'PractitionerRole', id: 'r', practitioner: { reference: 'Practitioner/d' } }]), 'D1^演示^医生^^^^MD^^^L', 'in a role')
  t.strictSame([attended({ reference: 'Practitioner/gone', display: '演示医生' }), attended({ display: '演示医生' }), attended({ reference: 'PractitionerRole/r', display: 'x' }), attended({ reference: 'Practitioner/gone' })], ['^演示医生', '^演示医生', '^x', ''], 'whose record is not there goes by name, never by a number made up')
  t.equal(attended({ reference: 'RelatedPerson/x', display: '家属' }), '', 'is no relative')
  const report = { resourceType: 'DiagnosticReport', id: 'r', status: 'final', code: { text: 'x' }, subject, resultsInterpreter: [{ reference: 'Practitioner/d' }, { reference: 'Organization/o' }] }
  t.equal(fieldOf('OBR-32', 'ORU^R01', report, { related: [patient, doctor, { resourceType: 'Organization', id: 'o' }] }), 'D1&演示&医生', 'who interprets')
})

t.test('a place', async (t) => {
  const located = (location: object, record?: object): string | undefined => {
    const visit = { resourceType: 'Encounter', id: 'e', status: 'in-progress', class: { code: 'XYZ' }, subject, location: [{ status: 'active', location }] }
    return fieldOf('PV1-3', 'ADT^A04', visit, { related: [patient, ...record === undefined ? [] : [{ resourceType: 'Location', id: 'l', ...record }]] })
  }
  const reference = { reference: 'Location/l' }
  const place = (value: string, kind?: string): object => ({ identifier: [{ system: 'urn:yiqiao:hospital:h1:location', value }], name: value.split('|').slice(-3).join(' '), ...kind === undefined ? {} : { physicalType: { coding: [{ code: kind }] } } })
  t.strictSame([place('W1|R2|B3', 'bd'), place('W1|B3', 'bd'), place('B3', 'bd'), place('W1|R2', 'ro'), place('F|W1|R2|B3', 'bd'), place('W1')].map((record) => located(reference, record)), ['W1^R2^B3', 'W1^^B3', '^^B3', 'W1^R2', 'W1^R2^B3^F', 'W1'], 'has its parts where PL wants them')
  t.strictSame([located({ display: '内科门诊' }), located({ reference: 'Location/gone', display: '内科门诊' }), located({ reference: 'Organization/o', display: 'x' }), located(reference, { name: '大厅' })], ['^^^^^^^^内科门诊', '^^^^^^^^内科门诊', '', '^^^^^^^^大厅'], 'without a number is described')
})

t.test('a value of an observation', async (t) => {
  const told = (value: object, envelope: Partial<OutboundEnvelope> = {}): string | undefined => {
    const [line = ''] = segmentsOf('OBX', 'ORU^R01', { resourceType: 'Observation', id: 'o', status: 'final', code: { text: 'x' }, subject, ...value }, { related: [patient], envelope })
    return [2, 5, 6].map((field) => line.split('|')[field - 1]).join('|')
  }
  const attachment = (valueAttachment: object): object => ({ extension: [{ url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.value', valueAttachment }] })
  const lines: ReadonlyArray<readonly [object, string]> = [
    [{ valueQuantity: { value: 5.5, unit: 'g', system: 'http://unitsofmeasure.org', code: 'g' } }, 'NM|5.5|g^g^UCUM'],
    [{ valueQuantity: { value: 1e-7, unit: 'g' } }, 'NM|0.0000001|g'],
    [{ valueQuantity: { value: 1e21, unit: 'g' } }, 'NM|1000000000000000000000|g'],
    [{ valueQuantity: { value: 2, comparator: '<' } }, 'SN|<^2|'],
    [{ valueQuantity: { unit: 'g' } }, '||'],
    [{ valueRange: { low: { value: 1, unit: 'g' }, high: { value: 2 } } }, 'SN|^1^-^2|g'],
    [{ valueRange: { low: { value: 1 } } }, 'SN|>=^1|'],
    [{ valueRange: { high: { value: 2, unit: 'g' } } }, 'SN|<=^2|g'],
    [{ valueRange: {} }, '||'],
    [{ valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } }, 'SN|^1^:^128|'],
    [{ valueBoolean: true }, 'ID|Y|'],
    [{ valueInteger: 3 }, 'NM|3|'],
    [{ valueTime: '08:30:00.123456' }, 'TM|083000.1234|'],
    [{ valueDateTime: '2026-01-05' }, 'DT|20260105|'],
    [{ valueDateTime: '2026-01-05T08:30:00+08:00' }, 'TS|20260105083000+0800|'],
    [{ valuePeriod: { start: '2026-01-05', end: '2026-01-06' } }, 'DR|20260105^20260106|'],
    [{ valueCodeableConcept: { coding: [{ code: 'A' }] } }, 'CWE|A|'],
    [{ valueString: '一' }, 'ST|一|'],
    [{ valueString: '一\r\n二' }, 'FT|一\\.br\\二|'],
    [{ valueString: 'x'.repeat(200) }, `TX|${'x'.repeat(200)}|`],
    [attachment({ contentType: 'image/png', data: 'AAAA' }), 'ED|^image^png^Base64^AAAA|'],
    [attachment({ url: 'https://pacs.example/1', contentType: 'Application/PDF; a=b' }), 'RP|https://pacs.example/1^^application^pdf|'],
    [{ valueSampledData: { origin: { value: 1, unit: 'mV' }, period: 2, factor: 0.5, dimensions: 1, data: '1 E -3.5' } }, 'NA|1.5^^-0.75|mV'],
    [attachment({ contentType: 'image/png' }), '||'],
    [{}, '||']
  ]
  for (const [value, expected] of lines) t.equal(told(value), expected, expected)
  t.equal(told({ valueCodeableConcept: { coding: [{ code: 'A' }] } }, { version: '2.4' }), 'CE|A|', 'for an older receiver')
  t.equal(told({ valueDateTime: '2026-01-05T08:30:00+08:00' }, { version: '2.6' }), 'DTM|20260105083000+0800|', 'for a newer receiver')
  const sampled = { resourceType: 'Observation', id: 'o', status: 'final', code: { text: 'x' }, subject, valueSampledData: {}, referenceRange: [{ low: { value: 1 }, high: { value: 2 } }], interpretation: [{ coding: [{ code: '??' }] }] }
  t.strictSame(send('ORU^R01', sampled, { related: [patient] }).notes, ['Observation.value[x]: valueSampledData has no samples; left out', 'Observation.interpretation.coding.code: code is not in table interpretation; left out'])
  const range = (referenceRange: object): string | undefined => fieldOf('OBX-7', 'ORU^R01', { ...sampled, referenceRange: [referenceRange] }, { related: [patient] })
  t.strictSame([range({ text: '阴性', low: { value: 1 } }), range({ low: { value: 1 }, high: { value: 2 } }), range({ low: { value: 1 } }), range({ high: { value: 2 } })], ['阴性', '1-2', '>=1', '<=2'], 'has its reference range')
})

t.test('a report', async (t) => {
  const member = { resourceType: 'Observation', id: 'm', status: 'final', code: { text: 'm' }, subject, valueInteger: 1, note: [{ text: '注\n二' }] }
  const panel = { ...member, id: 'q', hasMember: [{ reference: 'Observation/m' }], valueInteger: 2, note: undefined }
  const report = { resourceType: 'DiagnosticReport', id: 'r', status: 'final', code: { text: 'x' }, subject, conclusion: '正常', result: [{ reference: 'Observation/q' }, { reference: 'Observation/m' }], presentedForm: [{ contentType: 'application/pdf', data: 'AAAA' }], imagingStudy: [], basedOn: [{ reference: 'ServiceRequest/s' }] }
  const order = { resourceType: 'ServiceRequest', id: 's', identifier: [{ type: { coding: [{ code: 'PLAC' }] }, value: 'O1' }] }
  const { text, notes } = send('ORU^R01', report, { related: [patient, panel, member, order] })
  t.strictSame(text.split('\r').slice(2), ['OBR|1|O1|r^YIQIAO|^x|||||||||||||||||||||F', 'NTE|1||正常', 'OBX|1|NM|^m||2||||||F', 'OBX|2|NM|^m||1||||||F', 'NTE|1||注\\.br\\二', 'OBX|3|NM|^m||1||||||F', 'NTE|1||注\\.br\\二', 'OBX|4|ED|^x||^application^pdf^Base64^AAAA||||||F', ''], 'has its results, theirs, and its document, numbered through')
  t.strictSame(notes, ['DiagnosticReport.imagingStudy: no row'])
})

t.test('a document whose data is kept apart', async (t) => {
  const document = { resourceType: 'DocumentReference', id: 'd', status: 'current', docStatus: 'final', type: { text: 'x' }, subject, content: [{ attachment: { url: 'Binary/b', contentType: 'text/plain; charset=utf-8' } }] }
  const binary = { resourceType: 'Binary', id: 'b', data: base64('第一行\r\n|^&~\\') }
  const { text } = send('MDM^T02', document, { related: [patient, binary] })
  const [back] = readBack(text).filter(({ resourceType }) => resourceType === 'DocumentReference')
  t.strictSame((back?.['content'] as Array<{ attachment: unknown }>)[0]?.attachment, { contentType: 'text/plain', data: base64('第一行\n|^&~\\') }, 'goes with it')
  t.throws(() => send('MDM^T02', document, { related: [patient] }), { code: 'MAPPING_VALUE_MISSING', place: 'DocumentReference.content.attachment' })
})

t.test('money', async (t) => {
  const charge = { resourceType: 'ChargeItem', id: 'c', status: 'billable', code: { text: 'x' }, subject, occurrenceDateTime: '2026-01-05' }
  const amount = (priceOverride: object): string | undefined => fieldOf('FT1-11', 'DFT^P03', { ...charge, priceOverride }, { related: [patient] })
  t.strictSame([0.1 + 0.2 === 0.3 ? 0 : 0.3, 12.5, -0.05, 1_000_000].map((value) => amount({ value })), ['0.30&CNY', '12.50&CNY', '-0.05&CNY', '1000000.00&CNY'], 'is told to the fen')
  t.throws(() => amount({ value: 0.001 }), { code: 'MAPPING_VALUE_INVALID', place: 'ChargeItem.priceOverride' })
  t.throws(() => amount({ currency: 'CNY' }), { code: 'MAPPING_VALUE_INVALID' })
  t.throws(() => fieldOf('FT1-2', 'DFT^P03', { ...charge, status: 'entered-in-error', priceOverride: { value: 1 } }, { related: [patient] }), { code: 'MAPPING_VALUE_MISSING' }, 'that is credited needs the number of the credit')
  t.throws(() => fieldOf('FT1-2', 'DFT^P03', { ...charge, status: 'planned', priceOverride: { value: 1 } }, { related: [patient] }), { code: 'MAPPING_CODE_UNKNOWN', place: 'ChargeItem.status' }, 'that is not billable is not sent')
})
