import t, { type Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { fictitiousResidentId } from '../../adapters/simulators/hospital/resident-id.ts'
import { aSender, aService, type Answer, type Sender, type Service } from './a-service.ts'
import { anApp, logIn, phones, token } from './an-app.ts'

const oneHospital = {
  hospitals: [{ id: 'east', name: 'East' }],
  sources: [{ name: 'east', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'east' }, { name: 'east-lab', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'east' }],
  // Nobody listens there.
  destinations: [{ name: 'east-his', kind: 'mllp', hospital: 'east', host: '127.0.0.1', port: 1, sends: [{ resource: 'Patient', message: 'ADT^A31' }] }]
}

const header = (type: string, controlId: string): string => `MSH|^~\\&|EASTHIS|EAST|YIQIAO|EAST|20270301090000+0800||${type}|${controlId}|P|2.5.1|||||CHN|UNICODE UTF-8`
const message = (type: string, controlId: string, ...segments: readonly string[]): string => [header(type, controlId), ...segments, ''].join('\r')
const person = (number: string, { sex = 'M', name = '示例^患者', more = '' } = {}): string => `PID|1||${number}^^^EASTHIS^MR${more}||${name}^^^^^L||19800102|${sex}|||||^PRN^CP^^^^000-0000-0${number.slice(1)}`
const visit = (number: string): string => `PV1|1|O|0101^1^^EAST${'|'.repeat(16)}${number}^^^EASTHIS^VN`
const registration = (controlId: string, pid: string, visitNumber: string): string => message('ADT^A04^ADT_A01', controlId, 'EVN|A04|20270301090000+0800', pid, visit(visitNumber))
const charge = (controlId: string, pid: string, { visitNumber, number, yuan }: { readonly visitNumber: string, readonly number: string, readonly yuan: string }): string =>
  message('DFT^P03^DFT_P03', controlId, 'EVN|P03|20270301090000+0800', pid, visit(visitNumber), `FT1|1|${number}||20270301091000+0800||CG|REG^挂号费^EASTFEE|||1|${yuan}&CNY|${yuan}&CNY`)
const order = (controlId: string, pid: string, number: string): string => message('ORM^O01^ORM_O01', controlId, pid, visit('V100'), `ORC|NW|${number}^EASTHIS||||||||||D1^Example^Doctor`, `OBR|1|${number}^EASTHIS||CBC^血常规^EASTLAB`)

interface AuditEvent { readonly role: string, readonly action: string, readonly target: string, readonly outcome: string, readonly tokenId: string }

interface Desk {
  readonly service: Service
  readonly operator: string
  /** Sends and waits until it is applied or stands still. */
  readonly say: (text: string, source?: 'east' | 'east-lab') => Promise<void>
  readonly find: (search: unknown) => Promise<readonly string[]>
  readonly statusOf: (controlId: string) => Promise<string>
}

async function aDesk (t: Test): Promise<Desk> {
  const service = await aService(t, { site: oneHospital })
  const operator = await service.tokenFor('operator')
  const senders: Record<string, Sender> = {}
  for (const name of ['east', 'east-lab']) senders[name] = await aSender(t, service.served.parts.listeners.get(name)?.port ?? 0)
  return {
    service,
    operator,
    say: async (text, source = 'east') => {
      const ack = await senders[source]?.send(text)
      t.equal(parseMessage(ack?.toString('utf8') ?? '').get('MSA-1'), 'AA')
      await service.settled()
    },
    find: async (search) => {
      const found = await service.post('/v1/ops/messages/search', operator, search)
      t.equal(found.status, 200)
      return found.body.items.map(({ controlId }: { controlId: string }) => controlId).sort()
    },
    statusOf: async (controlId) => {
      const { items } = (await service.get(`/v1/ops/messages?controlId=${controlId}`, operator)).body
      return items.map(({ status }: { status: string }) => status).sort().join(' ')
    }
  }
}

t.test('an operator connects a hospital whose codes nobody knows, watches it and repairs it, without a programmer [K-12]', async (t) => {
  const desk = await aDesk(t)
  const { service, operator, say, find, statusOf } = desk

  t.test('a code that no table has → the message stands still and the code is listed by its source, until the operator says what it means', async (t) => {
    await say(registration('A1', person('P100', { sex: '2' }), 'V100'))
    t.equal(await statusOf('A1'), 'dead')
    const { items: [code] } = (await service.get('/v1/ops/unmapped-codes?source=east', operator)).body
    t.match(code, { source: 'east', mappingSite: 'east', table: 'administrative-sex', code: '2', place: 'PID-8', count: 1, state: 'open' })
    const wrong = await service.post(`/v1/ops/unmapped-codes/${code.id}/resolve`, operator, { code: 'lady' })
    t.equal(wrong.status, 422, 'FHIR knows no such gender')
    t.match(await service.post(`/v1/ops/unmapped-codes/${code.id}/resolve`, operator, { code: 'female' }), { status: 200, body: { resolved: { code: 'female' }, requeued: 1 } })
    await service.settled()
    t.strictSame(await find({ patient: 'P100', status: 'applied' }), ['A1'])
    const integrator = await service.tokenFor('integrator', { organizationId: 'east' })
    t.equal((await service.get('/fhir/Patient?identifier=P100', integrator)).body.entry[0].resource.gender, 'female')
    await say(registration('A2', person('P101', { sex: '2' }), 'V101'))
    t.equal(await statusOf('A2'), 'applied', 'the next one with this code needs nobody')

    const table = async (): Promise<Answer['body']> => (await service.get('/v1/ops/mappings/east/code-tables/administrative-sex?limit=100', operator)).body.items
    t.match((await table()).find((row: { code: string }) => row.code === '2'), { to: { code: 'female' }, origin: 'operator', file: null })
    t.match((await table()).find((row: { code: string }) => row.code === 'F'), { origin: 'base' })
    t.match(await service.post(`/v1/ops/unmapped-codes/${code.id}/revoke`, operator, {}), { status: 200, body: { state: 'open' } })
    t.notOk((await table()).some((row: { code: string }) => row.code === '2'))
    await say(registration('A3', person('P102', { sex: '2' }), 'V102'))
    t.equal(await statusOf('A3'), 'dead', 'what is taken back holds no more')
    await service.post(`/v1/ops/unmapped-codes/${code.id}/resolve`, operator, { code: 'female' })
    await service.settled()
    t.strictSame(await find({ patient: 'P102', status: 'applied' }), ['A3'])
  })

  t.test('a message is tried → each element of what it would make names the row that made it, and nothing is stored', async (t) => {
    const tried = (await service.post('/v1/ops/mappings/east/try', operator, { inputData: registration('TRY', person('P900'), 'V900'), inputDataType: 'Hl7v2' })).body
    const elements = tried.resources.flatMap(({ resource }: { resource: { resourceType: string, id: string } }) => Object.keys(resource).filter((name) => !['resourceType', 'id', 'meta'].includes(name)).map((name) => `${resource.resourceType}/${resource.id} ${name}`))
    const told = new Set(tried.rows.map(({ resource, element }: { resource: string, element: string }) => `${resource} ${/^[A-Za-z]+/.exec(element)?.[0] ?? ''}`))
    t.ok(elements.length > 10)
    t.strictSame(elements.filter((element: string) => !told.has(element)), [])
    t.ok(tried.rows.some(({ element, from, file }: { element: string, from: string, file: string }) => element.startsWith('gender') && from === 'PID-8' && file.includes('pid-patient')))
    t.match(await service.post('/v1/ops/mappings/nowhere/try', operator, { inputData: registration('TRY', person('P900'), 'V900'), inputDataType: 'Hl7v2' }), { status: 404 })
    t.strictSame(await find({ patient: 'P900' }), [])
    t.equal(await statusOf('TRY'), '')
  })

  t.test('messages are found by what the hospital calls things, and by what they hold', async (t) => {
    await say(charge('C1', person('P100'), { visitNumber: 'V100', number: 'T1', yuan: '15.00' }))
    await say(order('O1', person('P100'), 'ORD1'))
    for (const [search, found] of [
      [{ patient: 'P101' }, ['A2']], [{ visit: 'V101' }, ['A2']], [{ order: 'ORD1' }, ['O1']], [{ charge: 'T1' }, ['C1']], [{ controlId: 'C1' }, ['C1']], [{ containing: '血常规' }, ['O1']],
      [{ patient: 'P100', type: 'DFT' }, ['C1']], [{ patient: 'P100', type: 'DFT', receivedTo: '2020-01-01T00:00:00+08:00' }, []], [{ charge: 'T999' }, []]
    ] as const) t.strictSame(await find(search), found, JSON.stringify(search))
  })

  t.test('one message is taken apart → its fields, what it makes, what it did, and when', async (t) => {
    const { items: [found] } = (await service.post('/v1/ops/messages/search', operator, { charge: 'T1' })).body
    const { tree, mapped, effects, timeline } = (await service.get(`/v1/ops/messages/${found.id}/details`, operator)).body
    t.strictSame(tree.segments.map(({ name }: { name: string }) => name), ['MSH', 'EVN', 'PID', 'PV1', 'FT1'])
    t.ok(mapped.resources.some(({ resourceType }: { resourceType: string }) => resourceType === 'ChargeItem'))
    t.equal(mapped.failure, null)
    t.ok(effects.records.some(({ record, version }: { record: string, version: number }) => record.startsWith('ChargeItem/') && version === 1))
    t.equal(effects.entries.length, 1)
    t.match(timeline.map(({ step }: { step: string }) => step), ['received'])
    t.ok(timeline.length >= 2)
  })

  t.test('dead letters → are grouped by reason; one is fixed, one skipped, one replayed, after a dry run', async (t) => {
    await say(charge('C2', person('P100'), { visitNumber: 'V100', number: 'T2', yuan: 'ten' }))
    await say(message('XYZ^Z99', 'X1'))
    await say(registration('A4', person('P103', { sex: '9' }), 'V103'))
    const groups = async (): Promise<unknown> => (await service.get('/v1/ops/dead-letters', operator)).body.items.map(({ code, source, count }: { code: string, source: string, count: number }) => `${code} ${source} ${count}`).sort()
    t.strictSame(await groups(), ['MAPPING_CODE_UNKNOWN east 1', 'MAPPING_VALUE_INVALID east 1', 'MESSAGE_TYPE_UNKNOWN east 1'])
    const dead = async (controlId: string): Promise<string> => (await service.get(`/v1/ops/messages?status=dead&controlId=${controlId}`, operator)).body.items[0].id

    t.equal((await service.post(`/v1/ops/messages/${await dead('C2')}/fix`, operator, { text: charge('C2', person('P100'), { visitNumber: 'V100', number: 'T2', yuan: '10.00' }), reason: 'the clerk wrote a word' })).status, 200)
    t.equal((await service.post(`/v1/ops/messages/${await dead('X1')}/skip`, operator, { reason: 'a test of the HIS' })).status, 200)
    const a4 = await dead('A4')
    const dryRun = (await service.post(`/v1/ops/messages/${a4}/replay`, operator, { dryRun: true })).body
    t.match(dryRun.items, [{ id: a4, failure: { code: 'MAPPING_CODE_UNKNOWN', place: 'PID-8' } }], 'it would stand still again')
    const { items: [code] } = (await service.get('/v1/ops/unmapped-codes?state=open&table=administrative-sex', operator)).body
    t.match(await service.post(`/v1/ops/unmapped-codes/${code.id}/resolve`, operator, { code: 'unknown' }), { body: { requeued: 1 } })
    await service.settled()
    t.strictSame(await groups(), [])
    t.strictSame(await find({ charge: 'T2', status: 'applied' }), ['C2'])

    const again = (await service.post('/v1/ops/messages/replay', operator, { dryRun: true, filter: { source: 'east', status: 'applied' } })).body
    t.ok(again.items.length >= 6)
    t.strictSame(again.items.flatMap(({ changes }: { changes: unknown[] }) => changes), [], 'all of it again would change nothing')
  })

  t.test('the inbox or one source is held → what comes is acknowledged and waits, and goes on where it stood', async (t) => {
    const pause = (queue: string): Promise<Answer> => service.post(`/v1/ops/queues/${queue}/pause`, operator, { reason: 'tables are changed' })
    const resume = (queue: string): Promise<Answer> => service.post(`/v1/ops/queues/${queue}/resume`, operator, {})
    t.match(await pause('inbox'), { status: 200, body: { queue: 'inbox', paused: true, reason: 'tables are changed' } })
    await say(registration('H1', person('P104'), 'V104'))
    await say(registration('H2', person('P105'), 'V105'), 'east-lab')
    t.strictSame([await statusOf('H1'), await statusOf('H2')], ['received', 'received'])
    await pause('source:east-lab')
    await resume('inbox')
    await service.settled()
    t.strictSame([await statusOf('H1'), await statusOf('H2')], ['applied', 'received'], 'one source is still held')
    t.match((await service.get('/v1/ops/sources', operator)).body.items, [{ name: 'east', status: { state: 'up' }, listening: true, messages: { dead: 0 } }, { name: 'east-lab', status: { state: 'paused' }, messages: { received: 1 } }])
    await resume('source:east-lab')
    await service.settled()
    t.equal(await statusOf('H2'), 'applied')
    t.equal((await pause('source:nowhere')).status, 404)
    t.match((await service.get('/v1/ops/destinations', operator)).body.items, [{ name: 'east-his', kind: 'mllp', waiting: 0, dead: 0 }])
    t.strictSame((await service.get('/v1/ops/queues', operator)).body.items.map(({ queue, paused }: { queue: string, paused: boolean }) => `${queue} ${paused}`), ['inbox false', 'source:east false', 'source:east-lab false', 'destination:east-his false'])
  })

  t.test('who did what → stands in the audit; who has no right is refused, and that stands there too', async (t) => {
    const hospital = await service.tokenFor('hospital', { organizationId: 'east' })
    for (const url of ['/v1/ops/messages', '/v1/ops/unmapped-codes', '/v1/ops/mappings/east', '/v1/ops/destinations', '/v1/ops/queues']) t.equal((await service.get(url, hospital)).status, 403, url)
    t.equal((await service.post('/v1/ops/queues/inbox/pause', hospital, { reason: 'x' })).status, 403)
    t.equal((await service.post('/v1/ops/messages/search', await service.tokenFor('doctor', { organizationId: 'east' }), { patient: 'P100' })).status, 403)
    t.equal((await service.get('/v1/ops/audit', operator)).status, 403, 'operators do not read the audit of themselves')
    const auditor = await service.tokenFor('auditor')
    const items: AuditEvent[] = []
    // The trail is written in groups; all of it is there when the service has ended.
    const later = await service.restarted()
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Answer['body'] = (await later.get(`/v1/ops/audit?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`, auditor)).body
      items.push(...page.items)
      cursor = page.next
    }
    const done = new Set(items.map(({ role, action, target, outcome }) => `${role} ${action} ${target} ${outcome}`))
    const expected = ['operator operate unmapped-code allowed', 'operator operate mapping allowed', 'operator search message allowed', 'operator read message allowed', 'operator operate message allowed', 'operator operate queue allowed',
      'hospital write /v1/ops/queues/:queue/pause refused', 'doctor write /v1/ops/messages/search refused']
    t.strictSame(expected.filter((one) => !done.has(one)), [])
    const byOperator = items.filter(({ role }) => role === 'operator')
    t.equal(new Set(byOperator.map(({ tokenId }) => tokenId)).size, 1)
    t.notMatch(JSON.stringify(items), /P100|示例/, 'no number and no name of a patient')
  })
})

