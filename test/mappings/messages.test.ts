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
    visit: { id: 'Encounter-V1', hospitalId: 'h1', visitNumber: 'V1', patientId: 'Patient-P1', class: 'outpatient', state: 'closed', startedAt: new Date('2026-01-05T00:25:00Z'), endedAt: new Date('2026-01-05T02:55:00Z'), department: '内科门诊', practitionerId: 'Practitioner-D1', placerNumber: null, payMode: null, continuedAs: null }
  }])
  const told = (trigger: string, at: string): RecordVersion['resource'] | undefined => {
    const records = [[header('ADT^A03'), 'EVN|A03|20260105110000', pid, visit()], [header(`ADT^${trigger}`), `EVN|${trigger}|${at}`, pid, visit()]].flatMap((lines) => map(lines).changes)
      .filter(({ resource }) => resource.resourceType === 'Encounter')
      .reduce<RecordVersion | null>((record, change) => mergeRecord(record, change, new Date('2026-01-05T12:00:00Z')).record, null)
    return records?.resource
  }
  t.equal(told('A08', '20260105120000')?.['status'], 'finished', 'that is updated after its end stays ended')
  t.equal(told('A01', '20260105120000')?.['status'], 'in-progress', 'that is begun after its end is begun')
  t.equal(told('A10', '20260105080000')?.['status'], 'finished', 'that is ended stays so when its arrival comes late')
  const mentioned = map([header('DFT^P03'), pid, visit(), 'FT1|1|T1||20260105||CG|A|||1|1.00']).changes.find(({ resource }) => resource.resourceType === 'Encounter')
  t.strictSame([mentioned?.weak, (facts(mentioned?.resource) as Array<{ visit: { state: string } }>)[0]?.visit.state], [true, 'unconfirmed'], 'that a charge mentions is unconfirmed')
  t.throws(() => facts({ resourceType: 'Encounter', id: 'e' }), { code: 'MAPPING_VALUE_MISSING', place: 'Encounter.subject' })
})

t.test('a visit on its way', async (t) => {
  const encounter = (trigger: string, pv1 = visit()): Record<string, unknown> => resource('Encounter', [header(`ADT^${trigger}`), pid, pv1])
  const inpatient = visit().replace('|O|', '|I|')
  const states = (pv1: string, ...triggers: string[]): unknown => triggers.map((trigger) => encounter(trigger, pv1)['status'])
  t.strictSame(states(visit(), 'A05', 'A14', 'A10', 'A07', 'A27', 'A38'), ['planned', 'planned', 'arrived', 'in-progress', 'cancelled', 'cancelled'], 'is planned, arrives, changes its class, is called off')
  t.strictSame(states(inpatient, 'A02', 'A06', 'A09', 'A10', 'A12', 'A15', 'A16', 'A25', 'A26'), Array.from({ length: 9 }, () => 'in-progress'), 'of an admitted patient goes on wherever he is moved, or will be')
  t.strictSame([encounter('A06', inpatient)['class'], encounter('A07')['class']].map((each) => (each as { code: string }).code), ['IMP', 'AMB'], 'whose class changes has the new one')
  const places = encounter('A02', 'PV1|1|I|BQ2^201^1|||BQ1^101^2')['location'] as Array<{ status: string, location: { display: string } }>
  t.strictSame(places.map(({ status, location: { display } }) => [status, display]), [['active', 'BQ2 201 1'], ['completed', 'BQ1 101 2']], 'that is moved is in one place and was in another')

  const stories: ReadonlyArray<readonly [says: string, messages: ReadonlyArray<readonly [trigger: string, at: string, pv1: string]>, visit: Record<string, unknown>]> = [
    ['whose discharge is cancelled has no end', [['A03', '20260105105900', visit(ended)], ['A13', '20260105113000', visit(ended)]], { state: 'in_progress', startedAt: new Date('2026-01-05T00:25:00Z'), endedAt: null }],
    ['also where the cancellation tells no times', [['A03', '20260105105900', visit(ended)], ['A13', '20260105113000', visit()]], { state: 'in_progress', startedAt: null, endedAt: null }],
    ['whose cancellation comes before the discharge that it cancels has none either', [['A13', '20260105113000', visit(ended)], ['A03', '20260105105900', visit(ended)]], { state: 'in_progress', startedAt: new Date('2026-01-05T00:25:00Z'), endedAt: null }],
    ['that is discharged again is closed', [['A13', '20260105113000', visit(ended)], ['A03', '20260105120000', visit(ended)]], { state: 'closed', startedAt: new Date('2026-01-05T00:25:00Z'), endedAt: new Date('2026-01-05T02:55:00Z') }],
    ['that checks in is registered', [['A05', '20260105070000', visit()], ['A10', '20260105082000', visit()]], { state: 'registered' }],
    ['whose transfer is cancelled is where it was', [['A02', '20260105090000', inpatient], ['A12', '20260105093000', inpatient]], { state: 'in_progress', class: 'inpatient' }],
    ['that becomes an admission is inpatient', [['A04', '20260105082500', visit()], ['A06', '20260105140000', inpatient]], { state: 'in_progress', class: 'inpatient' }],
    ['whose older change of class comes late keeps the newer', [['A07', '20260105150000', visit()], ['A06', '20260105140000', inpatient]], { class: 'outpatient' }]
  ]
  for (const [says, messages, expected] of stories) {
    const record = messages.flatMap(([trigger, at, pv1]) => map([header(`ADT^${trigger}`), `EVN|${trigger}|${at}`, pid, pv1]).changes)
      .filter(({ resource }) => resource.resourceType === 'Encounter')
      .reduce<RecordVersion | null>((before, change) => mergeRecord(before, change, new Date('2026-01-05T16:00:00Z')).record, null)
    const found = (facts(record?.resource) as Array<{ kind: string, visit: Record<string, unknown> }>).find(({ kind }) => kind === 'visit')
    t.match(found?.visit, expected, says)
  }
})

