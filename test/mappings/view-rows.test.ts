import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { checkSite, compileSite, MappingError, rowSource, type Mapped, type MappingContext, type SiteMapping, type TableFiles, type ViewRow } from '../../mappings/index.ts'
import { compileR4, type ElementTable } from '../../mappings/r4/index.ts'
import { loadMappings } from '../../app/load-mappings.ts'
import { context, header, map, mappingOf } from './mapping-of.ts'

const base = mappingOf()
const checkResource = compileR4(JSON.parse(readFileSync('mappings/r4/elements.json', 'utf8')) as ElementTable)

function mapRow (view: string, row: ViewRow, mapping: SiteMapping = base, over: Partial<MappingContext> = {}): Mapped {
  const table = mapping.views.get(view)
  if (table === undefined) throw new Error(`no table of ${view}`)
  return mapping.map(rowSource(table, { row, controlId: `${view}/1` }), { ...context, ...over })
}

const resourceOf = (mapped: Mapped, type: string): Record<string, unknown> | undefined =>
  mapped.changes.map(({ resource }) => resource as Record<string, unknown>).find(({ resourceType }) => resourceType === type)
const changeOf = (mapped: Mapped, type: string): Mapped['changes'][number] | undefined => mapped.changes.find(({ resource }) => resource.resourceType === type)

const patient: ViewRow = {
  patient_no: 'S000001 ', name: '曹𬍛', sex: '1', birth_date: '1968-12-30', id_card_no: '000000196812300017', phone: '000-0000-0484', address: '无名省无名市示范路484号',
  merged_into: null, updated_at: '2027-03-01T08:00:00.250'
}
const visit: ViewRow = {
  visit_no: 'SV1', patient_no: 'S000001', class: 'outpatient', status: 'in_progress', department_code: '0101', department_name: '内科门诊', doctor_no: '5001', doctor_name: '白例山',
  started_at: '2027-03-01T08:00:00', ended_at: null, diagnosis_code: 'J00', diagnosis_name: '急性鼻咽炎', diagnosis_type: null, updated_at: '2027-03-01T08:01:00'
}
const charge: ViewRow = {
  transaction_id: 'SV1T10', patient_no: 'S000001', visit_no: 'SV1', kind: 'charge', cancels: null, item_code: 'F001', item_name: '挂号费', quantity: '2.0000', unit_price: '7.5000', amount: '15.0000',
  charged_at: '2027-03-01T08:02:00', updated_at: null
}
const every: Readonly<Record<string, ViewRow>> = {
  patients: patient,
  photos: { patient_no: 'S000001', photo: Buffer.from('drawn').toString('base64'), content_type: null, taken_at: '2027-03-01T08:02:00' },
  visits: visit,
  charges: charge,
  roster: { roster_no: 'R1', doctor_no: '5001', doctor_name: '白例山', department_code: '0101', department_name: '内科门诊', starts_at: '2027-03-02T08:00:00', ends_at: '2027-03-02T12:00:00', capacity: '30', status: null },
  events: { event_id: 'E1', visit_no: 'SV1', patient_no: 'S000001', kind: 'called', queue_code: '0101', queue_name: '内科', queue_no: 'A007', room: '101', at: '2027-03-01T08:20:00' }
}

t.test('a row of every view → becomes valid R4', async (t) => {
  for (const [view, row] of Object.entries(every)) {
    const mapped = mapRow(view, row, base, { stableId: (_hospital, kind, name) => `${kind}-${name}`.replaceAll(/[^A-Za-z0-9.-]/g, '.') })
    t.not(mapped.changes.length, 0, view)
    for (const { resource } of mapped.changes) t.strictSame(checkResource(resource), [], `${view} ${resource.resourceType}`)
    t.strictSame([mapped.notes, mapped.header['eventCoding']], [[], { system: 'urn:yiqiao:fhir:view', code: `view:${view}` }])
  }
})

