import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { parseMessage, type Hl7Message } from '../../adapters/hl7v2/index.ts'
import { startFhirServer, type FhirServer } from '../../adapters/simulators/fhir-server/server.ts'
import { startHisReceiver, type HisReceiver } from '../../adapters/simulators/hospital/his-receiver.ts'
import { aDatabase, aSender, aService, type Answer, type Sender, type Service } from './a-service.ts'

t.setTimeout(180_000)

const clock = { now: () => new Date() }

interface Town {
  readonly service: Service
  readonly his: HisReceiver
  readonly fhir: FhirServer
  readonly east: Sender
  readonly terminal: string
}

/** One hospital whose HIS is told by HL7 v2, and its FHIR server besides. */
async function aTown (t: Test): Promise<Town> {
  const his = await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls: null, clock, slowMs: 0 })
  const fhir = await startFhirServer({ host: '127.0.0.1', port: 0, clock, wallClock: clock, ids: { next: randomUUID } })
  const service = await aService(t, { environment: await aDatabase(t), site: {
    hospitals: [{ id: 'east', name: 'East' }, { id: 'west', name: 'West' }],
    sources: [{ name: 'east', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'east' }],
    destinations: [
      { name: 'east-his', kind: 'mllp', hospital: 'east', host: '127.0.0.1', port: his.port, facility: 'EAST', mappingSite: 'east', ackTimeoutMs: 2_000, sends: [
        { resource: 'Observation', message: 'ORU^R01' }, { resource: 'GuidanceResponse', message: 'ORU^R01' }, { resource: 'DocumentReference', message: 'MDM^T02' }
      ] },
      { name: 'east-fhir', kind: 'fhir', hospital: 'east', url: fhir.url, mappingSite: 'north', sends: [{ resource: 'Observation' }] }
    ],
    timers: { monitorEveryMs: 3_600_000 }
  } })
  t.teardown(() => Promise.all([his.close(), fhir.close()]))
  return { service, his, fhir, east: await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0), terminal: await service.tokenFor('terminal', { organizationId: 'east' }) }
}

const stamp = (daysAgo = 0): string => new Date(Date.now() - daysAgo * 86_400_000 + 8 * 3_600_000).toISOString().replace(/[-:T]/g, '').slice(0, 14)
let serial = 0
const fromHis = (type: string, daysAgo: number, ...segments: readonly string[]): string => [`MSH|^~\\&|EASTHIS|EAST|YIQIAO|YIQIAO|${stamp(daysAgo)}||${type}|V${serial += 1}|P|2.5.1||||||UNICODE UTF-8`, ...segments, ''].join('\r')
const aDoctor = (number: string, name: string, department: string): string => fromHis('MFN^M02^MFN_M02', 400, 'MFI|PRA^^HL70175||UPD|||AL', `MFE|MAD||${stamp(400)}|${number}`, `STF|${number}||${name}||F||A|${number}D^${department}`, `PRA|${number}||||${department}`)

interface Seen { readonly visit: string, readonly daysAgo: number, readonly doctor: string, readonly diagnosis: string }
const pid = (number: string): string => `PID|1||${number}^^^EASTHIS^MR||测试^${number}^^^^^L||19600301|F`
const aVisit = (number: string, { visit, daysAgo, doctor, diagnosis }: Seen): string => fromHis('ADT^A04^ADT_A01', daysAgo, `EVN|A04|${stamp(daysAgo)}`, pid(number),
  `PV1|1|O|MZ01^1^^EAST^^^^^门诊||||${doctor}^演示^医生|||MED^门诊|||||||||${visit}^^^EASTHIS^VN|||||||||||||||||||||||||${stamp(daysAgo)}`, `DG1|1||${diagnosis}|||F`)

async function told (town: Town, ...messages: readonly string[]): Promise<void> {
  for (const message of messages) t.match((await town.east.send(message)).toString(), /MSA\|AA/)
  await town.service.settled()
}