t.test('a visit that was registered here and that a hospital numbers', async (t) => {
  const told = (pv1: string): unknown => (facts(resource('Encounter', [header('ADT^A04'), pid, pv1])) as Array<{ kind: string, visit: object }>).find(({ kind }) => kind === 'visit')?.visit
  const echo = (number: string): string => `PV1|1|O|||||||||||||||||V1^^^HIS^VN|POSTPAY${'|'.repeat(30)}${number}`
  for (const number of ['YQ0AB12CD34EF56^^^YIQIAO&urn:yiqiao:placer&URI^VN', 'YQ0AB12CD34EF56']) {
    t.match(told(echo(number)), { id: 'Encounter-V1', visitNumber: 'V1', placerNumber: 'YQ0AB12CD34EF56', payMode: 'postpay' }, 'is known by the number that it echoes, with or without who gave it')
  }
  t.match(told(echo('OLD123')), { placerNumber: null })
  t.match(told('PV1|1|O|||||||||||||||||V1^^^HIS^VN|01'), { payMode: null }, 'another financial class does not say when is paid')
})

t.test('check-in and queue', async (t) => {
  const queue = (zqu: string): readonly string[] => [header('ADT^Z10'), 'EVN|Z10|20260105084500', pid, visit(), zqu]
  const states = ['A', 'W', 'C', 'P', 'S', 'D', 'X'].map((code) => {
    const { changes } = map(queue(`ZQU|1|Q1^内科候诊|A012||${code}`))
    const [encounter, task] = ['Encounter', 'Task'].map((type) => changes.find(({ resource }) => resource.resourceType === type))
    return [code, encounter?.resource['status'], encounter?.weakElements?.includes('status'), task?.resource['status']]
  })
  t.strictSame(states, [
    ['A', 'arrived', false, 'received'], ['W', 'arrived', true, 'received'], ['C', 'in-progress', false, 'ready'], ['P', 'arrived', false, 'on-hold'],
    ['S', 'in-progress', false, 'in-progress'], ['D', 'in-progress', true, 'completed'], ['X', 'unknown', true, 'cancelled']
  ], 'tell the visit what only check-in, call and consultation can tell')
  const waiting = map(queue('ZQU|1|Q1^内科候诊|A012||W|5|20260105090000')).changes.at(-1)
  t.strictSame((waiting?.resource['input'] as Array<Record<string, unknown>>).map(({ valueUnsignedInt, valueDateTime }) => valueUnsignedInt ?? valueDateTime), [5, '2026-01-05T09:00:00+08:00'], 'say who is ahead and when the call is due')
  const called = map(queue('ZQU|1|Q1^内科候诊|A012|W1^3^^^^^^^3诊室|C|||D1^演示^医生|20260105082000|20260105084455')).changes.at(-1)
  t.strictSame([called?.resource.id, called?.removed, (called?.resource['location'] as { display: string }).display, called?.resource['executionPeriod']], [waiting?.resource.id, ['input'], '3诊室', { start: '2026-01-05T08:44:55+08:00' }], 'are one task, and a call takes the waiting away')
  t.throws(() => map(queue('ZQU|1|Q1|A012||Q')), { code: 'MAPPING_CODE_UNKNOWN', place: 'ZQU-5' })
  t.throws(() => map(queue('ZQU|1||A012||W')), { code: 'MAPPING_VALUE_MISSING', place: 'ZQU-2.1' })
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
  t.equal(resource('Appointment', lines('S14', 'SCH|A1^^urn:yiqiao:placer^URI|F1|||||||||^^30^20260106090000^20260106093000'))['id'], 'Appointment-placer:A1', 'that we asked for → is ours, whatever number the hospital gives it')
})