t.test('the same thing by row and by HL7 v2 → has the same id', async (t) => {
  const idsOf = (mapped: Mapped): readonly string[] => mapped.changes.map(({ resource }) => resource.id)
  const pid = 'PID|1||S000001^^^HIS^MR||曹^𬍛'
  const pv1 = 'PV1|1|O|||||5001^白^例山||||||||||||SV1'
  const ways: ReadonlyArray<readonly [string, readonly string[], Mapped]> = [
    ['patient', ['Patient-S000001'], map([header('ADT^A28'), pid])],
    ['visit and diagnosis', ['Encounter-SV1', 'Condition-SV1|J00|'], map([header('ADT^A04'), pid, pv1, 'DG1|1||J00^急性鼻咽炎'])],
    ['charge', ['ChargeItem-SV1T10'], map([header('DFT^P03'), pid, pv1, 'FT1|1|SV1T10||20270301080200||CG|F001^挂号费|||1|15.00'])],
    ['doctor', ['Practitioner-5001', 'PractitionerRole-5001|5001'], map([header('MFN^M02'), 'MFI|PRA||UPD|||NE', 'MFE|MAD|5001||5001', 'STF|5001||白例山||M||A|0101^内科门诊', 'PRA|5001'])]
  ]
  const byRows = Object.entries(every).flatMap(([view, row]) => idsOf(mapRow(view, row)))
  for (const [name, ids, byHl7] of ways) {
    t.strictSame(ids.filter((id) => !idsOf(byHl7).includes(id)), [], `${name} by HL7`)
    t.strictSame(ids.filter((id) => !byRows.includes(id)), [], `${name} by rows`)
  }
  t.ok(byRows.includes('Organization-department:0101'))
})

t.test('a patient', async (t) => {
  const mapped = mapRow('patients', patient)
  t.match(resourceOf(mapped, 'Patient'), { name: [{ text: '曹𬍛' }], gender: 'male', birthDate: '1968-12-30', telecom: [{ value: '000-0000-0484', use: 'home' }], identifier: [{ value: 'S000001' }, { value: '000000196812300017' }] })
  t.strictSame(changeOf(mapped, 'Patient')?.asOf, new Date('2027-03-01T00:00:00.250Z'), 'is as of updated_at, in the zone of the hospital')
  const without = mapRow('patients', { ...patient, phone: null, address: '  ' })
  t.strictSame(changeOf(without, 'Patient')?.removed, ['telecom', 'address'], 'without a phone any more → loses it')
  const narrow = Object.fromEntries(Object.entries(patient).filter(([name]) => name !== 'phone'))
  t.strictSame(changeOf(mapRow('patients', narrow), 'Patient')?.removed, [], 'of a view that has no such column → keeps what others told')
  const merged = mapRow('patients', { ...patient, merged_into: 'S000002' })
  t.match(resourceOf(merged, 'Patient'), { id: 'Patient-S000001', active: false, link: [{ other: { reference: 'Patient/Patient-S000002' }, type: 'replaced-by' }] }, 'that was merged → is linked, as by A40')
  t.match(merged.changes[1]?.resource, { id: 'Patient-S000002', link: [{ type: 'replaces' }] })
})

t.test('a photo → only adds the photo', async (t) => {
  const change = changeOf(mapRow('photos', every['photos'] ?? {}), 'Patient')
  t.match(change?.resource, { photo: [{ contentType: 'image/jpeg', data: 'ZHJhd24=' }] })
  t.strictSame([change?.weak, change?.weakElements], [false, ['identifier']])
})