const aTeam: readonly string[] = [aDoctor('D1', '心^医生', '心血管内科'), aDoctor('D2', '糖^医生', '内分泌科'), aDoctor('D3', '肤^医生', '皮肤科'), aDoctor('D4', '新^医生', '心内科')]
const keyed = (): Readonly<Record<string, string>> => ({ 'idempotency-key': randomUUID() })
const readCard = async ({ service, terminal }: Town, number: string): Promise<{ readonly readingId: string, readonly patientId: string }> => {
  const { status, body } = await service.post('/v1/identity-readings', terminal, { kind: 'patient_card', value: number })
  t.match({ status, isNew: body.isNew }, { status: 201, isNew: false })
  return { readingId: body.readingId, patientId: body.patient.id }
}
const measure = ({ service, terminal }: Town, body: unknown, { token = terminal, headers = keyed(), query = '' }: { readonly token?: string, readonly headers?: Readonly<Record<string, string>>, readonly query?: string } = {}): Promise<Answer> => service.call('POST', `/v1/vitals${query}`, token, body, headers)
const messages = ({ his }: Town, type: string): readonly Hl7Message[] => his.items(null).map(({ body }) => parseMessage(String(body['message']))).filter((message) => `${message.get('MSH-9.1') ?? ''}^${message.get('MSH-9.2') ?? ''}` === type)
const lines = (message: Hl7Message | undefined, { his }: Town): readonly string[] => his.items(null).map(({ body }) => String(body['message'])).find((text) => message !== undefined && text.includes(`|${message.get('MSH-10') ?? ''}|`))?.split('\r') ?? []
const mmHg = (systolic: number, diastolic: number): unknown => ({ systolic: { value: systolic, unit: 'mm[Hg]' }, diastolic: { value: diastolic, unit: 'mm[Hg]' } })