t.test('a patient app → registers, binds and reads by REST alone; what is another\'s is not there [K-11]', async (t) => {
  const sms = await phones(t)
  const service = await aService(t, { site: { ...oneHospital, sms: sms.sms } })
  const east = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  const residentId = fictitiousResidentId('1980-01-02', 7, 'male')
  const xu = person('P100', { more: `~${residentId}^^^&2.16.156.10011.1.3&ISO^NI` })
  const other = person('P200', { name: '别人^患者' })
  for (const text of [
    registration('R1', xu, 'V100'), charge('R2', xu, { visitNumber: 'V100', number: 'T1', yuan: '15.00' }), charge('R3', xu, { visitNumber: 'V100', number: 'T2', yuan: '25.80' }), order('R4', xu, 'ORD1'),
    registration('R5', other, 'V200'), charge('R6', other, { visitNumber: 'V200', number: 'T9', yuan: '99.00' })
  ]) await east.send(text)
  await service.settled()

  const phone = '000-0000-0100'
  const { accessToken, refreshToken, personId } = await logIn(service, sms, phone)
  t.equal(personId, null)
  for (const url of ['/v1/visits', '/v1/charges', '/v1/patients']) t.strictSame((await service.get(url, accessToken)).body.items, [], `${url} of an account that is nobody yet`)
  t.match(await service.post('/v1/me/bindings', accessToken, { documentNumber: residentId, name: '别人患者' }), { status: 422, body: { code: 'BINDING_REFUSED' } })
  const bound = await service.post('/v1/me/bindings', accessToken, { documentNumber: residentId, name: '示例患者' })
  t.equal(bound.status, 200)
  const own = bound.body.personId

  t.test('reads own visits, charges, what is owed, and own records', async (t) => {
    t.match((await service.get('/v1/me', accessToken)).body, { role: 'patient', personId: own })
    t.strictSame((await service.get('/v1/visits', accessToken)).body.items.map(({ visitNumber }: { visitNumber: string }) => visitNumber), ['V100'])
    t.strictSame((await service.get('/v1/charges', accessToken)).body.items.map(({ amountFen }: { amountFen: number }) => amountFen).sort((one: number, two: number) => one - two), [1500, 2580])
    t.equal((await service.get(`/v1/patients/${own}/owed`, accessToken)).body.amountFen, 4080)
    for (const [type, total] of [['Patient', 1], ['Encounter', 1], ['ChargeItem', 2], ['ServiceRequest', 1]] as const) t.equal((await service.get(`/fhir/${type}`, accessToken)).body.total, total, type)
    t.equal((await service.get(`/fhir/Patient/${own}`, accessToken)).body.name[0].family, '示例')
  })
  t.test('of another patient → finds nothing, by no way', async (t) => {
    const operator = await service.tokenFor('operator')
    const theirs = async (type: string, query: string): Promise<string> => (await service.get(`/fhir/${type}?${query}`, operator)).body.entry[0].resource.id
    const patient = await theirs('Patient', 'identifier=P200')
    const encounter = await theirs('Encounter', `patient=${patient}`)
    const item = await theirs('ChargeItem', `patient=${patient}`)
    for (const url of [`/v1/patients/${patient}`, `/v1/patients/${patient}/owed`, `/v1/patients/${patient}/profile`, `/fhir/Patient/${patient}`, `/fhir/Encounter/${encounter}`, `/fhir/ChargeItem/${item}`, `/fhir/Patient/${patient}/$everything`]) {
      t.equal((await service.get(url, accessToken)).status, 404, url)
    }
    t.equal((await service.get(`/fhir/ChargeItem?patient=${patient}`, accessToken)).body.total, 0)
    t.equal((await service.get('/v1/ops/messages', accessToken)).status, 403)
  })
  t.test('a code more within the minute → 429 and when to come back', async (t) => {
    const refused = await service.call('POST', '/v1/sms-codes', undefined, { phone, purpose: 'login' })
    t.match(refused, { status: 429, body: { code: 'RATE_LIMITED' } })
    t.ok(Number(refused.headers.get('retry-after')) > 0)
  })
  t.test('logs out → the tokens are worth nothing', async (t) => {
    t.equal((await service.call('DELETE', '/v1/sessions/current', accessToken)).status, 204)
    t.equal((await service.get('/v1/me', accessToken)).status, 401)
    t.equal((await service.call('POST', '/v1/sessions/refresh', undefined, { refreshToken })).status, 401)
  })
  t.test('the app\'s own token → reads within its scopes, ends when it is revoked, and is given at a measured pace', async (t) => {
    const narrow = await anApp(service, { scopes: ['system/Encounter.read'], organizationId: 'east' })
    t.equal((await service.get('/fhir/Encounter', narrow)).body.total, 2)
    t.equal((await service.get('/fhir/ChargeItem', narrow)).status, 403)
    const administrator = await service.tokenFor('administrator')
    const client = (await service.post('/v1/ops/clients', administrator, { name: 'another app', role: 'integrator', organizationId: 'east', scopes: ['system/*.read'], speaksFor: 'app' })).body
    const granted = (await token(service, client)).body.access_token
    t.equal((await service.get('/fhir/Patient', granted)).status, 200)
    t.equal((await service.call('POST', '/oauth/revoke', undefined, new URLSearchParams({ token: granted, client_id: client.clientId, client_secret: client.clientSecret }))).status, 200)
    t.equal((await service.get('/fhir/Patient', granted)).status, 401)
    const paces = []
    for (let asked = 0; asked < 61; asked += 1) paces.push(await token(service, client))
    const refused = paces.at(-1)
    t.match(refused, { status: 429, body: { error: 'temporarily_unavailable' } })
    t.ok(Number(refused?.headers.get('retry-after')) > 0)
    t.equal((await service.post(`/v1/ops/clients/${client.clientId}/revoke`, administrator, {})).status, 200)
  })
})
