import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Resource } from '../../core/records/index.ts'
import { adviceRecord } from '../../core/vitals/advice-record.ts'
import { advise } from '../../core/vitals/advise.ts'
import type { GivenVitals } from '../../core/vitals/vitals.ts'
import { vitalsRecords, type Measuring } from '../../core/vitals/vitals-records.ts'
import { compileR4, type ElementTable } from '../../mappings/r4/index.ts'
import { at, factsOf, mmHg, q, saturation } from '../core/vitals/a-measurement.ts'
import { segmentsOf, send } from './outbound-of.ts'

const checkR4 = compileR4(JSON.parse(readFileSync(new URL('../../mappings/r4/elements.json', import.meta.url), 'utf8')) as ElementTable)
const patient: Resource = { resourceType: 'Patient', id: 'p', identifier: [{ system: 'urn:yiqiao:hospital:h1:MR', type: { coding: [{ code: 'MR' }] }, value: 'P1' }], name: [{ text: '测试甲' }] }
const measuring: Measuring = { patientId: 'p', hospitalId: 'h1', measuredAt: at, performer: 'staff', device: { name: '一体机', serial: 'SN-7' }, by: 'window:t' }
const whole: GivenVitals = {
  ...mmHg(165, 95),
  ...saturation(97),
  oxygenSaturation: { ...q(97, '%'), supply: 'oxygen', scale: 1, flow: q(2, 'L/min') },
  glucose: { ...q(6.4, 'mmol/L'), context: 'fasting' },
  single: { temperature: q(98.6, '[degF]'), pulse: q(72, '/min'), respiration: q(16, '/min'), weight: q(70, 'kg'), height: q(170, 'cm'), waist: q(88, 'cm') },
  consciousness: 'alert',
  ecg: { qt: q(400, 'ms'), qrs: q(90, 'ms'), pr: q(160, 'ms'), ecgRate: q(75, '/min'), statement: '窦性心律', leads: [{ lead: 'II', origin: 0, factor: 0.005, unit: 'mV', periodMs: 2, data: '2 4 -2' }] },
  stethoscope: { contentType: 'audio/wav', data: 'UklGRg==', bodySite: '心尖部' }
}

function recordsOf (given: GivenVitals): { readonly resources: readonly Resource[], readonly panel: Resource, readonly advice: Resource } {
  let serial = 0
  const facts = factsOf(given)
  const advice = advise(facts, { measuredAt: at, earlier: [] })
  const made = vitalsRecords({ given, vitals: facts.vitals, news2: advice.news2 }, measuring, { ids: { next: () => `o-${serial += 1}` }, at })
  const resources = made.changes.map(({ resource }) => resource)
  const panel = resources.find(({ id }) => id === made.panelId)
  if (panel === undefined) throw new Error('the panel is made')
  return { resources, panel, advice: adviceRecord('g-1', advice, made, { measuring, at }).resource }
}

t.test('vital signs and advice → are valid FHIR R4, whatever was measured [T4 T5]', async (t) => {
  const nothing = { bloodPressure: null, glucose: null, oxygenSaturation: null, single: {}, consciousness: null, ecg: null, stethoscope: null }
  const sets: readonly GivenVitals[] = [whole, ...(['bloodPressure', 'glucose', 'oxygenSaturation', 'single', 'consciousness', 'ecg', 'stethoscope'] as const).map((name) => ({ ...nothing, [name]: whole[name] }))]
  for (const given of sets) {
    const { resources, advice } = recordsOf(given)
    for (const resource of [...resources, advice]) t.strictSame(checkR4(resource), [], `${resource.resourceType} ${JSON.stringify(resource['code'] ?? '')}`)
  }
})

t.test('one set of vital signs → is one ORU^R01 with every value in UCUM [T4]', async (t) => {
  const { resources, panel } = recordsOf(whole)
  const { text, notes } = send('ORU^R01', panel, { related: [patient, ...resources] })
  const obx = text.split('\r').filter((line) => line.startsWith('OBX|')).map((line) => line.split('|'))
  const values = obx.map((fields) => [2, 3, 5, 6].map((place) => fields[place]?.split('^')[0]).join('|') + `|${fields[6]?.split('^').at(-1) ?? ''}`)
  t.strictSame(values, [
    '|85353-1|||',
    'NM|8310-5|37|Cel|UCUM', 'NM|29463-7|70|kg|UCUM', 'NM|8302-2|170|cm|UCUM', 'NM|8280-0|88|cm|UCUM', 'NM|8867-4|72|/min|UCUM', 'NM|9279-1|16|/min|UCUM',
    'NM|8634-8|400|ms|UCUM', 'NM|8633-0|90|ms|UCUM', 'NM|8625-6|160|ms|UCUM', 'NM|8867-4|75|/min|UCUM',
    '|85354-9|||', 'NM|8480-6|165|mm[Hg]|UCUM', 'NM|8462-4|95|mm[Hg]|UCUM',
    'NM|14770-2|6.4|mmol/L|UCUM',
    'NM|2708-6|97|%|UCUM', 'NM|3151-8|2|L/min|UCUM', 'CWE|inspired-gas|371825009||',
    'CWE|67775-7|248234008||',
    'ST|11524-6|窦性心律||', 'NA|131330|0.01|mV|UCUM',
    'NM|39156-5|24.2|kg/m2|UCUM', 'NM|76634-5|431|ms|UCUM', 'NM|76635-2|447|ms|UCUM',
    'NM|88330-6|2|{score}|UCUM', 'NM|1104301000000104|0||', 'NM|1104311000000102|0||', 'NM|1104331000000105|2||', 'NM|1104341000000101|0||', 'NM|1104351000000103|0||', 'NM|1104361000000100|0||', 'NM|1104371000000107|0||'
  ])
  t.ok(obx.every((fields) => fields[3]?.includes('LN') === true || !/^\d{4,5}-\d$/.test(fields[3]?.split('^')[0] ?? '')), 'LOINC is named as such')
  t.equal(obx[1]?.[14], '20270301090000.000+0800')
  t.equal(obx[1]?.[18], 'SN-7^一体机', 'the device')
  t.equal(obx.find((fields) => fields[2] === 'NA')?.[5], '0.01^0.02^-0.01', 'samples in millivolt')
  t.strictSame(notes, [])
})

t.test('advice → is one ORU^R01 with its words in both languages, and by which rules [T5]', async (t) => {
  const { resources, advice } = recordsOf({ ...whole, ecg: null })
  const sending = { related: [patient, ...resources] }
  t.strictSame(segmentsOf('OBR', 'ORU^R01', advice, sending), ['1||g-1^YIQIAO|HEALTH-ADVICE^健康建议^YIQIAO|||20270301090000.000+0800||||||urn:yiqiao:advice-rules:2026.1+bp-2024.bmi-china.spo2-0|||||||||||OTH|F'])
  const obx = segmentsOf('OBX', 'ORU^R01', advice, sending)
  t.match(obx, [/^1\|FT\|HEALTH-ADVICE\^健康建议\^YIQIAO\|1\|建议近期请医生看一看。\\\.br\\.*血压165\/95 mmHg/, /^2\|FT\|HEALTH-ADVICE\^健康建议\^YIQIAO\|2\|Please let a doctor look at this soon\..*165\/95 mmHg/])
  t.strictSame(send('ORU^R01', advice, sending).notes, [])
})