t.test('a card is read at the terminal → vital signs, advice in words to be read and heard, the HIS has both, and a doctor is recommended and chosen [T4 T5 T7 T8]', async (t) => {
  const town = await aTown(t)
  const { service, terminal, fhir } = town
  await told(town, ...aTeam,
    aVisit('E1', { visit: 'V1', daysAgo: 200, doctor: 'D1', diagnosis: 'I10^原发性高血压^I10' }),
    aVisit('E1', { visit: 'V2', daysAgo: 20, doctor: 'D3', diagnosis: 'L30.9^湿疹^I10' }),
    aVisit('E1', { visit: 'V3', daysAgo: 10, doctor: 'D3', diagnosis: 'L30.9^湿疹^I10' }))
  const { readingId, patientId } = await readCard(town, 'E1')
  const practitioner = (number: string): string => service.served.parts.stableId('east', 'Practitioner', number)

  const headers = keyed()
  const set = { readingId, device: { name: '一体机', serial: 'SN-7' }, bloodPressure: { systolic: { value: 22, unit: 'kPa' }, diastolic: { value: 12.7, unit: 'kPa' } }, glucose: { value: 120, unit: 'mg/dL', context: 'fasting' }, temperature: { value: 98.6, unit: '[degF]' }, pulse: { value: 76, unit: '/min' }, weight: { value: 60, unit: 'kg' }, height: { value: 160, unit: 'cm' } }
  const measured = await measure(town, set, { headers })
  t.match(measured, { status: 201, body: { patientId, advice: { language: 'zh', severity: 'see_doctor', news2: { total: null, missing: ['respiration', 'oxygenSaturation', 'supply', 'consciousness'], threes: [] } } } })
  const { advice } = measured.body
  t.strictSame(advice.findings.map(({ ruleId, band, textKey }: { ruleId: string, band: string, textKey: string }) => [ruleId, band, textKey]), [
    ['blood-pressure', 'grade_2', 'pressure.known'], ['glucose', 'impaired_fasting', 'glucose.impaired_fasting'], ['body-mass', 'normal', 'body.normal'], ['pulse', 'normal', 'pulse.normal'], ['temperature', 'normal', 'temperature.normal']
  ], 'in the units that the rules read; what is on record changes the hint')
  t.match(advice.findings[0], { text: /血压165\/95 mmHg/, source: '中国高血压防治指南（2024 年修订版）', input: [{ name: 'systolic', value: 165 }, { name: 'diastolic', value: 95 }, { name: 'pressureSetting', value: 'office' }] })
  t.match(advice.speakable, /血压一百六十五，九十五毫米汞柱.*空腹血糖六点七毫摩尔每升/)
  t.strictSame((await measure(town, set, { headers })).body, measured.body, 'sent again it is the same')

  t.test('the HIS has one ORU^R01 of the values and one of the advice, its FHIR server every value [T4]', async (t) => {
    await service.settled()
    const [values, words, ...more] = messages(town, 'ORU^R01')
    t.strictSame(more, [])
    t.equal(values?.get('PID-3.1'), 'E1')
    const told = lines(values, town).filter((line) => line.startsWith('OBX|')).map((line) => line.split('|')).map((fields) => [fields[3]?.split('^')[0], fields[5], fields[6]?.split('^')[0]])
    t.strictSame(told.filter(([, value]) => value !== ''), [['8310-5', '37', 'Cel'], ['29463-7', '60', 'kg'], ['8302-2', '160', 'cm'], ['8867-4', '76', '/min'], ['8480-6', '165', 'mm[Hg]'], ['8462-4', '95', 'mm[Hg]'], ['14770-2', '6.7', 'mmol/L'], ['39156-5', '23.4', 'kg/m2']])
    t.match(lines(words, town).find((line) => line.startsWith('OBX|1|')), /FT\|HEALTH-ADVICE\^健康建议.*血压165\/95 mmHg/)
    const written = fhir.items(null).map(({ kind, body }) => [kind, (body['resource'] as { code: { coding: ReadonlyArray<{ code: string }> } }).code.coding[0]?.code])
    t.strictSame(written.filter(([kind]) => kind === 'created').map(([, code]) => code), ['8310-5', '29463-7', '8302-2', '8867-4', '85354-9', '14770-2', '39156-5', '85353-1'])
  })

  t.test('both stand on record as FHIR R4, for who may see them', async (t) => {
    const app = await service.tokenFor('patient', { personId: patientId })
    const panel = (await service.get(`/fhir/Observation/${measured.body.id}`, app)).body
    t.match(panel, { code: { coding: [{ code: '85353-1' }] }, device: { display: '一体机' } })
    t.equal(panel.hasMember.length, 7)
    t.match((await service.get(`/fhir/Observation?patient=${patientId}&code=8867-4`, app)).body, { total: 1, entry: [{ resource: { valueQuantity: { value: 76, code: '/min' } } }] })
    const [guidance] = (await service.get(`/fhir/GuidanceResponse?patient=${patientId}`, app)).body.entry
    t.match(guidance.resource, { id: advice.id, status: 'success', moduleUri: /^urn:yiqiao:advice-rules:2026\.1/ })
    t.strictSame(guidance.resource.reasonReference.map(({ reference }: { reference: string }) => reference), advice.derivedFrom)
    t.match((await service.post('/fhir/GuidanceResponse/$validate', await service.tokenFor('integrator'), guidance.resource)).body.issue, [{ severity: 'information' }])

    const shown = (await service.call('GET', `/v1/patients/${patientId}/advice`, app, undefined, { 'accept-language': 'fr, en-GB;q=0.9, zh;q=0.1' }))
    t.match(shown, { status: 200, body: { id: advice.id, language: 'en', findings: [{ text: /Blood pressure 165\/95 mmHg/ }] } })
    t.equal(shown.headers.get('content-language'), 'en')
    t.match(shown.body.speakable, /one hundred and sixty-five over ninety-five millimetres of mercury/)
    t.equal((await service.get(`/v1/patients/${patientId}/advice?language=zh`, app)).body.language, 'zh')
    t.match(await service.get(`/v1/patients/${patientId}/advice`, terminal), { status: 404, body: { code: 'READING_NOT_FOUND' } }, 'a terminal shows whose card it has read')
    t.equal((await service.get(`/v1/patients/${patientId}/advice?readingId=${readingId}`, terminal)).status, 200)
    const stranger = await service.tokenFor('patient', { personId: 'somebody-else' })
    const elsewhere = await service.tokenFor('doctor', { organizationId: 'west' })
    for (const token of [stranger, elsewhere]) {
      t.equal((await service.get(`/v1/patients/${patientId}/advice`, token)).status, 404)
      t.equal((await measure(town, { ...set, readingId: undefined, patientId }, { token })).status, 404)
      t.equal((await service.post('/v1/doctors/choose', token, { patientId })).status, 404)
    }
    for (const role of ['finance', 'bureau', 'operator'] as const) t.equal((await measure(town, set, { token: await service.tokenFor(role) })).status, 403, role)
  })

  t.test('doctors are recommended, with every factor and the reason in words [T7]', async (t) => {
    const asked = await service.get(`/v1/doctors/recommend?readingId=${readingId}`, terminal)
    t.match(asked, { status: 200, body: { kind: 'doctors', language: 'zh', adviceId: advice.id, first: null, departments: [{ group: 'cardiology', fit: 1, because: '适合查看今天的血压读数' }, { group: 'endocrinology', fit: 1 }, { group: 'general_medicine' }] } })
    const { items } = asked.body
    t.strictSame(items.map(({ doctor }: { doctor: { id: string } }) => doctor.id).sort(), ['D1', 'D2', 'D4'].map(practitioner).sort(), 'the dermatologist does not fit')
    t.match(items[0], { doctor: { id: practitioner('D1'), department: '心血管内科' }, visits: 1, why: /您看过这位医生1次；没有排班信息/ })
    t.strictSame(items[0].factors.map(({ name, weight, isKnown }: { name: string, weight: number, isKnown: boolean }) => [name, weight, isKnown]), [['department', 0.4, true], ['continuity', 0.25, true], ['availability', 0.2, false], ['rating', 0.1, false], ['price', 0.05, false]])
    t.match((await service.post('/v1/doctors/recommend', terminal, { readingId, language: 'en', limit: 1 })).body, { items: [{ why: /^Cardiology suits today's reading of blood pressure; you have seen this doctor once/ }] })
    t.equal((await service.get('/v1/doctors/recommend', terminal)).status, 422, 'for nobody in particular there is none')

    const integrator = await service.tokenFor('integrator', { organizationId: 'east' })
    const schedule = await service.post('/fhir/Schedule', integrator, { resourceType: 'Schedule', active: true, actor: [{ reference: `Practitioner/${practitioner('D4')}` }] })
    const start = Date.now() + 40 * 60_000
    t.equal((await service.post('/fhir/Slot', integrator, { resourceType: 'Slot', schedule: { reference: `Schedule/${schedule.body.id}` }, status: 'free', start: new Date(start).toISOString(), end: new Date(start + 1_200_000).toISOString() })).status, 201)
    const withRoster = (await service.get(`/v1/doctors/recommend?readingId=${readingId}`, terminal)).body.items.find(({ doctor }: { doctor: { id: string } }) => doctor.id === practitioner('D4'))
    t.match(withRoster, { why: /您还没有看过这位医生；约(39|40)分钟后有空/ })
    t.ok(withRoster.factors[2].isKnown)
  })

  t.test('one is chosen out of the visit records, for today\'s finding and not for the most visits [T8]', async (t) => {
    const chosen = await service.post('/v1/doctors/choose', terminal, { readingId })
    t.match(chosen, { status: 200, body: { kind: 'chosen', doctor: { id: practitioner('D1') }, because: 'matching_condition', why: '今天的血压读数与200天前的就诊（原发性高血压）有关，当时由这位医生接诊。', recommendAt: null } })
    t.match((await service.post('/v1/doctors/choose', await service.tokenFor('patient', { personId: patientId }), { language: 'en' })).body, { doctor: { id: practitioner('D1') }, why: /your visit 200 days ago/ })
  })
})

t.test('what cannot be so, or belongs to nobody, is not kept [T4]', async (t) => {
  const town = await aTown(t)
  const { service, terminal } = town
  await told(town, ...aTeam, aVisit('E2', { visit: 'V9', daysAgo: 3, doctor: 'D3', diagnosis: 'L30.9^湿疹^I10' }))
  const { readingId, patientId } = await readCard(town, 'E2')
  t.match(await measure(town, { readingId, temperature: { value: 37, unit: 'degC' } }), { status: 422, body: { code: 'VITAL_UNIT_UNKNOWN', place: 'temperature', detail: /Cel, \[degF\], K/ } })
  t.match(await measure(town, { readingId, bloodPressure: mmHg(80, 120), pulse: { value: 70, unit: '/min' } }), { status: 422, body: { code: 'VITAL_IMPLAUSIBLE', place: 'bloodPressure' } })
  t.equal((await measure(town, { readingId })).status, 422, 'nothing was measured')
  t.equal((await measure(town, { readingId, pulse: { value: 70, unit: '/min' }, measuredAt: new Date(Date.now() + 3_600_000).toISOString() })).status, 422, 'in the future')
  t.equal((await measure(town, { readingId, oxygenSaturation: { value: 90, unit: '%', scale: 2 } })).status, 422, 'scale 2 is for staff')
  t.match(await measure(town, { patientId, pulse: { value: 70, unit: '/min' } }), { status: 404, body: { code: 'READING_NOT_FOUND' } }, 'a number alone is nobody')
  t.equal((await measure(town, { pulse: { value: 70, unit: '/min' } })).status, 422)
  t.equal((await service.call('POST', '/v1/vitals', terminal, { readingId, pulse: { value: 70, unit: '/min' } })).status, 400, 'without an Idempotency-Key')
  await service.settled()
  t.match(await service.get(`/v1/patients/${patientId}/advice?readingId=${readingId}`, terminal), { status: 404, body: { code: 'ADVICE_NOT_FOUND' } })
  t.strictSame(messages(town, 'ORU^R01'), [])

  t.test('none of the visit records fits → says so, and offers the recommendation [T8]', async (t) => {
    t.equal((await measure(town, { readingId, bloodPressure: mmHg(165, 95) })).status, 201)
    t.match((await service.post('/v1/doctors/choose', terminal, { readingId, language: 'en' })).body, { kind: 'none', doctor: null, because: 'no_doctor_fits', why: /None of the doctors in the visit records suits/, recommendAt: '/v1/doctors/recommend' })
    t.match((await service.get(`/v1/doctors/recommend?readingId=${readingId}`, terminal)).body, { kind: 'doctors', items: [{ doctor: { department: /心/ } }, {}] })
  })

  t.test('a reading in the range of a crisis → is taken again, then help comes before any list of doctors [T5 T7]', async (t) => {
    const before = new Date(Date.now() - 6 * 60_000).toISOString()
    const first = await measure(town, { readingId, bloodPressure: mmHg(192, 110), measuredAt: before })
    t.match(first.body.advice, { severity: 'recheck_now', opening: /五分钟后再测一次/ })
    const second = await measure(town, { readingId, bloodPressure: mmHg(190, 112) }, { query: '?language=en' })
    t.match(second.body.advice, { severity: 'emergency', opening: /phone 120/, speakable: /phone one two zero/ })
    for (const asked of [await service.get(`/v1/doctors/recommend?readingId=${readingId}`, terminal), await service.post('/v1/doctors/choose', terminal, { readingId })]) {
      t.match(asked.body, { kind: 'emergency', adviceId: second.body.advice.id, first: { opening: /拨打急救电话120/ } })
      t.strictSame([asked.body.items ?? [], asked.body.doctor ?? null], [[], null])
    }
  })

  t.test('a whole set by staff, an ECG and what the stethoscope heard → are kept and sent; only now there is a total [T4 T5]', async (t) => {
    const doctor = await service.tokenFor('doctor', { organizationId: 'east' })
    await service.settled()
    const sent = messages(town, 'ORU^R01').length
    const whole = await measure(town, {
      patientId, bloodPressure: mmHg(120, 70), oxygenSaturation: { value: 93, unit: '%', supply: 'air' }, respiration: { value: 21, unit: '/min' }, pulse: { value: 95, unit: '/min' }, temperature: { value: 37.5, unit: 'Cel' }, consciousness: 'alert',
      ecg: { qt: { value: 380, unit: 'ms' }, qrs: { value: 90, unit: 'ms' }, pr: { value: 150, unit: 'ms' }, ecgRate: { value: 94, unit: '/min' }, statement: '窦性心律', leads: [{ lead: 'II', factor: 0.005, periodMs: 2, data: Array.from({ length: 5_000 }, (_, place) => place % 7).join(' ') }] },
      stethoscope: { contentType: 'audio/wav', data: Buffer.alloc(30_000, 'RIFF').toString('base64'), bodySite: '心尖部' }
    }, { token: doctor })
    t.match(whole, { status: 201, body: { advice: { news2: { total: 5, risk: 'medium', points: { respiration: 2, oxygenSaturation: 2, pulse: 1, temperature: 0 }, missing: [] } } } })
    t.ok(whole.body.advice.findings.some(({ text }: { text: string }) => text === '心电图设备给出的原文，供医生参考：窦性心律'))
    await service.settled()
    const [oru] = messages(town, 'ORU^R01').slice(sent)
    const text = lines(oru, town).join('\n')
    t.match(text, /OBX\|\d+\|NM\|88330-6\^.*\|\|5\|\{score\}/)
    t.match(text, /OBX\|\d+\|NM\|8634-8\^[^|]*\|\|380\|ms/)
    t.match(text, /OBX\|\d+\|ST\|11524-6\^[^|]*\|\|窦性心律/)
    t.match(text, /OBX\|\d+\|NA\|131330\^[^|]*\|1\|0\^0\.005\^0\.01/)
    t.match(lines(messages(town, 'MDM^T02')[0], town).join('\n'), /OBX\|\d+\|ED\|.*\^audio\^.*\^Base64\^UklGR/)
    const panel = (await service.get(`/fhir/Observation/${whole.body.id}`, doctor)).body
    t.match((await service.get(`/fhir/${panel.derivedFrom[0].reference}`, doctor)).body, { resourceType: 'DocumentReference', content: [{ attachment: { contentType: 'audio/wav', size: 30_000, url: /^Binary\// } }] })
  })
})
