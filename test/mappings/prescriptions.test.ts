import { readFileSync } from 'node:fs'
import t from 'tap'
import { recordDocuments, sickNoteDocuments } from '../../core/prescriptions/document-records.ts'
import { medicationDispenses, medicationRequests, supplyDelivery } from '../../core/prescriptions/medication-records.ts'
import type { Resource } from '../../core/records/index.ts'
import { compileR4, type ElementTable } from '../../mappings/r4/index.ts'
import { after, aDrugOrder, aPrescription, aRecordVersion, aSickNote, aSignature, noon } from '../fixtures/pharmacy.ts'
import { segmentsOf, send } from './outbound-of.ts'

const checkResource = compileR4(JSON.parse(readFileSync('mappings/r4/elements.json', 'utf8')) as ElementTable)
const written = { base64: (text: string) => Buffer.from(text).toString('base64'), visit: 'Encounter/v1' }
const patient: Resource = { resourceType: 'Patient', id: 'p1', identifier: [{ system: 'urn:yiqiao:hospital:h1:MR', type: { coding: [{ code: 'MR' }] }, value: 'P1' }], name: [{ text: '张三' }] }
const doctor: Resource = { resourceType: 'Practitioner', id: 'd1', identifier: [{ system: 'urn:yiqiao:hospital:h1:EI', value: 'D1001' }], name: [{ family: '王', given: ['医生'] }] }
const visit: Resource = { resourceType: 'Encounter', id: 'v1', status: 'in-progress', class: { code: 'VR' }, identifier: [{ system: 'urn:yiqiao:placer', value: 'CR-20270301-0001' }] }
const related = [patient, doctor, visit]
const resources = (records: ReadonlyArray<{ readonly resource: Resource }>): readonly Resource[] => records.map(({ resource }) => resource)
const amended = aRecordVersion({ version: 2, amendedBecause: '补充查体', signature: aSignature({ at: after(60) }) })

t.test('what is written of a consultation → is valid R4, in every state [C11 C13]', async (t) => {
  const parcel = { drugOrderId: 'o1', number: 'YQO1', trackingNumber: 'SF1', state: 'delivered' as const, requestedAt: noon, nextTrackAt: null }
  const all = resources([
    ...recordDocuments(aRecordVersion(), written), ...recordDocuments(amended, { ...written, visit: null }).filter(({ isUntold }) => isUntold !== true),
    ...sickNoteDocuments(aSickNote({ advice: '休息' }), written), ...sickNoteDocuments(aSickNote({ state: 'void', voidedAt: after(1), voidedBecause: '有误' }), { ...written, visit: null }),
    ...(['pharmacist_approved', 'dispensed', 'expired', 'void'] as const).flatMap((state) => medicationRequests(aPrescription({ state, reason: state === 'void' ? '改方' : null }), 'Encounter/v1')),
    ...medicationDispenses(aDrugOrder({ delivery: 'pick_up', dispensedAt: after(1), deliveredAt: after(2) })), ...medicationDispenses(aDrugOrder({ dispensedAt: after(1) })),
    supplyDelivery(aDrugOrder(), parcel, { id: 'e', kind: 'delivered', at: after(9), place: null }), supplyDelivery(aDrugOrder(), { ...parcel, state: 'requested', trackingNumber: null }, null)
  ])
  for (const resource of all) t.strictSame(checkResource(resource), [], resource.resourceType)
})

t.test('a record → goes to the hospital as MDM^T02 with its text, the amendment after it [C1 C11]', async (t) => {
  const document = resources(recordDocuments(amended, written)).find(({ resourceType }) => resourceType === 'DocumentReference') ?? patient
  t.strictSame(segmentsOf('TXA', 'MDM^T02', document, { related }), ['1|record^互联网诊疗病历^urn:yiqiao:fhir:document-type^^^^^^互联网诊疗病历||||20270301130000.000+0800|||D1001^王^医生|||r1-2^YIQIAO|||||AU||AV|||D1001^王^医生|||互联网诊疗病历'])
  t.strictSame(segmentsOf('OBX', 'MDM^T02', document, { related }).map((line) => line.split('|').slice(3).join('|')), ['|主诉：咳嗽\\.br\\病史：三天\\.br\\检查所见：咽红\\.br\\诊断：急性支气管炎（J20.9）\\.br\\处理意见：多饮水\\.br\\修改原因：补充查体||||||F'])
  t.match(segmentsOf('PV1', 'MDM^T02', document, { related }), [/CR-20270301-0001/], 'in the virtual visit')
})

t.test('a sick note → goes the same way; one that is void, as cancelled [C11]', async (t) => {
  const txa = (state: 'issued' | 'void'): string => segmentsOf('TXA', 'MDM^T02', resources(sickNoteDocuments(aSickNote({ state }), written))[0] ?? patient, { related })[0] ?? ''
  t.match(txa('issued'), /^1\|sick-note\^病假证明.*\|n1\^YIQIAO\|.*\|AU\|\|AV\|/)
  t.match(txa('void'), /\|CA\|/)
  t.match(segmentsOf('OBX', 'MDM^T02', resources(sickNoteDocuments(aSickNote(), written))[0] ?? patient, { related }), [/休息：2027-03-01 至 2027-03-03，共 3 天/])
})

t.test('a prescription → goes as RDE^O11, a message for each drug under the number of the whole [C11]', async (t) => {
  const [first, second] = resources(medicationRequests(aPrescription(), 'Encounter/v1'))
  t.match(segmentsOf('ORC', 'RDE^O11', first ?? patient, { related }), [/^NW\|YQ1-1\^YIQIAO\^urn:yiqiao:placer\^URI\|\|YQ1.*\|IP\|.*D1001\^王\^医生/])
  t.match(segmentsOf('RXE', 'RDE^O11', first ?? patient, { related }), [/^\|AMX\^阿莫西林胶囊\^urn:yiqiao:hospital:east:drug\^\^\^\^\^\^阿莫西林胶囊 0\.25g×24粒\|0\.5\|\|g\|\|\^每次 0\.5 g，每日三次，口服，共 7 天\|.*\|2\|盒\|/])
  t.match(segmentsOf('TQ1', 'RDE^O11', first ?? patient, { related }), [/^1\|\|TID/])
  t.match(segmentsOf('ORC', 'RDE^O11', second ?? patient, { related }), [/^NW\|YQ1-2\^/])
  const control = (state: 'void' | 'expired' | 'dispensed'): string => segmentsOf('ORC', 'RDE^O11', resources(medicationRequests(aPrescription({ state }), null))[0] ?? patient, { related, envelope: { isUpdate: true } })[0]?.split('|')[0] ?? ''
  t.strictSame([control('void'), control('expired'), control('dispensed')], ['CA', 'DC', 'SC'])
  t.notMatch(send('RDE^O11', first ?? patient, { related }).notes, /MedicationRequest\.(status|medication|subject|requester)/)
})