t.test('a visit', async (t) => {
  t.match(resourceOf(mapRow('visits', visit), 'Encounter'), {
    status: 'in-progress', class: { code: 'AMB' }, period: { start: '2027-03-01T08:00:00+08:00' }, serviceType: { text: '内科门诊' },
    participant: [{ individual: { reference: 'Practitioner/Practitioner-5001', display: '白例山' } }], diagnosis: [{ condition: { reference: 'Condition/Condition-SV1|J00|' } }]
  })
  t.throws(() => mapRow('visits', { ...visit, status: 'zz' }), { code: 'MAPPING_CODE_UNKNOWN', place: 'visits.status' }, 'with a status that no table knows → is refused by column, without the value')
  t.strictSame(mapRow('visits', { ...visit, class: 'xx' }).unmapped.map(({ table, place }) => [table, place]), [['view-visit-class', 'visits.class']], 'with an unknown class → is taken, and the code is told')
})

t.test('a line of charges', async (t) => {
  const price = (row: ViewRow): unknown => (resourceOf(mapRow('charges', row), 'ChargeItem') ?? resourceOf(mapRow('charges', row), 'PaymentNotice'))?.['priceOverride']
  t.strictSame(price(charge), { value: 15, currency: 'CNY' }, 'costs its amount')
  t.strictSame(price({ ...charge, amount: null }), { value: 15, currency: 'CNY' }, 'without one → unit price times quantity')
  t.throws(() => price({ ...charge, amount: '15.001' }), { code: 'MAPPING_VALUE_INVALID' }, 'with a part of a fen → is refused')
  t.throws(() => price({ ...charge, amount: null, unit_price: null }), { code: 'MAPPING_VALUE_MISSING' })
  t.strictSame(changeOf(mapRow('charges', charge), 'ChargeItem')?.asOf, new Date('2027-03-01T00:02:00Z'), 'without updated_at → is as of charged_at')
  t.strictSame(changeOf(mapRow('charges', { ...charge, charged_at: null }), 'ChargeItem')?.asOf, context.receivedAt, 'without both → as of its reading')

  const credit = mapRow('charges', { ...charge, transaction_id: 'SV1T40', kind: 'credit', cancels: 'SV1T10' })
  t.match(resourceOf(credit, 'ChargeItem'), { id: 'ChargeItem-SV1T10', status: 'entered-in-error', extension: [{ extension: [{ url: 'transaction', valueString: 'SV1T40' }, { url: 'amount', valueMoney: { value: 15 } }, { url: 'date', valueDate: '2027-03-01' }] }] },
    'that is a credit → ends the charge it names, as FT1 does')
  t.match(resourceOf(mapRow('charges', { ...charge, kind: 'adjustment', amount: '-5.0000' }), 'ChargeItem'), { priceOverride: { value: -5 }, extension: [{ valueCode: 'adjustment' }] }, 'that adjusts → has its sign')
  t.match(resourceOf(mapRow('charges', { ...charge, kind: 'payment' }), 'PaymentNotice'), { amount: { value: 15 }, created: '2027-03-01T08:02:00+08:00', recipient: { identifier: { value: 'h1' } } })
  t.throws(() => mapRow('charges', { ...charge, kind: 'gift' }), { code: 'MAPPING_CODE_UNKNOWN', place: 'charges.kind' })
})

t.test('a check-in or a queue call → says where the visit stands, as ADT^Z10 does', async (t) => {
  const called = mapRow('events', every['events'] ?? {})
  t.match(resourceOf(called, 'Encounter'), { id: 'Encounter-SV1', status: 'in-progress', extension: [{ url: 'urn:yiqiao:fhir:queue', extension: [{ valueCode: 'called' }, { valueString: 'A007' }, { valueString: '101' }, {}] }] })
  t.match(resourceOf(called, 'Task'), { id: 'Task-SV1|0101|A007', status: 'ready', businessStatus: { coding: [{ code: 'called' }] } })
  const byHl7 = map([header('ADT^Z10'), 'PID|1||S000001^^^HIS^MR', 'PV1|1|O|||||||||||||||||SV1', 'ZQU|1|0101^内科|A007|101|C'])
  t.match(resourceOf(byHl7, 'Task'), { id: 'Task-SV1|0101|A007', status: 'ready' })
  t.match(resourceOf(mapRow('events', { ...every['events'], kind: 'waiting' }), 'Encounter'), { status: 'unknown' })
})

