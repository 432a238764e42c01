import t from 'tap'
import { calendarIn } from '../../core/clock.ts'
import { mergeRecord, type RecordVersion, type Resource } from '../../core/records/index.ts'
import { loadMappings } from '../../app/load-mappings.ts'
import { compileFacts } from '../../mappings/index.ts'
import { header, map, resource, resources } from './mapping-of.ts'

const factsOf = compileFacts((await loadMappings('mappings')).facts)
const facts = (resource: unknown): unknown => factsOf(resource as Resource, { hospitalId: 'h1', calendar: calendarIn('Asia/Shanghai') })
const pid = 'PID|1||P1^^^HIS^MR||测试^甲||19800229|F'
const visit = (after = ''): string => `PV1|1|O|MZ01^^^^^^^^内科门诊||||D1^演示^医生||||||||||||V1^^^HIS^VN${after}`
const ended = '|||||||||||||||||||||||||20260105082500|20260105105500'

t.test('a visit', async (t) => {
  const status = (trigger: string, pv1 = visit()): unknown => resource('Encounter', [header(`ADT^${trigger}`), pid, pv1])['status']
  t.strictSame(['A01', 'A04', 'A03', 'A11'].map((trigger) => status(trigger)), ['in-progress', 'in-progress', 'finished', 'cancelled'], 'is in the state that the trigger says')
  t.equal(status('A08', visit(ended)), 'finished', 'that has its end is finished')
  t.equal(status('A04', visit().replace('|O|', '|P|')), 'planned', 'of a pre-admission is planned')
  const updated = map([header('ADT^A08'), pid, visit()]).changes.find(({ resource }) => resource.resourceType === 'Encounter')
  t.strictSame([updated?.resource['status'], updated?.weakElements], ['in-progress', ['status']], 'that is only updated has its state from elsewhere')
  t.strictSame(resources('Encounter', [header('ADT^A31'), pid, visit()]), [], 'is not made of a person\'s update')
  t.strictSame(facts(resource('Encounter', [header('ADT^A04'), pid, visit(ended)])), [{
    kind: 'visit',
    visit: { id: 'Encounter-V1', hospitalId: 'h1', visitNumber: 'V1', patientId: 'Patient-P1', class: 'outpatient', state: 'closed', startedAt: new Date('2026-01-05T00:25:00Z'), endedAt: new Date('2026-01-05T02:55:00Z'), department: '内科门诊', practitionerId: 'Practitioner-D1' }
  }])
  const told = (trigger: string, at: string): RecordVersion['resource'] | undefined => {
    const records = [[header('ADT^A03'), 'EVN|A03|20260105110000', pid, visit()], [header(`ADT^${trigger}`), `EVN|${trigger}|${at}`, pid, visit()]].flatMap((lines) => map(lines).changes)
      .filter(({ resource }) => resource.resourceType === 'Encounter')
      .reduce<RecordVersion | null>((record, change) => mergeRecord(record, change, new Date('2026-01-05T12:00:00Z')).record, null)
    return records?.resource
  }
  t.equal(told('A08', '20260105120000')?.['status'], 'finished', 'that is updated after its end stays ended')
  t.equal(told('A01', '20260105120000')?.['status'], 'in-progress', 'that is begun after its end is begun')
  const mentioned = map([header('DFT^P03'), pid, visit(), 'FT1|1|T1||20260105||CG|A|||1|1.00']).changes.find(({ resource }) => resource.resourceType === 'Encounter')
  t.strictSame([mentioned?.weak, (facts(mentioned?.resource) as Array<{ visit: { state: string } }>)[0]?.visit.state], [true, 'unconfirmed'], 'that a charge mentions is unconfirmed')
  t.throws(() => facts({ resourceType: 'Encounter', id: 'e' }), { code: 'MAPPING_VALUE_MISSING', place: 'Encounter.subject' })
})