t.test('a line of charges', async (t) => {
  const dft = (...lines: string[]): readonly string[] => [header('DFT^P03'), 'EVN|P03|20260105120000', pid, visit(), ...lines]
  const charge = 'FT1|1|T1||20260105083000||CG|GLU^血糖|||2|12.10'
  const of = (...lines: string[]): unknown => map(dft(...lines)).changes.filter(({ resource }) => ['ChargeItem', 'PaymentNotice'].includes(resource.resourceType)).map(({ resource }) => (facts(resource) as Array<{ charge: unknown }>)[0]?.charge)
  const line = { hospitalId: 'h1', patientId: 'Patient-P1', visitId: 'Encounter-V1', code: 'GLU', text: '血糖', creditedBy: null }
  const booked = { ...line, id: 'ChargeItem-T1', kind: 'charge', transactionId: 'T1', orderNumber: null, amountFen: 1210, occurredOn: '2026-01-05' }
  t.strictSame(of(charge), [booked])
  t.strictSame(of(`${charge}${'|'.repeat(12)}F77^LAB`), [{ ...booked, orderNumber: 'F77' }], 'that is for an order → names its number at the filler (FT1-23)')
  t.strictSame(of(charge.replace('|CG|', '|AJ|').replace('12.10', '-5')), [{ ...line, orderNumber: null, id: 'ChargeItem-T1', kind: 'adjustment', transactionId: 'T1', amountFen: -500, occurredOn: '2026-01-05' }], 'that adjusts → keeps its sign')
  t.strictSame(of(charge.replace('|CG|', '|PY|')), [{ ...line, id: 'PaymentNotice-T1', kind: 'payment', transactionId: 'T1', amountFen: 1210, occurredOn: '2026-01-05' }], 'that pays → is a notice')
  const credited = [{ ...line, orderNumber: null, id: 'ChargeItem-T1', kind: 'charge', transactionId: 'T1', amountFen: null, occurredOn: null, creditedBy: { transactionId: 'T2', amountFen: 1210, occurredOn: '2026-01-06' } }]
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
  const laboratory = [header('OML^O21'), pid, 'ORC|NW|O3', 'OBR|1|O3||GLU', 'DG1|1||E11^糖尿病^I10', 'SPM|1|S1&L^F1&L||BLD', 'ORC|NW|O4', 'OBR|1|O4||HB']
  t.strictSame(resources('ServiceRequest', laboratory).map(({ id, specimen, reasonReference }) => [id, specimen, reasonReference]), [
    ['ServiceRequest-O3', [{ reference: 'Specimen/Specimen-O3|F1' }], [{ reference: 'Condition/Condition-P1|E11|' }]], ['ServiceRequest-O4', undefined, undefined]
  ], 'of the laboratory → knows its own specimens and reasons')
})

