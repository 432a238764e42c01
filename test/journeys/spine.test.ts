import t from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { aSender, aService, type Service } from './a-service.ts'

const header = (type: string, controlId: string, at = '20270301090000+0800'): string =>
  `MSH|^~\\&|HIS|EAST|YIQIAO|EAST|${at}||${type}|${controlId}|P|2.5.1|||||CHN|UNICODE UTF-8`
const person = 'PID|1||E000777^^^EAST^MR||示例^患者^^^^^L||19800102|M'
const visit = 'PV1|1|O|CLINIC^101^1^EAST||||D1^Example^Doctor|||MED||||||||OP|V777^^^EAST^VN'
const message = (...segments: string[]): string => `${segments.join('\r')}\r`

const registration = message(header('ADT^A04^ADT_A01', 'M1'), 'EVN|A04|20270301085900+0800', person, visit)
const charges = message(header('DFT^P03^DFT_P03', 'M2', '20270301093000+0800'), 'EVN|P03|20270301093000+0800', person, visit,
  'FT1|1|T1||20270301091000+0800|20270301093000+0800|CG|REG^Registration fee^L|||1|15.00&CNY|15.00&CNY',
  'FT1|2|T2||20270301092000+0800|20270301093000+0800|CG|CBC^Blood count^L|||2|51.60&CNY|25.80&CNY',
  'FT1|3|T3||20270301092500+0800|20270301093000+0800|CG|DRUG^Example drug^L|||1|63.90&CNY|63.90&CNY')
const credit = message(header('DFT^P03^DFT_P03', 'M3', '20270301094000+0800'), 'EVN|P03|20270301094000+0800', person, visit,
  'FT1|1|T3||20270301092500+0800|20270301094000+0800|CD|DRUG^Example drug^L|||1|63.90&CNY|63.90&CNY')
const oneHospital = { hospitals: [{ id: 'east', name: 'East' }], sources: [{ name: 'east', kind: 'mllp', hospital: 'east', port: 0 }] }

/** Everything a patient and finance can see, to be compared before and after. */
async function picture (service: Service, patientId: string, tokens: { readonly patient: string, readonly finance: string }): Promise<unknown> {
  const seen: Record<string, unknown> = {}
  for (const url of [`/v1/patients/${patientId}/owed`, `/fhir/Patient/${patientId}/_history`, '/fhir/Encounter', `/fhir/ChargeItem?patient=${patientId}&_sort=_id`, '/v1/visits', '/v1/charges']) {
    const { status, body } = await service.get(url, tokens.patient)
    seen[url] = { status, body: { ...body, timestamp: undefined, meta: undefined, id: undefined } }
  }
  seen['books'] = (await service.get('/v1/ledger/trial-balance', tokens.finance)).body
  return seen
}