t.test('a patient', async (t) => {
  t.strictSame(facts(resource('Patient', [header('ADT^A28'), pid])), [{
    kind: 'patient',
    patient: { id: 'Patient-P1', hospitalId: 'h1', name: '测试甲', birthDate: '1980-02-29', gender: 'female', active: true, identifiers: [{ system: 'urn:yiqiao:hospital:h1:MR', value: 'P1', type: 'MR' }] },
    replacedBy: []
  }])
  const merge = map([header('ADT^A40'), pid, 'MRG|P2^^^HIS^MR~X^^^HIS^JHN', 'PID|2||P3^^^HIS^MR', 'MRG|P4^^^HIS^MR']).changes
  t.strictSame(merge.map(({ resource: { id, link, active }, weakElements, patientId }) => ({ id, link, active, weakElements, patientId })), [
    { id: 'Patient-P1', link: [{ type: 'replaces', other: { reference: 'Patient/Patient-P2' } }], active: undefined, weakElements: ['identifier', 'name', 'birthDate', 'gender'], patientId: 'Patient-P1' },
    { id: 'Patient-P3', link: [{ type: 'replaces', other: { reference: 'Patient/Patient-P4' } }], active: undefined, weakElements: ['identifier'], patientId: 'Patient-P3' },
    { id: 'Patient-P2', link: [{ type: 'replaced-by', other: { reference: 'Patient/Patient-P1' } }], active: false, weakElements: ['identifier'], patientId: 'Patient-P2' },
    { id: 'Patient-P4', link: [{ type: 'replaced-by', other: { reference: 'Patient/Patient-P3' } }], active: false, weakElements: ['identifier'], patientId: 'Patient-P4' }
  ], 'that is merged → is a link from the retired record to the one that goes on')
  t.strictSame(facts(merge[2]?.resource), [{ kind: 'patient', patient: { id: 'Patient-P2', hospitalId: 'h1', name: null, birthDate: null, gender: null, active: false, identifiers: [{ system: 'urn:yiqiao:hospital:h1:MR', value: 'P2', type: 'MR' }, { system: 'urn:yiqiao:hospital:h1:JHN', value: 'X', type: 'JHN' }] }, replacedBy: ['Patient-P1'] }])
  t.throws(() => map([header('ADT^A40'), pid, 'MRG|']), { code: 'MAPPING_VALUE_MISSING', place: 'MRG-1[5=MR].1' })
  const photo = resource('Patient', [header('ADT^A08'), pid, 'OBX|1|ED|PHOTO||^image^jpeg^Base64^/9j/||||||F', 'OBX|2|NM|8302-2^Height^LN||170|cm|||||F'])['photo']
  t.strictSame(photo, [{ contentType: 'image/jpeg', data: '/9j/' }], 'whose picture is in an OBX → has it as photo')
  t.strictSame(resources('Observation', [header('ADT^A08'), pid, 'OBX|1|ED|PHOTO||^image^jpeg^Base64^/9j/||||||F', 'OBX|2|NM|8302-2^Height^LN||170|cm|||||F']).map(({ valueQuantity }) => valueQuantity), [{ value: 170, unit: 'cm' }], 'and no Observation of it')
})