t.test('a prescription', async (t) => {
  const orc = 'ORC|NW|RX1||G1||||||||D1^演示^医生'
  const request = resource('MedicationRequest', [header('RDE^O11'), pid, orc, 'RXO|AMX^阿莫西林', 'RXR|IV', 'RXE||AMX^阿莫西林胶囊|1|2|粒|||||24|粒|0', 'TQ1|1||BID', 'RXR|PO'])
  t.strictSame([request['id'], request['status'], request['medicationCodeableConcept'], request['groupIdentifier'], request['dispenseRequest']], ['MedicationRequest-RX1', 'active', { coding: [{ code: 'AMX', display: '阿莫西林胶囊' }] }, { value: 'G1' }, { quantity: { value: 24, unit: '粒' }, numberOfRepeatsAllowed: 0 }])
  t.match(request['dosageInstruction'], [{ route: { coding: [{ code: 'PO' }] }, timing: { code: { coding: [{ code: 'BID' }] } }, doseAndRate: [{ doseRange: { low: { value: 1, unit: '粒' }, high: { value: 2, unit: '粒' } } }] }], 'is what the pharmacy works from, not what was asked for')
  const given = (order: string, rxd: string): Record<string, unknown> => resource('MedicationDispense', [header('RDS^O13'), pid, order, 'RXE||AMX^阿莫西林', rxd])
  const dispensed = given('ORC|RE|RX1', 'RXD|1|AMX^阿莫西林|20260105095500|24|粒')
  t.strictSame([dispensed['id'], dispensed['status'], dispensed['whenHandedOver'], dispensed['quantity'], dispensed['authorizingPrescription']], ['MedicationDispense-RX1|1|AMX', 'completed', '2026-01-05T09:55:00+08:00', { value: 24, unit: '粒' }, [{ reference: 'MedicationRequest/MedicationRequest-RX1' }]], 'that is dispensed → is named by what was handed over')
  t.strictSame(['ORC|RE|RX1|||IP', 'ORC|RE|RX1|||CA', 'ORC|OC|RX1', 'ORC|NW|RX1'].map((order) => given(order, 'RXD|1|AMX')['status']), ['in-progress', 'cancelled', 'cancelled', 'completed'])
  t.throws(() => given('ORC|RE|RX1|||??', 'RXD|1|AMX'), { code: 'MAPPING_CODE_UNKNOWN', place: 'ORC-5' })
})

t.test('what is given', async (t) => {
  const ras = (orc: string, rxa: string, ...rest: string[]): readonly string[] => [header('RAS^O17'), pid, orc, rxa, ...rest]
  const given = (orc: string, rxa: string): unknown[] => ['id', 'status', 'effectivePeriod', 'effectiveDateTime'].map((element) => resource('MedicationAdministration', ras(orc, rxa))[element])
  const infusion = 'RXA|0|1|20260105101000|'
  const begun = given('ORC|RE|RX3|||IP', `${infusion}|NS^氯化钠|250|mL`)
  t.strictSame(begun, ['MedicationAdministration-RX3|0|1|20260105101000|NS', 'in-progress', { start: '2026-01-05T10:10:00+08:00' }, undefined], 'runs until its end is told')
  t.strictSame(given('ORC|RE|RX3|||CM', `${infusion}20260105111000|NS^氯化钠|250|mL${'|'.repeat(13)}CP`), [begun[0], 'completed', { start: '2026-01-05T10:10:00+08:00', end: '2026-01-05T11:10:00+08:00' }, undefined], 'and is the same when it ends')
  const states = ['CP', 'PA', 'RE', 'NA'].map((completion) => given('ORC|RE|RX3', `${infusion}|NS^氯化钠|999|${'|'.repeat(13)}${completion}`)[1])
  t.strictSame(states, ['completed', 'stopped', 'not-done', 'not-done'])
  t.strictSame(given('ORC|RE|RX3', `${infusion}|NS|1|${'|'.repeat(14)}D`).slice(1), ['entered-in-error', undefined, '2026-01-05T10:10:00+08:00'], 'by mistake → is an error')
  const test = ras('ORC|RE|RX2', 'RXA|0|1|20260105092000|20260105094000|PST^青霉素皮试|0.1|mL', 'RXR|ID', 'OBX|1|CWE|R^结果||NEG^阴性||||||F')
  t.match(resource('Observation', test), { partOf: [{ reference: 'MedicationAdministration/MedicationAdministration-RX2|0|1|20260105092000|PST' }], valueCodeableConcept: { coding: [{ code: 'NEG' }] } }, 'as a skin test → has its result')
  t.throws(() => map(ras('ORC|RE|RX2', 'RXA|0|1|||PST')), { code: 'MAPPING_VALUE_MISSING', place: 'MedicationAdministration.effective[x]' }, 'at no time → is refused')
  const vaccine = resource('Immunization', [header('VXU^V04'), pid, 'ORC|RE||V1', 'RXA|0|1|20260105||HEPB^乙肝疫苗|999|||||||||L1|||||CP|A'])
  t.match(vaccine, { status: 'completed', vaccineCode: { coding: [{ code: 'HEPB' }] }, occurrenceDateTime: '2026-01-05', lotNumber: 'L1', doseQuantity: undefined }, 'as a vaccine → is an immunization, of no amount where 999 stands for unknown')
})

