import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { aDatabase, aSender, aService, eventually, type Answer, type Service } from './a-service.ts'

t.setTimeout(240_000)

interface Town {
  readonly service: Service
  readonly who: Readonly<Record<string, string>>
  readonly office: string
  readonly call: (url: string, token: string, body?: unknown, key?: string) => Promise<Answer>
  readonly read: (url: string, token: string) => Promise<Answer['body']>
  readonly advance: (by: string) => Promise<readonly { readonly job: string, readonly status: string }[]>
  readonly personalCode: (token: string) => Promise<string>
}

/** The demo, in which the east and a community take part; its patient and guardian are known by their cards. */
async function aTown (t: Test): Promise<Town> {
  const service = await aService(t, { isDemo: true, environment: await aDatabase(t) })
  const who = service.credentials()
  const read = async (url: string, token: string): Promise<Answer['body']> => (await service.get(url, token)).body
  const advance: Town['advance'] = async (by) => (await service.post('/demo/clock', who['operator'] ?? '', { advance: by })).body.ran
  await advance('PT1S')
  for (const value of ['E900001', 'E900002']) await service.post('/v1/identity-readings', who['desk'] ?? '', { kind: 'patient_card', value })
  return {
    service, who, read, advance,
    office: who['finance'] ?? '',
    call: (url, token, body = {}, key = randomUUID()) => service.call('POST', url, token, body, { 'idempotency-key': key }),
    personalCode: async (token) => (await read('/v1/me/personal-code', token)).code
  }
}

const examination = { name: '胸部CT', codes: ['CT01', 'urn:example:items|9'] }

async function aBatch ({ call, office }: Town, given: { readonly lastDay: string, readonly count?: number, readonly perPerson?: number }): Promise<{ readonly id: string, readonly campaignId: string }> {
  const campaign = await call('/v1/voucher-campaigns', office, { name: '慢病管理', perPerson: given.perPerson ?? 1 })
  const { status, body } = await call('/v1/voucher-batches', office, {
    campaignId: campaign.body.id, group: 'chronic', examination, hospitalIds: ['east', 'west'], department: '社区卫生服务科', firstDay: '2027-03-01', lastDay: given.lastDay, count: given.count ?? 20
  })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body
}

/** The hospital's own system reports an examination. */
async function reports (t: Test, { service }: Town, mrn: string, [code, doneAt]: readonly [string, string]): Promise<string> {
  const sender = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  const number = randomUUID().slice(0, 8)
  const answer = await sender.send([
    `MSH|^~\\&|EASTHIS|EAST|YIQIAO|YIQIAO|${doneAt}||ORU^R01^ORU_R01|V${number}|P|2.5.1||||||UNICODE UTF-8`,
    `PID|1||${mrn}^^^EASTHIS^MR||许^样例`, 'PV1|1|O', `ORC|RE|O${number}^EASTHIS|R${number}^EASTRIS`, `OBR|1|O${number}^EASTHIS|R${number}^EASTRIS|${code}^检查^EASTRIS|||${doneAt}|||||||||||||||${doneAt}||RAD|F`,
    'OBX|1|TX|REP^报告^L||已完成||||||F', ''
  ].join('\r'))
  await service.settled()
  return answer.toString()
}