t.test('an appointment', async (t) => {
  const lines = (trigger: string, sch = 'SCH|A1|F1|||||||||^^30^20260106090000^20260106093000'): readonly string[] => [header(`SIU^${trigger}`), sch, pid, 'RGS|1', 'AIS|1||CONS^门诊', 'AIP|1||D1^演示^医生', 'AIL|1||MZ01']
  t.strictSame(['S12', 'S13', 'S14', 'S15', 'S17', 'S26'].map((trigger) => resource('Appointment', lines(trigger))['status']), ['booked', 'booked', 'booked', 'cancelled', 'entered-in-error', 'noshow'], 'without a status of its own → has the trigger\'s')
  t.equal(resource('Appointment', lines('S12', `SCH|A1|F1|||||||||^^30^20260106090000^20260106093000${'|'.repeat(14)}Pending`))['status'], 'pending', 'with one → has that')
  t.throws(() => map(lines('S12', 'SCH|A1|F1')), { code: 'MAPPING_VALUE_MISSING', place: 'SCH-11.4' }, 'that is booked for no time → is refused')
  t.strictSame([resource('Appointment', lines('S15', 'SCH|A1|F1'))].map(({ id, status, start }) => ({ id, status, start })), [{ id: 'Appointment-F1', status: 'cancelled', start: undefined }], 'that is cancelled needs none')
  t.equal(resource('Appointment', lines('S12', 'SCH|A1||||||||||^^^20260106090000'))['id'], 'Appointment-placer:A1')
})

t.test('a line of charges', async (t) => {
  const dft = (...lines: string[]): readonly string[] => [header('DFT^P03'), 'EVN|P03|20260105120000', pid, visit(), ...lines]
  const charge = 'FT1|1|T1||20260105083000||CG|GLU^血糖|||2|12.10'
  const of = (...lines: string[]): unknown => map(dft(...lines)).changes.filter(({ resource }) => ['ChargeItem', 'PaymentNotice'].includes(resource.resourceType)).map(({ resource }) => (facts(resource) as Array<{ charge: unknown }>)[0]?.charge)
  const line = { hospitalId: 'h1', patientId: 'Patient-P1', visitId: 'Encounter-V1', code: 'GLU', text: '血糖', creditedBy: null }
  t.strictSame(of(charge), [{ ...line, id: 'ChargeItem-T1', kind: 'charge', transactionId: 'T1', amountFen: 1210, occurredOn: '2026-01-05' }])
  t.strictSame(of(charge.replace('|CG|', '|AJ|').replace('12.10', '-5')), [{ ...line, id: 'ChargeItem-T1', kind: 'adjustment', transactionId: 'T1', amountFen: -500, occurredOn: '2026-01-05' }], 'that adjusts → keeps its sign')
  t.strictSame(of(charge.replace('|CG|', '|PY|')), [{ ...line, id: 'PaymentNotice-T1', kind: 'payment', transactionId: 'T1', amountFen: 1210, occurredOn: '2026-01-05' }], 'that pays → is a notice')
  const credited = [{ ...line, id: 'ChargeItem-T1', kind: 'charge', transactionId: 'T1', amountFen: null, occurredOn: null, creditedBy: { transactionId: 'T2', amountFen: 1210, occurredOn: '2026-01-06' } }]
  for (const kind of ['CD', 'CR']) {
    t.strictSame(of(`FT1|1|T2||20260106080000||${kind}|GLU^血糖|||2|-12.10${'|'.repeat(19)}T1`), credited, `${kind} that names its charge → is that charge, credited`)
  }
  t.strictSame(of('FT1|1|T1||20260106080000||CD|GLU^血糖|||2|12.10'), [{ ...credited[0], creditedBy: { transactionId: 'T1', amountFen: 1210, occurredOn: '2026-01-06' } }], 'a credit with the charge\'s own number → is that charge')
  t.throws(() => map(dft(charge.replace('|CG|', '|XX|'))), { code: 'MAPPING_CODE_UNKNOWN', place: 'FT1-6.1' }, 'of an unknown kind → is refused')
  t.throws(() => map(dft(charge.replace('|CG|', '||'))), { code: 'MAPPING_VALUE_MISSING', place: 'FT1-6.1' })
  t.throws(() => map(dft(charge.replace('|T1|', '||'))), { code: 'MAPPING_VALUE_MISSING', place: 'FT1-2.1' }, 'without a number → is refused')
  t.throws(() => map(dft(charge.replace('12.10', ''))), { code: 'MAPPING_VALUE_MISSING', place: 'FT1' }, 'without an amount → is refused')
  t.throws(() => map(dft(charge.replace('12.10', '12.1O'))), { code: 'MAPPING_VALUE_INVALID', place: 'FT1-11' })
  t.throws(() => facts(resource('ChargeItem', dft(charge.replace('12.10', '12.10&USD')))), { code: 'MAPPING_VALUE_INVALID', place: 'ChargeItem.priceOverride' }, 'in another currency → is no charge of ours')
})