t.test('a referral', async (t) => {
  const rf1 = (status: string): string => `RF1|${status}|R|SPEC^专科|CN^会诊|O|Z1^HIS|20260106|20260120|20260105105500`
  const to = 'PRD|RT|演示^专家|||||D1|||市医院^^^^^^^^^ZX01'
  const referral = resource('ServiceRequest', [header('REF^I12'), rf1('P'), 'PRD|RP|演示^医生|||||D1', to, pid, 'DG1|1||J06.9'])
  t.match(referral, { id: 'ServiceRequest-referral:Z1', status: 'active', intent: 'order', category: [{ coding: [{ code: '3457005' }] }, {}], requester: { reference: 'Practitioner/Practitioner-D1' }, reasonReference: [{ reference: 'Condition/Condition-P1|J06.9|' }] })
  t.strictSame(referral['performer'], [{ reference: 'Practitioner/Practitioner-provider:ZX01::D1', display: '演示专家' }, { reference: 'Organization/Organization-ZX01', display: '市医院' }], 'goes to a doctor of another hospital, who is none of ours with the same number')
  t.equal(resource('ServiceRequest', [header('REF^I14'), rf1('A'), pid])['status'], 'revoked', 'that is cancelled → is revoked')
  t.equal(resource('ServiceRequest', [header('RRI^I12'), 'MSA|AA|1', rf1('A').replace('Z1^HIS', 'N1^^urn:yiqiao:placer^URI'), to, pid])['id'], 'ServiceRequest-N1', 'that we made → is the order that has this number')
  const reply = (msa: string, status: string): unknown[] => {
    const { changes } = map([header('RRI^I12'), msa, rf1(status), to, pid])
    const [request, task] = ['ServiceRequest', 'Task'].map((type) => changes.find(({ resource }) => resource.resourceType === type))
    return [task?.resource['status'], request?.resource['status'], request?.weak]
  }
  t.strictSame([reply('MSA|AA|1', 'A'), reply('MSA|AA|1', 'P'), reply('MSA|AA|1', 'R'), reply('MSA|AR|1', ''), reply('MSA|AA|1', 'E')], [
    ['accepted', 'active', true], ['received', 'active', true], ['rejected', 'revoked', false], ['rejected', 'active', true], ['cancelled', 'revoked', false]
  ], 'that is answered → is a task with the answer, and ends only where it is refused')
})

t.test('the answer to a request for an appointment', async (t) => {
  const reply = (event: string, code: string): Record<string, unknown> | undefined => {
    const change = map([header(`SRR^${event}`), `MSA|${code}|Y1|no room`, 'SCH|A1|F1|||||||||^^30^20260106090000^20260106093000', pid]).changes.find(({ resource }) => resource.resourceType === 'Appointment')
    return { status: change?.resource['status'], start: change?.resource['start'], reason: change?.resource['cancelationReason'], isWeak: change?.weak === true || change?.weakElements?.includes('status') === true }
  }
  t.strictSame(reply('S01', 'AA'), { status: 'booked', start: '2026-01-06T09:00:00+08:00', reason: undefined, isWeak: false }, 'yes → is booked')
  t.strictSame(reply('S04', 'AA')?.['status'], 'cancelled', 'yes, it is off → is cancelled')
  t.strictSame(reply('S01', 'AR'), { status: 'cancelled', start: undefined, reason: { text: 'no room' }, isWeak: false }, 'no → will not be')
  t.strictSame(reply('S02', 'AE'), { status: 'proposed', start: undefined, reason: undefined, isWeak: true }, 'no, it cannot be moved → leaves it as it was')
  const refused = map([header('SRR^S04'), 'MSA|AE|Y1|too late', 'SCH|YQ0000000000001^YIQIAO^urn:yiqiao:placer^URI|F1', pid]).changes.find(({ resource }) => resource.resourceType === 'Appointment')
  t.match([refused?.resource['extension'], refused?.weakElements?.includes('extension')], [[{ url: 'urn:yiqiao:fhir:appointment-change-refused', extension: [{ valueString: '1' }, { valueString: 'too late' }] }], false], 'and whoever asked hears which answer it was')
  t.equal(refused?.resource['id'], 'Appointment-placer:YQ0000000000001', 'of what we asked for')
  const found = map([header('SQR^S25'), 'MSA|AA|Y1', 'QAK|1|OK', 'SCH|YQ0000000000001^YIQIAO^urn:yiqiao:placer^URI|F1|||||||||^^^20260106090000^20260106093000', pid]).changes.find(({ resource }) => resource.resourceType === 'Appointment')
  t.match(found?.resource, { id: 'Appointment-placer:YQ0000000000001', status: 'booked', start: '2026-01-06T09:00:00+08:00' }, 'and what it has, when it is asked')
})