t.test('a patient is registered, treated and charged by messages → stands in FHIR and owes what is left after a cancelled line; the same input again changes nothing [K-01 K-06]', async (t) => {
  const service = await aService(t, { site: oneHospital })
  const port = service.served.parts.listeners.get('east')?.port ?? 0
  const hospital = await aSender(t, port)

  const firstAcks: Buffer[] = []
  for (const text of [registration, charges, credit]) firstAcks.push(await hospital.send(text))
  for (const [place, ack] of firstAcks.entries()) {
    const read = parseMessage(ack.toString('utf8'))
    t.strictSame([read.get('MSA-1'), read.get('MSA-2'), read.get('MSH-9.1'), read.get('MSH-5')], ['AA', `M${place + 1}`, 'ACK', 'HIS'])
  }
  await service.settled()

  const operator = await service.tokenFor('operator')
  const messages = (await service.get('/v1/ops/messages', operator)).body.items as Array<{ id: string, status: string, controlId: string, produced: string[] }>
  t.strictSame(messages.map(({ controlId, status }) => `${controlId} ${status}`).sort(), ['M1 applied', 'M2 applied', 'M3 applied'])
  const patientId = messages.find(({ controlId }) => controlId === 'M1')?.produced.find((record) => record.startsWith('Patient/'))?.slice('Patient/'.length) ?? ''
  const raw = (await service.get(`/v1/ops/messages/${messages.find(({ controlId }) => controlId === 'M1')?.id ?? ''}`, operator)).body
  t.equal(raw.text, registration, 'the operator reads the message as it came')

  const tokens = { patient: await service.tokenFor('patient', { personId: patientId }), finance: await service.tokenFor('finance') }
  const patient = (await service.get(`/fhir/Patient/${patientId}`, tokens.patient)).body
  t.match(patient, { resourceType: 'Patient', birthDate: '1980-01-02', gender: 'male', name: [{ family: '示例', given: ['患者'] }] })
  const charged = (await service.get(`/fhir/ChargeItem?patient=${patientId}`, tokens.patient)).body
  t.strictSame((charged.entry as Array<{ resource: { status: string, priceOverride: { value: number } } }>).map(({ resource }) => `${resource.status} ${resource.priceOverride.value}`).sort(),
    ['billable 15', 'billable 51.6', 'entered-in-error 63.9'])
  const owed = (await service.get(`/v1/patients/${patientId}/owed`, tokens.patient)).body
  t.equal(owed.amountFen, 1500 + 5160)
  t.strictSame(owed.hospitals[0].lines.map((line: { kind: string, amountFen: number }) => `${line.kind} ${line.amountFen}`), ['charge 1500', 'charge 5160', 'charge 6390', 'reversal -6390'])
  t.equal((await service.get('/v1/ledger/trial-balance', tokens.finance)).body.isProven, true)

  const before = await picture(service, patientId, tokens)
  t.test('sent again as they were → the first acknowledgements again, byte for byte', async (t) => {
    for (const [place, text] of [registration, charges, credit].entries()) t.strictSame(await hospital.send(text), firstAcks[place])
    await service.settled()
    t.strictSame(await picture(service, patientId, tokens), before)
  })
  t.test('sent again under new control ids, in another order → accepted and without effect', async (t) => {
    for (const [place, text] of [credit, charges, registration].entries()) {
      const again = parseMessage(text).set('MSH-10', `N${place}`).print()
      t.equal(parseMessage((await hospital.send(again)).toString()).get('MSA-1'), 'AA')
    }
    await service.settled()
    t.strictSame(await picture(service, patientId, tokens), before)
  })
  t.test('replayed by an operator → the same', async (t) => {
    const replay = (await service.post('/v1/ops/messages/replay', operator, { dryRun: true, filter: { source: 'east' } })).body
    t.ok(replay.items.length > 0)
    t.strictSame(replay.items.flatMap(({ changes }: { changes: unknown[] }) => changes), [], 'a dry run says that nothing would change')
    t.equal((await service.post('/v1/ops/messages/replay', operator, { dryRun: false, filter: { source: 'east' } })).status, 200)
    await service.settled()
    t.strictSame(await picture(service, patientId, tokens), before)
  })
  t.test('a late older message → does not undo the newer state', async (t) => {
    const older = message(header('ADT^A08^ADT_A01', 'M0', '20270301080000+0800'), 'EVN|A08|20270301080000+0800', person.replace('示例^患者', '旧名^患者'), visit)
    await hospital.send(older)
    await service.settled()
    t.strictSame(await picture(service, patientId, tokens), before)
  })
  t.test('somebody else → sees none of it', async (t) => {
    const stranger = await service.tokenFor('patient', { personId: 'someone-else' })
    t.equal((await service.get(`/fhir/Patient/${patientId}`, stranger)).status, 404)
    t.equal((await service.get(`/v1/patients/${patientId}/owed`, stranger)).status, 404)
    t.equal((await service.get('/fhir/ChargeItem', stranger)).body.total, 0)
    t.equal((await service.get(`/fhir/Patient/${patientId}`)).status, 401)
  })
})