t.test('a doctor of the master file', async (t) => {
  const entry = (event: string, active: string): readonly string[] => [header('MFN^M02'), 'MFI|PRA||UPD', `MFE|${event}||20260105|D1`, `STF|D1||演示^医生||F||${active}|MED^内科`, 'PRA|D1||||内科']
  const roleAndName = (lines: readonly string[]): unknown => map(lines).changes.flatMap(({ resource }) => facts(resource))
  t.strictSame(roleAndName(entry('MAD', 'A')), [
    { kind: 'practitioner', practitioner: { id: 'Practitioner-D1', hospitalId: 'h1', name: '演示医生', active: true } },
    { kind: 'practitioner', practitioner: { id: 'Practitioner-D1', hospitalId: 'h1', department: '内科', active: true } }
  ])
  t.strictSame([entry('MDC', 'A'), entry('MUP', 'I')].map((lines) => resource('Practitioner', lines)['active']), [false, false], 'who is deactivated or inactive → is not active')
  t.strictSame(facts({ resourceType: 'Practitioner', id: 'p', name: [{ text: '只有名字' }] }), [{ kind: 'practitioner', practitioner: { id: 'p', hospitalId: 'h1', name: '只有名字' } }], 'who is only mentioned → says nothing of being active')
})

t.test('an order', async (t) => {
  const order = (orc: string, ...rest: string[]): readonly string[] => [header('ORM^O01'), pid, orc, ...rest]
  const statuses = ['ORC|NW|O1', 'ORC|CA|O1', 'ORC|DC|O1', 'ORC|NW|O1|||CM', 'ORC|SC|O1|||CA'].map((orc) => resource('ServiceRequest', order(orc, 'OBR|1|O1||A'))['status'])
  t.strictSame(statuses, ['active', 'active', 'revoked', 'completed', 'revoked'], 'has the state of ORC-5, else of ORC-1')
  const drug = resource('MedicationRequest', order('ORC|NW|O2', 'RXO|AMX^阿莫西林|500||mg|||||||20|片|1', 'RXR|PO'))
  t.strictSame([drug['status'], drug['medicationCodeableConcept'], drug['dispenseRequest']], ['active', { coding: [{ code: 'AMX', display: '阿莫西林' }] }, { quantity: { value: 20, unit: '片' }, numberOfRepeatsAllowed: 1 }])
  t.strictSame(resources('ServiceRequest', order('ORC|NW|O2', 'RXO|AMX')), [], 'of a drug → is no service request too')
})

t.test('a document', async (t) => {
  const found = resource('DocumentReference', [header('MDM^T02'), pid, 'TXA|1|CN||20260105|||||D1|||DOC1|||||AU', 'OBX|1|TX|1||one', 'OBX|2|ED|2||^application^pdf^Base64^QUJD'])
  t.strictSame([found['id'], found['docStatus'], found['date'], found['content']], ['DocumentReference-DOC1', 'final', '2026-01-05T00:00:00+08:00', [{ attachment: { contentType: 'text/plain', data: 'b25l' } }, { attachment: { contentType: 'application/pdf', data: 'QUJD' } }]])
  t.throws(() => map([header('MDM^T02'), pid, 'TXA|1|CN||||||||||DOC1']), { code: 'MAPPING_VALUE_MISSING', place: 'DocumentReference.content' })
})

t.test('facts of anything else → are none', async (t) => {
  t.strictSame(facts({ resourceType: 'Observation', id: 'o' }), [])
})