const sources = await loadMappings('mappings')
const faultsOf = (over: Partial<TableFiles>): readonly string[] =>
  checkSite({ ...sources, sites: { trial: { messages: {}, segments: {}, codeTables: {}, ...over } } }, 'trial').faults

t.test('a site', async (t) => {
  t.test('may call a column its own name, add one, and have codes of its own', async (t) => {
    const mapping = mappingOf({
      messages: { 'view-patients': { columns: [{ name: 'patient_no', column: 'BRH' }, { name: 'nation' }] } },
      segments: { 'view-patients-patient': [{ to: 'extension[nation].valueString', from: 'patients.nation', with: { url: 'urn:example:nation' } }] },
      codeTables: { 'view-sex': { table: 'view-sex', map: { n: 'male', v: 'female' } } }
    })
    t.match(mapping.views.get('patients'), { key: 'patient_no', columns: [{ name: 'patient_no', column: 'BRH', isRequired: true }] })
    t.match(resourceOf(mapRow('patients', { ...patient, sex: 'v', nation: '示例族' }, mapping), 'Patient'), { gender: 'female', extension: [{ valueString: '示例族' }] })
  })
  t.test('with faults → is told each with its file', async (t) => {
    t.strictSame(faultsOf({ segments: { 'view-patients-patient': [{ to: 'gender', from: 'patients.sexe', as: 'code' }] } }), ['sites/trial/segments/view-patients-patient.json row 1 (gender): no such path: "patients.sexe"'])
    t.strictSame(faultsOf({ messages: { 'view-visits': { columns: [{ name: 'visit_no', column: 'a]; drop' }] } } }), ['sites/trial/messages/view-visits.json column 1: "column" has the wrong form'])
    t.strictSame(faultsOf({ messages: { 'view-visits': { columns: [{ name: 'patient_no', key: true }] } } }), ['messages/view-visits.json: exactly one column must be the key'])
    t.strictSame(faultsOf({ messages: { 'view-visits': { columns: [{ name: 'both', of: ['visit_no', 'nothing'] }] } } }), ['messages/view-visits.json column both: no column "nothing"'])
  })
})

t.test('a column path in an HL7 message, and an HL7 path in a row → find nothing', async (t) => {
  const mapping = compileSite({ ...sources, sites: { trial: { messages: {}, codeTables: {}, segments: { 'pid-patient': [{ to: 'multipleBirthInteger', from: 'patients.phone', as: 'positiveInt' }] } } } }, 'trial')
  t.notOk('multipleBirthInteger' in (mapping.map(parseMessage([header('ADT^A28'), 'PID|1||S000001^^^HIS^MR'].join('\r')), context).changes[0]?.resource ?? {}))
  t.throws(() => base.map(rowSource({ view: 'nobodys', columns: [], key: '', changed: [], fields: [] }, { row: {}, controlId: '1' }), context), MappingError)
})

t.test('what the hospital is asked for → is what the tables read', async (t) => {
  const [script, guide] = ['1-views.sql', 'README.md'].map((file) => readFileSync(`deploy/his-views/${file}`, 'utf8'))
  for (const [view, { columns, key }] of base.views) {
    const made = script?.split(`create or alter view yiqiao.${view} as`)[1]?.split('\ngo\n')[0] ?? ''
    const line = guide?.split('\n').find((each) => each.startsWith(`| \`${view}\` |`)) ?? ''
    for (const { name, isRequired } of columns) {
      if (name !== 'updated_at' || view !== 'photos') t.match(made, new RegExp(`[ .]${name},?( +--.*)?\n`), `the script of ${view} has ${name}`)
      t.ok(line.includes(isRequired ? `**${name}**` : name), `the guide of ${view} has ${name}`)
    }
    t.ok(line.includes(`**${key}** key`))
  }
})