t.test('who pays', async (t) => {
  const bar = (gt1: string, in1 = 'IN1|1|P1'): readonly string[] => [header('BAR^P01'), pid, visit(), gt1, in1]
  const gt1 = 'GT1|1|G1|测试^乙|||||19800101|M||SPO'
  t.match(resource('RelatedPerson', bar(gt1)), { relationship: [{ coding: [{ code: 'GUAR' }] }, { coding: [{ code: 'SPS' }, {}] }], birthDate: '1980-01-01', name: [{ family: '测试', given: ['乙'] }] }, 'is a related person with the role of a guarantor')
  t.strictSame(resource('Coverage', bar(gt1))['payor'], [{ reference: 'RelatedPerson/RelatedPerson-P1|guarantor:G1|乙|SPO' }], 'and pays where no insurer does')
  t.strictSame(resources('RelatedPerson', bar('GT1|1|G1|测试^甲||||||||SEL')), [], 'for himself → is no related person')
  t.strictSame(map(bar(gt1)).changes.filter(({ resource }) => resource.resourceType === 'Encounter').map(({ weak }) => weak), [true], 'says nothing of the visit')
})

t.test('a problem, an allergy', async (t) => {
  const problem = (action: string, status = ''): unknown => {
    const change = map([header('PPR^PC1'), pid, `PRB|${action}|20260105|E11^糖尿病|PB1||||||||||${status}`]).changes.find(({ resource }) => resource.resourceType === 'Condition')
    return [(change?.resource['clinicalStatus'] as { coding: Array<{ code: string }> } | undefined)?.coding[0]?.code, change?.resource['verificationStatus'] !== undefined, change?.removed]
  }
  t.strictSame([problem('AD'), problem('UP', 'RESOLVED'), problem('UP'), problem('DE')], [['active', false, []], ['resolved', false, []], [undefined, false, []], [undefined, true, ['clinicalStatus']]])
  const allergy = (action: string): unknown[] => ['clinicalStatus', 'verificationStatus'].map((element) => resource('AllergyIntolerance', [header('ADT^A60'), pid, `IAM|1|DA|PEN^青霉素|||${action}`])[element] !== undefined)
  t.strictSame([allergy('A'), allergy('D')], [[true, false], [false, true]])
})

t.test('a document', async (t) => {
  const found = resource('DocumentReference', [header('MDM^T02'), pid, 'TXA|1|CN||20260105|||||D1|||DOC1|||||AU', 'OBX|1|TX|1||one', 'OBX|2|ED|2||^application^pdf^Base64^QUJD'])
  t.strictSame([found['id'], found['docStatus'], found['date'], found['content']], ['DocumentReference-DOC1', 'final', '2026-01-05T00:00:00+08:00', [{ attachment: { contentType: 'text/plain', data: 'b25l' } }, { attachment: { contentType: 'application/pdf', data: 'QUJD' } }]])
  t.throws(() => map([header('MDM^T02'), pid, 'TXA|1|CN||||||||||DOC1']), { code: 'MAPPING_VALUE_MISSING', place: 'DocumentReference.content' })
  const notice = map([header('MDM^T01'), pid, 'TXA|1|CN^病历||20260105|||||D1|||DOC1|||||AU']).changes.find(({ resource }) => resource.resourceType === 'DocumentReference')
  t.strictSame([notice?.resource['content'], notice?.weakElements], [[{ attachment: { title: '病历' } }], ['content']], 'that is only announced → takes nothing from one that is there')
  const related = (trigger: string): unknown => resource('DocumentReference', [header(`MDM^${trigger}`), pid, 'TXA|1|CN||20260105|||||D1|||DOC2|DOC1||||AU', 'OBX|1|TX|1||one'])['relatesTo']
  t.strictSame([related('T06'), related('T10')], ['appends', 'replaces'].map((code) => [{ code, target: { identifier: { value: 'DOC1' } } }]), 'that adds to another or replaces it → says so')
})

t.test('facts of anything else → are none', async (t) => {
  t.strictSame(facts({ resourceType: 'Observation', id: 'o' }), [])
})