t.test('what cannot be applied → is acknowledged, stands in the dead letters with its reason, and is repaired by an operator', async (t) => {
  const service = await aService(t, { site: oneHospital })
  const hospital = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  const operator = await service.tokenFor('operator')

  const broken = charges.replace('|15.00&CNY|15.00&CNY', '|fifteen|fifteen')
  const undecodable = Buffer.concat([Buffer.from(message(header('ADT^A04^ADT_A01', 'U1')) + 'PID|1||E1^^^EAST^MR||'), Buffer.from([0xff, 0xfe]), Buffer.from('\r')])
  const unknown = message(header('XYZ^Z99', 'X1'))
  for (const [name, sent] of [['a faulty value', broken], ['bytes of another character set', undecodable], ['an unknown type', unknown]] as const) {
    t.equal(parseMessage((await hospital.send(sent)).toString('latin1')).get('MSA-1'), 'AA', `${name} is on disk`)
  }
  const nak = parseMessage((await hospital.send('GET / HTTP/1.1')).toString('latin1'))
  t.strictSame([nak.get('MSA-1'), nak.get('MSA-2') ?? ''], ['AR', ''], 'what is no message at all is rejected')
  await service.settled()

  const groups = (await service.get('/v1/ops/dead-letters', operator)).body.items as Array<{ code: string, count: number }>
  t.strictSame(groups.map(({ code, count }) => `${code} ${count}`).sort(), ['MAPPING_VALUE_INVALID 1', 'MESSAGE_MALFORMED 1', 'MESSAGE_TYPE_UNKNOWN 1', 'MESSAGE_UNDECODABLE 1'])
  const dead = (await service.get('/v1/ops/messages?status=dead&failureCode=MAPPING_VALUE_INVALID', operator)).body.items[0]
  t.match(dead.failure, { place: /FT1/ })
  t.notMatch(JSON.stringify(dead.failure), /fifteen/, 'the reason holds no value')

  const fixed = await service.post(`/v1/ops/messages/${dead.id}/fix`, operator, { text: charges })
  t.equal(fixed.status, 200)
  await service.settled()
  t.match((await service.get(`/v1/ops/messages/${fixed.body.id}`, operator)).body, { status: 'applied', replayOf: dead.id })
  t.equal((await service.get(`/v1/ops/messages/${dead.id}`, operator)).body.status, 'skipped')
  const skipped = (await service.get('/v1/ops/messages?failureCode=MESSAGE_TYPE_UNKNOWN', operator)).body.items[0]
  t.equal((await service.post(`/v1/ops/messages/${skipped.id}/skip`, operator, { reason: 'a test of the HIS' })).status, 200)
})

t.test('conversion of a pasted message → a message bundle, and nothing is stored', async (t) => {
  const service = await aService(t, { site: oneHospital })
  const integrator = await service.tokenFor('integrator')
  const parameters = (text: string): unknown => ({ resourceType: 'Parameters', parameter: [{ name: 'inputData', valueString: text }, { name: 'inputDataType', valueString: 'Hl7v2' }] })
  const bundle = (await service.post('/fhir/$convert-data', integrator, parameters(charges))).body
  t.match(bundle, { resourceType: 'Bundle', type: 'message' })
  t.equal(bundle.entry[0].resource.resourceType, 'MessageHeader')
  t.ok(bundle.entry.every(({ fullUrl }: { fullUrl: string }) => fullUrl.startsWith('urn:uuid:')))
  t.equal(bundle.entry.filter(({ resource }: { resource: { resourceType: string } }) => resource.resourceType === 'ChargeItem').length, 3)
  const refused = await service.post('/fhir/$convert-data', integrator, parameters('not HL7'))
  t.equal(refused.status, 400)
  t.equal(refused.body.resourceType, 'OperationOutcome')
  t.equal((await service.get('/fhir/Patient', integrator)).body.total, 0)
})