t.test('one voucher, from the back office to the redemption [V-01 V-02 V-03 V-04 V-06 V-07 V-08 V-09 V-10 V-11 V-12 V-13 V-14 V-15 V-16 V-17 V-18 V-19 V-20 V-21 V-22 V-23 V-24 V-25 V-26]', async (t) => {
  const town = await aTown(t)
  const { service, who, office, call, read, advance, personalCode } = town
  const { patient = '', patient2 = '', guardian = '', community = '', hospital = '', hospital2 = '', auditor = '' } = who
  const batch = await aBatch(town, { lastDay: '2027-03-20' })

  await t.test('the back office → registers who takes part, and their tokens work only as long as they do [V-02]', async (t) => {
    t.match((await read('/v1/voucher-parties?kind=community', office)).items, [{ id: 'sunshine', isActive: true }])
    t.match(await service.call('PUT', '/v1/voucher-parties/hospital/nowhere', office, { name: 'Nowhere' }), { status: 422 })
    t.match(await service.call('PUT', '/v1/voucher-parties/community/riverside', office, { name: '河畔社区' }), { status: 200, body: { isActive: true } })
    const { body: { token } } = await call('/v1/voucher-parties/community/riverside/credentials', office)
    t.match(await read('/v1/me', token), { role: 'community', organizationId: 'riverside' })
    t.match(await service.get('/v1/communities/sunshine/vouchers', token), { status: 404 }, 'it sees its own')
    await service.call('PUT', '/v1/voucher-parties/community/riverside', office, { name: '河畔社区', isActive: false })
    t.match(await call('/v1/communities/riverside/vouchers', token, { batchId: batch.id, personalCode: await personalCode(patient) }), { status: 403, body: { code: 'VOUCHER_PARTY_INACTIVE' } })
    t.match((await read('/v1/voucher-groups', community)).items.map(({ code }: { code: string }) => code), ['chronic', 'disabled', 'elderly', 'pregnant'])
    for (const token of [patient, community, hospital, auditor]) t.equal((await call('/v1/voucher-campaigns', token, { name: 'x' })).status, 403)
  })

  await t.test('a batch → is generated, and a part of it is sent to the community [V-03 V-04 V-10]', async (t) => {
    t.match(await read(`/v1/voucher-batches/${batch.id}`, office), { state: 'generated', generated: 20, allocated: 0, works: [{ kind: 'generate', isDone: true, changed: 20 }] })
    const key = randomUUID()
    const sent = await call(`/v1/voucher-batches/${batch.id}/send`, office, { communityId: 'sunshine', count: 5 }, key)
    t.match(sent, { status: 200, body: { total: 5, changed: 5, isDone: true } })
    t.strictSame((await call(`/v1/voucher-batches/${batch.id}/send`, office, { communityId: 'sunshine', count: 5 }, key)).body, sent.body, 'the same request again sends none')
    t.match(await call(`/v1/voucher-batches/${batch.id}/send`, office, { communityId: 'sunshine', count: 16 }), { status: 409, body: { code: 'VOUCHER_BATCH_SHORT' } })
    t.equal((await read('/v1/communities/sunshine/vouchers?state=sent', community)).items.length, 5)
    t.match((await read('/v1/voucher-batches', community)).items, [{ id: batch.id }])
  })

  const code = await personalCode(patient)
  const handed = await call('/v1/communities/sunshine/vouchers', community, { batchId: batch.id, personalCode: code, contactPhone: ['138', '0000', '0481'].join('') })
  const { id, number } = handed.body.voucher
  await t.test('the community → reads the person\'s code and hands a voucher out, once [V-01 V-09 V-11 V-12 V-13]', async (t) => {
    t.match(handed, { status: 201, body: { code: /./, voucher: { state: 'issued', number: /^V\d{14}$/, contactTail: '0481', holder: { name: '许*例' }, communityId: 'sunshine' } } })
    t.equal((await read(`/v1/vouchers/${id}`, community)).code, handed.body.code, 'it keeps the code')
    t.match(await call('/v1/communities/sunshine/vouchers', community, { batchId: batch.id, personalCode: code }), { status: 422, body: { place: 'personalCode' } }, 'a code counts once')
    t.match(await call('/v1/communities/sunshine/vouchers', community, { batchId: batch.id, document: { number: '1234', name: '许样例' } }), { status: 404, body: { code: 'PATIENT_NOT_FOUND' } })
    t.match(await call('/v1/vouchers/nothing/convert', community), { status: 404 })
  })

  await t.test('the person → sees it with its four statuses, and nobody else does [V-16 V-17 V-27]', async (t) => {
    t.match((await read('/v1/vouchers', patient)).items, [{
      id, number, code: handed.body.code, uses: 1, usesLeft: 1, department: '社区卫生服务科', examination: '胸部CT', lastDay: '2027-03-20', holder: { name: '许*例', documentTail: /^.{4}$/ }, contactTail: '0481',
      status: { appointment: 'to_be_booked', examination: 'to_be_examined', redemption: 'not_redeemed', validity: 'valid' }, mayBeBooked: true
    }])
    for (const token of [patient2, guardian, hospital, hospital2]) t.equal((await service.get(`/v1/vouchers/${id}`, token)).status, 404)
    t.strictSame((await read('/v1/vouchers', guardian)).items, [])
    t.match(await read(`/v1/vouchers/${number}/status`, patient), { id, mayBeBooked: true, usesLeft: 1 })
  })

  const slots = (await read('/v1/slots?hospitalId=east&free=true&limit=200', patient)).items as ReadonlyArray<{ readonly id: string, readonly start: string }>
  const [morning, noon] = [slots.find(({ start }) => start.startsWith('2027-03-02T08')), slots.find(({ start }) => start.startsWith('2027-03-02T14'))]
  await t.test('an appointment → by hospital, department, doctor and time, one at a time [V-18 V-19 I-41]', async (t) => {
    t.match(await call(`/v1/vouchers/${id}/appointments`, patient2, { slotId: morning?.id }), { status: 404 })
    const booked = await call(`/v1/vouchers/${id}/appointments`, patient, { slotId: morning?.id })
    t.match(booked, { status: 201, body: { state: 'requested', purpose: { kind: 'voucher', subjectId: id } } })
    await advance('PT1S')
    t.match(await read(`/v1/vouchers/${id}`, patient), { state: 'booked', mayBeBooked: false, status: { appointment: 'booked' }, appointment: { id: booked.body.id, hospitalId: 'east', start: '2027-03-02T08:00:00.000+08:00', honouredUntil: '2027-03-03T00:00:00.000+08:00' } })
    t.match(await call(`/v1/vouchers/${id}/appointments`, patient, { slotId: noon?.id }), { status: 409 })
    t.match(await call(`/v1/appointments/${booked.body.id}/cancel`, patient), { status: 200 })
    await advance('PT1S')
    t.match(await read(`/v1/vouchers/${id}`, patient), { state: 'issued', mayBeBooked: true, rebookings: 1 })
    t.equal((await call(`/v1/vouchers/${id}/appointments`, patient, { slotId: morning?.id })).status, 201)
    await advance('PT1S')
    t.match((await read(`/v1/vouchers/${id}/appointments`, patient)).items.map(({ state }: { state: string }) => state).sort(), ['booked', 'cancelled'])
  })

  await advance('P1D')
  const [use] = await (async () => {
    t.match(await call(`/v1/vouchers/${id}/use`, patient), { status: 200, body: { hospitalId: 'east' } }, 'the app sends it to the booked hospital [V-20]')
    t.match(await service.get('/v1/voucher-presentations', hospital), { status: 200, body: { items: [{ voucherId: id, number, code: handed.body.code }] } })
    t.match(await call('/v1/voucher-uses', hospital2, { voucherCode: handed.body.code, personalCode: await personalCode(patient) }), { status: 409, body: { code: 'VOUCHER_BOOKED_ELSEWHERE' } })
    t.match(await call('/v1/voucher-uses', hospital, { voucherCode: `${String(handed.body.code).slice(0, -1)}${String(handed.body.code).endsWith('A') ? 'B' : 'A'}`, personalCode: await personalCode(patient) }), { status: 422, body: { code: 'VOUCHER_CODE_REFUSED' } })
    t.match(await call('/v1/voucher-uses', hospital, { voucherId: id, personalCode: await personalCode(guardian) }), { status: 409, body: { code: 'VOUCHER_OF_ANOTHER_PERSON' } })
    const confirmed = await call('/v1/voucher-uses', hospital, { voucherId: id, personalCode: await personalCode(patient) })
    t.match(confirmed, { status: 201, body: { voucherId: id, number, state: 'used', hospitalId: 'east', useNo: 1, appointmentId: /./ } }, 'personal code and voucher are of one person [V-22 V-23]')
    return [confirmed.body]
  })()

  await t.test('the examination → is told by the hospital\'s system, after the use; without it nothing is redeemed [V-24 I-43]', async (t) => {
    t.match(await call(`/v1/voucher-uses/${use.id}/redeem`, hospital), { status: 409, body: { code: 'VOUCHER_USE_STATE_REFUSED' } })
    t.match(await reports(t, town, 'E900001', ['MR01', '20270302083000']), /MSA\|AA/)
    t.match(await reports(t, town, 'E900001', ['CT01', '20270301080000']), /MSA\|AA/)
    t.match(await read(`/v1/voucher-uses/${use.id}`, hospital), { state: 'used' }, 'another examination, or an old one, is no evidence')
    t.equal((await service.get(`/v1/voucher-uses/${use.id}`, hospital2)).status, 404)
    t.match(await reports(t, town, 'E900001', ['CT01', '20270302083000']), /MSA\|AA/)
    t.match(await read(`/v1/voucher-uses/${use.id}`, hospital), { state: 'examined', evidence: { kind: 'his', record: /^DiagnosticReport\//, performedAt: '2027-03-02T08:30:00.000+08:00' } })
    t.match(await read(`/v1/vouchers/${id}/status`, patient), { status: { examination: 'examined', redemption: 'not_redeemed' } })
  })

  const before = await service.get('/v1/voucher-statistics', office)
  await t.test('the redemption → happens once, and person, back office and community hear of it [V-06 V-07 V-14 V-21 V-25 V-26 I-45]', async (t) => {
    t.equal((await call(`/v1/voucher-uses/${use.id}/redeem`, hospital2)).status, 404)
    const attempts = await Promise.all(Array.from({ length: 12 }, () => call(`/v1/voucher-uses/${use.id}/redeem`, hospital)))
    t.strictSame(attempts.map(({ status }) => status).sort(), [200, ...Array.from({ length: 11 }, () => 409)])
    await advance('PT1S')
    t.strictSame((await read('/v1/vouchers', patient)).items, [], 'it is out of the list')
    t.match(await read(`/v1/vouchers/${id}`, patient), { state: 'redeemed', code: null, history: [{ what: 'generated' }, { what: 'sent' }, { what: 'converted' }, { what: 'issued' }, { what: 'booked' }, { what: 'released' }, { what: 'booked' }, { what: 'used' }, { what: 'examined' }, { what: 'redeemed' }] }, 'its events stay [I-47]')
    t.match((await read(`/v1/voucher-write-offs?batchId=${batch.id}`, office)).items, [{ useId: use.id, hospitalId: 'east', state: 'redeemed' }])
    t.match((await read('/v1/communities/sunshine/vouchers?state=redeemed', community)).items, [{ id, code: null }])
    t.equal((await service.get(`/v1/vouchers/${id}/code`, community)).status, 409, 'a spent code is not handed out again')
    const own = (await read('/v1/me', patient)).personId
    const told = (await service.served.parts.store.inReading(({ notices }) => notices.list([own], { limit: 50, offset: 0 }))).map(({ template }) => template).filter((template) => template.startsWith('voucher'))
    t.strictSame([...new Set(told)].sort(), ['voucher_examined', 'voucher_issued', 'voucher_redeemed', 'voucher_used'])
    const audited = (events: ReadonlyArray<{ readonly target: string }>): boolean => ['voucher', 'voucher-use'].every((target) => events.some((event) => event.target === target))
    t.ok(audited(await eventually(() => service.served.parts.store.inReading(({ audit }) => audit.list({ patientId: own }, { limit: 200, before: null })), audited)))
  })

  await t.test('the statistics → are up to date, the same as a recount, and cheap to ask again [V-08]', async (t) => {
    const after = await service.get('/v1/voucher-statistics?by=hospital', office)
    t.not(after.headers.get('etag'), before.headers.get('etag'))
    t.match(after.body, { total: { generated: 20, sent: 5, converted: 1, issued: 1, booked: 2, used: 1, examined: 1, redeemed: 1, voidedOrExpired: 0, unsent: 15, unconverted: 4, live: 0 } })
    t.match(after.body.rows.find(({ key }: { key: string | null }) => key === 'east').figures, { used: 1, redeemed: 1 })
    t.equal((await service.call('GET', '/v1/voucher-statistics?by=hospital', office, undefined, { 'if-none-match': after.headers.get('etag') ?? '' })).status, 304)
    t.match((await read('/v1/voucher-statistics', hospital)).total, { used: 1, redeemed: 1, generated: 0 }, 'a hospital: its own')
    t.match((await read('/v1/voucher-statistics', hospital2)).total, { used: 0 })
    t.match((await read('/v1/voucher-statistics?by=month', community)).rows, [{ key: '2027-03', figures: { sent: 5, redeemed: 1 } }])
    t.equal((await service.get('/v1/voucher-statistics', patient)).status, 403)
  })

  await t.test('a redemption made by mistake → is taken back by two persons [V-07]', async (t) => {
    t.match(await call(`/v1/voucher-uses/${use.id}/rollback`, hospital, { reason: '扫错人' }), { status: 200, body: { state: 'redeemed', rollback: { state: 'asked' } } })
    t.match(await call(`/v1/voucher-uses/${use.id}/rollback`, hospital, { reason: '确认', decision: 'confirm' }), { status: 403, body: { code: 'DECISION_NEEDS_ANOTHER_PERSON' } })
    t.match((await read('/v1/voucher-uses?rollbackAsked=true', office)).items, [{ id: use.id }])
    t.match(await call(`/v1/voucher-uses/${use.id}/rollback`, office, { reason: '已核实', decision: 'confirm' }), { status: 200, body: { state: 'rolled_back' } })
    await advance('PT1S')
    t.match((await read('/v1/vouchers', patient)).items, [{ id, code: handed.body.code, usesLeft: 1 }])
    const ran = await advance('P1D')
    t.ok(ran.some(({ job, status }) => job === 'prove-vouchers' && status === 'done'))
  })
})

t.test('another voucher, which expires; one that a person confirms by hand; one that is lost, and a recalled batch [V-05 V-24 V-27 K-08]', async (t) => {
  const town = await aTown(t)
  const { service, who, office, call, read, advance, personalCode } = town
  const { patient = '', guardian = '', community: window = '', hospital = '' } = who
  const batch = await aBatch(town, { lastDay: '2027-03-02', count: 12_000, perPerson: 5 })
  await service.settled()
  t.match(await read(`/v1/voucher-batches/${batch.id}`, office), { generated: 12_000, state: 'generated' }, 'a large batch is there soon')
  t.equal((await call(`/v1/voucher-batches/${batch.id}/send`, office, { communityId: 'sunshine', count: 8_000 })).status, 200)
  await service.settled()
  const handOut = async (token: string): Promise<Answer['body']> => (await call('/v1/communities/sunshine/vouchers', window, { batchId: batch.id, personalCode: await personalCode(token) })).body
  const first = await handOut(patient)
  const { residentId, familyName, givenName } = demoPatients.guardian.person
  const onPaper = await call('/v1/communities/sunshine/vouchers', window, { batchId: batch.id, document: { number: residentId, name: `${familyName}${givenName}` } })
  t.match(onPaper, { status: 201, body: { code: /./ } }, 'who has no phone shows a document and gets it on paper')
  const second = onPaper.body

  const use = (await call('/v1/voucher-uses', hospital, { voucherCode: first.code, personalCode: await personalCode(patient) })).body
  t.match(await call(`/v1/voucher-uses/${use.id}/examined`, hospital, {}), { status: 400 }, 'a person says by what it is seen')
  t.match(await call(`/v1/voucher-uses/${use.id}/examined`, hospital, { document: 'CT-2027-0301', note: '片子已阅' }), { status: 200, body: { state: 'examined', evidence: { kind: 'by_hand', document: 'CT-2027-0301' } } })

  const ran = await advance('P2D')
  t.ok(ran.some(({ job, status }) => job === 'expire-vouchers' && status === 'done'))
  t.match(await read(`/v1/voucher-uses/${use.id}`, hospital), { state: 'redeemed' }, 'what is examined is redeemed, by itself after a day [V-24]')
  t.match(await read(`/v1/vouchers/${second.voucher.id}`, guardian), { state: 'expired', status: { validity: 'expired' }, code: null })
  t.match(await call('/v1/voucher-uses', hospital, { voucherCode: second.code, personalCode: await personalCode(guardian) }), { status: 409, body: { code: 'VOUCHER_STATE_REFUSED' } })
  t.match(await call('/v1/communities/sunshine/vouchers', window, { batchId: batch.id, personalCode: await personalCode(guardian) }), { status: 409, body: { code: 'VOUCHER_NONE_LEFT' } })
  t.match((await read(`/v1/voucher-statistics?batchId=${batch.id}`, office)).total, { generated: 12_000, sent: 8_000, issued: 2, redeemed: 1, expired: 11_999, voided: 0, voidedOrExpired: 11_999, live: 0 })

  const next = await aBatch(town, { lastDay: '2027-03-20', count: 4 })
  await call(`/v1/voucher-batches/${next.id}/send`, office, { communityId: 'sunshine', count: 4 })
  // Another window each time: one window takes a person's code once in its half minute.
  const [third, other] = [await service.tokenFor('community', { organizationId: 'sunshine' }), await service.tokenFor('community', { organizationId: 'sunshine' })]
  const code = await personalCode(patient)
  const lost = (await call('/v1/communities/sunshine/vouchers', third, { batchId: next.id, personalCode: code })).body
  t.equal((await call(`/v1/vouchers/${lost.voucher.id}/replace`, third, { personalCode: code })).status, 422, 'its code was shown for a hand-out here already')
  const replaced = await call(`/v1/vouchers/${lost.voucher.id}/replace`, other, { personalCode: await personalCode(patient) })
  t.match(replaced, { status: 201, body: { voucher: { state: 'issued' } } })
  t.match(await read(`/v1/vouchers/${lost.voucher.id}`, patient), { state: 'void', status: { validity: 'void' }, history: { length: 5 } })
  t.match(await call(`/v1/voucher-batches/${next.id}/void`, office, { reason: '项目调整' }), { status: 200, body: { changed: 3, isDone: true } })
  t.match(await call(`/v1/voucher-batches/${next.id}/void`, office, { reason: '再次' }), { status: 409, body: { code: 'VOUCHER_BATCH_RECALLED' } })
  t.match(await read(`/v1/vouchers/${replaced.body.voucher.id}`, patient), { state: 'void' })
  t.match((await read(`/v1/voucher-statistics?batchId=${next.id}`, office)).total, { voided: 4, voidedOrExpired: 4, live: 0 })
})
