import t, { type Test } from 'tap'
import { aMarket, phone, picture, type Market } from './a-market.ts'
import { aSender } from './a-service.ts'

t.setTimeout(240_000)

const creditCode = '91350100M000100Y43'
const anApplicant = { name: '沈示例', title: '副主任医师', licenceNumber: '110110000009001', licensedOn: '2015-07-01', specialty: 'anaesthesia', hospitalId: 'east', phone: phone(1), introduction: '擅长术后镇痛' }
const evidence = { what: 'licence', contentType: 'image/png', data: picture }
const namesOf = (items: ReadonlyArray<{ readonly name: string }>): readonly string[] => items.map(({ name }) => name).sort()

t.test('a doctor → registers, is audited, works by the calendar, and is out the moment the platform says so [M1 M2 M3]', async (t) => {
  const market = await aMarket(t)
  const { service, who, call, get, items, account, codeFor, approves, advance } = market
  const { patient = '', reviewer = '', support = '', administrator = '', hospital = '', desk = '' } = who
  const [owner, stranger] = [await account(phone(1)), await account(phone(2))]

  const registered = await call('/v1/doctors', owner, anApplicant)
  const { id } = registered.body
  await t.test('registering → takes an account with a proven phone, and makes a draft that nobody else sees', async (t) => {
    t.match(registered, { status: 201, body: { name: '沈示例', hospitalId: 'east', employer: /./, phoneTail: '0001', audit: { state: 'draft' } } })
    t.match(await call('/v1/doctors', patient, anApplicant), { status: 404, body: { code: 'SESSION_NOT_FOUND' } }, 'a token without an account')
    t.match(await call('/v1/doctors', owner, anApplicant), { status: 409, body: { code: 'DOCTOR_STANDS' } })
    const elsewhere = { ...anApplicant, phone: phone(3), licenceNumber: '110110000009002' }
    t.match(await call('/v1/doctors', stranger, elsewhere), { status: 422, body: { code: 'CODE_INVALID' } })
    t.equal((await call('/v1/doctors', stranger, { ...elsewhere, code: await codeFor(phone(3), 'doctor') })).status, 201, 'another phone is proven by its own code')
    t.match((await get('/v1/doctors/me', owner)).body, { id, licenceNumber: '110110000009001' })
    for (const token of [stranger, patient, hospital, reviewer, administrator]) t.equal((await get(`/v1/doctors/${id}`, token)).status, 404)
    t.match(await call(`/v1/doctors/${id}`, stranger, { title: '主任医师' }, 'PATCH'), { status: 404 })
    t.match(await call('/v1/doctor-sessions', owner), { status: 409, body: { code: 'AUDIT_STATE_REFUSED' } }, 'before the audit only the own application is there')
    t.match(await call('/v1/doctors', desk, anApplicant), { status: 403 })
  })

  await t.test('a doctor who scans a code at a hospital → registers by WeChat, and proves the phone once [M1 M2]', async (t) => {
    const openid = 'openid-of-a-doctor'
    const wechat = async (act: string, key: string): Promise<{ readonly code: string }> => (await service.post('/demo/simulators/wechat', who['operator'] ?? '', { act, key })).body.result
    const logIn = async () => {
      const { state } = (await service.call('GET', '/v1/wechat/authorize-url')).body
      return (await service.call('POST', '/v1/wechat/sessions', undefined, { state, code: (await wechat('authorize', openid)).code })).body
    }
    const { scene } = (await call('/v1/wechat/scene-qr', desk, { purpose: 'register' })).body
    await wechat('follow', `${scene}:${openid}`)
    t.match((await get(`/v1/wechat/scene-qr/${scene}`, desk)).body, { state: 'scanned' })
    const { bindTicket } = await logIn()
    const session = await service.call('POST', '/v1/sessions', undefined, { phone: phone(5), code: await codeFor(phone(5), 'login'), bindTicket })
    t.match((await get(`/v1/wechat/scene-qr/${scene}`, desk)).body, { state: 'registered' })
    t.equal((await call('/v1/doctors', session.body.accessToken, { ...anApplicant, licenceNumber: '110110000009005', phone: phone(5) })).status, 201)
    t.match((await get('/v1/doctors/me', (await logIn()).accessToken)).body, { phoneTail: '0005' }, 'and later by WeChat alone')
  })

  await t.test('the audit → is a reviewer\'s, with evidence, and says why it refuses', async (t) => {
    t.match(await call(`/v1/audits/doctor/${id}/evidence`, owner, { ...evidence, contentType: 'application/pdf' }), { status: 422 }, 'it is what it says to be')
    const added = await call(`/v1/audits/doctor/${id}/evidence`, owner, evidence)
    t.match(added, { status: 201, body: { what: 'licence', sha256: /^[0-9a-f]{64}$/ } })
    t.equal((await call(`/v1/audits/doctor/${id}/evidence`, stranger, evidence)).status, 404)
    t.equal((await get(`/v1/audits/doctor/${id}/evidence/${added.body.id}`, reviewer)).status, 200)
    t.equal((await get(`/v1/audits/doctor/${id}/evidence/${added.body.id}`, stranger)).status, 404)
    await call(`/v1/doctors/${id}`, owner, { licensedOn: '2025-09-01' }, 'PATCH')
    t.match(await call(`/v1/doctors/${id}/submit`, owner), { status: 200, body: { audit: { state: 'submitted', findings: ['licence_under_three_years'] } } })
    t.match((await items('/v1/audits', reviewer)).map((audit) => [audit.kind, audit.id]), [['doctor', id]])
    t.equal((await get('/v1/audits', owner)).status, 403)
    for (const token of [support, administrator, owner]) t.equal((await call(`/v1/audits/doctor/${id}/take`, token)).status, 403)
    t.match(await call(`/v1/audits/doctor/${id}/decision`, reviewer, { decision: 'approve' }), { status: 409, body: { code: 'AUDIT_STATE_REFUSED' } }, 'it is taken up first')
    t.match(await approves('doctor', id), { status: 409, body: { code: 'AUDIT_FINDING_OPEN', reasons: ['licence_under_three_years'] } })
    t.match(await call(`/v1/audits/doctor/${id}/decision`, reviewer, { decision: 'reject', reason: '执业未满三年' }), { status: 200, body: { state: 'rejected' } })
    t.match((await get('/v1/doctors/me', owner)).body.audit, { state: 'rejected', reason: '执业未满三年' })
    await call(`/v1/doctors/${id}`, owner, { licensedOn: '2015-07-01' }, 'PATCH')
    t.match(await call(`/v1/doctors/${id}/submit`, owner), { body: { audit: { state: 'submitted', findings: [] } } })
    t.match(await approves('doctor', id), { status: 200, body: { state: 'approved' } })
    t.ok(namesOf(await items('/v1/doctors', reviewer)).includes('沈示例'))
  })

  const { body: { accessToken: doctor } } = await call('/v1/doctor-sessions', owner)
  await t.test('approved → the account is a doctor\'s, for the market and not for the hospital\'s patients', async (t) => {
    t.match((await get('/v1/me', doctor)).body, { role: 'doctor', personId: id, organizationId: 'east' })
    for (const url of ['/v1/patients', '/v1/visits', '/fhir/Patient']) t.equal((await get(url, doctor)).status, 403, url)
    t.match((await get(`/fhir/PractitionerRole?practitioner=Practitioner/${id}`, hospital)).body.entry, [{ resource: { active: true, specialty: [{ coding: [{ code: '394577000' }] }] } }])
  })

  const calendar = `/v1/doctors/${id}/calendar`
  await t.test('the calendar → is the doctor\'s own, of working and of open times, without two at once [M2]', async (t) => {
    const spans = [{ start: '2027-03-03T08:00:00+08:00', end: '2027-03-03T12:00:00+08:00', isOpen: false }, { start: '2027-03-04T08:00:00+08:00', end: '2027-03-04T12:00:00+08:00', isOpen: true }]
    const made = await call(calendar, doctor, { spans })
    t.equal(made.status, 201)
    t.match(await call(calendar, doctor, { spans: [{ start: '2027-03-04T11:00:00+08:00', end: '2027-03-04T13:00:00+08:00', isOpen: true }] }), { status: 409, body: { code: 'SLOT_OVERLAPS' } })
    t.equal((await call(calendar, who['doctor'] ?? '', { spans })).status, 404, 'of another doctor')
    t.equal((await call(calendar, patient, { spans })).status, 403)
    t.match(await items(calendar, doctor), [{ isOpen: false, isFree: false, start: '2027-03-03T08:00:00.000+08:00' }, { isOpen: true, isFree: true }])
    t.strictSame((await get(`/v1/doctors/${id}`, patient)).body.openDates, ['2027-03-04'])
    t.match(await call(`${calendar}/${made.body.ids[1]}`, doctor, { isOpen: false }), { status: 200, body: { isOpen: false } })
    t.match(await call(`${calendar}/${made.body.ids[0]}`, doctor, { isOpen: true }), { status: 200, body: { isOpen: true } })
    t.strictSame((await get(`/v1/doctors/${id}`, patient)).body.openDates, ['2027-03-03'])
    await service.post('/v1/identity-readings', desk, { kind: 'patient_card', value: 'E900001' })
    t.match(await call('/v1/appointments', patient, { slotId: made.body.ids[0] }), { status: 409, body: { code: 'SLOT_NOT_BOOKABLE' } }, 'it is invited, not booked like a visit')
  })

  await t.test('what was reviewed goes back to review when it changes; the rest does not [M3]', async (t) => {
    t.match(await call(`/v1/doctors/${id}`, owner, { introduction: '擅长小儿麻醉' }, 'PATCH'), { body: { audit: { state: 'approved' } } })
    t.match((await get(`/v1/doctors/${id}`, patient)).body, { introduction: '擅长小儿麻醉' })
    t.match(await call(`/v1/doctors/${id}`, owner, { title: '主任医师' }, 'PATCH'), { body: { audit: { state: 'changed', wasApproved: true } } })
    t.equal((await get(`/v1/doctors/${id}`, patient)).status, 404, 'not listed while it is looked at again')
    t.match(await call('/v1/doctor-sessions', owner), { status: 409 })
    t.match(await approves('doctor', id), { body: { state: 'approved' } })
    t.match((await get(`/v1/doctors/${id}`, patient)).body, { title: '主任医师' })
  })

  await t.test('suspended → out at once, and back when resumed; revoked → for good [M3]', async (t) => {
    const decide = (decision: string) => call(`/v1/audits/doctor/${id}/decision`, reviewer, { decision, reason: '投诉核实中' })
    const { body: { accessToken } } = await call('/v1/doctor-sessions', owner)
    t.match(await decide('suspend'), { status: 200, body: { state: 'suspended' } })
    t.equal((await get('/v1/me', accessToken)).status, 401)
    t.equal((await get(`/v1/doctors/${id}`, patient)).status, 404)
    t.notOk(namesOf(await items('/v1/doctors', administrator)).includes('沈示例'), 'listed for nobody')
    t.match(await call(`/v1/doctors/${id}`, owner, { title: '医师' }, 'PATCH'), { status: 409, body: { code: 'AUDIT_STATE_REFUSED' } })
    t.match(await decide('resume'), { body: { state: 'approved' } })
    t.equal((await get(`/v1/doctors/${id}`, patient)).status, 200)
    t.match(await decide('revoke'), { body: { state: 'revoked' } })
    t.match(await decide('resume'), { status: 409 })
    t.match((await get(`/fhir/PractitionerRole?practitioner=Practitioner/${id}`, hospital)).body.entry, [{ resource: { active: false } }])
  })

  await t.test('every step → stands in the history, which nobody changes', async (t) => {
    const { history } = (await get(`/v1/audits/doctor/${id}`, owner)).body
    t.strictSame(history.map(({ what }: { what: string }) => what), ['change', 'submit', 'take', 'reject', 'change', 'submit', 'take', 'approve', 'change', 'take', 'approve', 'suspend', 'resume', 'revoke'])
    await advance({ advance: 'PT1S' })
    const told = (await get('/demo/simulators/sms', who['operator'] ?? '')).body.items as ReadonlyArray<{ readonly body: { readonly to: string, readonly templateId: string } }>
    t.ok(told.some(({ body }) => body.to === phone(1) && body.templateId === 'qualification_decided'), 'and the doctor hears that there is a decision')
    t.equal((await service.get(`/v1/audits/doctor/${id}`, stranger)).status, 404)
  })
})

/** The east's own system says what was done, and by whom. */
async function anaesthesia (t: Test, { service }: Market, by: { readonly number: string, readonly status?: string }): Promise<void> {
  const sender = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  await sender.send([
    `MSH|^~\\&|EASTHIS|EAST|YIQIAO|YIQIAO|20270301080000||ADT^A01^ADT_A01|P${by.number}|P|2.5.1||||||UNICODE UTF-8`, 'EVN|A01|20270301080000', 'PID|1||E900002^^^EASTHIS^MR||宋^示兰', `PV1|1|I|W3^01^01^EAST||||||||||||||||V${by.number}`,
    `PR1|1||00.00^手术^L||20270301070000|||D1001^林^例文|||||||||||PR${by.number}`, ''
  ].join('\r'))
  await service.settled()
}

t.test('who sees which doctor → goes by where the patient lies, and by a membership to the second [M4 M5 M6 acc:TM-09]', async (t) => {
  const market = await aMarket(t)
  const { who, call, get, items, account, approves, pays, advance } = market
  const { patient = '', patient2 = '', guardian = '', hospital = '', hospital2 = '', administrator = '', desk = '', doctor = '', reviewer = '' } = who
  const [east, west] = ['林例文', '马拟川']

  await t.test('a patient → sees the anaesthesiologists of the own hospital only [M4]', async (t) => {
    t.match(await items('/v1/doctors?specialty=anaesthesia', patient), [{ name: east, hospitalId: 'east', admission: 'his' }])
    t.strictSame(namesOf(await items('/v1/doctors', patient2)), [west])
    t.strictSame(await items('/v1/doctors?hospital=west', patient), [], 'of hospital X none of Y')
    t.strictSame(await items('/v1/doctors', guardian), [], 'who lies nowhere sees none')
    const [{ id }] = await items('/v1/doctors', patient) as [{ readonly id: string }]
    t.equal((await get(`/v1/doctors/${id}`, patient)).status, 200)
    t.equal((await get(`/v1/doctors/${id}`, patient2)).status, 404)
    t.equal((await get(`/v1/doctors/${id}/calendar`, guardian)).status, 404)
    t.equal((await get('/v1/doctors', desk)).status, 403)
  })

  await t.test('the east admits the guardian → she sees its doctors; after the discharge none [M4]', async (t) => {
    await anaesthesia(t, market, { number: '9001' })
    t.match(await items('/v1/doctors', guardian), [{ name: east, admission: 'his', anaesthesias: 1 }], 'and the anaesthesia counts, of whom the hospital names [M6]')
    await anaesthesia(t, market, { number: '9001' })
    t.match(await items('/v1/doctors', patient), [{ name: east, anaesthesias: 1, evaluations: { count: 0, mean: null }, openDates: { 0: '2027-03-02', length: 14 } }], 'once')
    const sender = await aSender(t, market.service.served.parts.listeners.get('east')?.port ?? 0)
    await sender.send(['MSH|^~\\&|EASTHIS|EAST|YIQIAO|YIQIAO|20270301090000||ADT^A03^ADT_A03|D9001|P|2.5.1||||||UNICODE UTF-8', 'EVN|A03|20270301090000', 'PID|1||E900002^^^EASTHIS^MR||宋^示兰', `PV1|1|I|W3^01^01^EAST${'|'.repeat(16)}V9001${'|'.repeat(26)}20270301090000`, ''].join('\r'))
    await market.service.settled()
    t.strictSame(await items('/v1/doctors', guardian), [])
  })

  await t.test('a hospital without a membership → sees nobody in the market, and its own staff where it asks for it; a doctor sees himself [M5 acc:TM-09]', async (t) => {
    t.strictSame(await items('/v1/doctors', hospital2), [])
    t.strictSame(namesOf(await items('/v1/doctors?hospital=east', hospital)), [east])
    t.strictSame(namesOf(await items('/v1/doctors?hospital=west', hospital2)), [west])
    t.strictSame(await items('/v1/doctors?hospital=east', hospital2), [])
    t.strictSame(namesOf(await items('/v1/doctors', doctor)), [east])
    t.strictSame(namesOf(await items('/v1/doctors', reviewer)), [east, west])
  })

  const owner = await account(phone(11))
  const aHospital = { name: '青溪医院', creditCode, licenceNumber: 'PDY1234567890123456789', contactName: '钱示例', contactPhone: phone(11) }
  const { body: { id: third } } = await call('/v1/hospitals', owner, aHospital)
  await t.test('a third-party hospital → registers and is authenticated before it has a token [M1 M3]', async (t) => {
    t.match(await call('/v1/hospitals', await account(phone(12)), { ...aHospital, creditCode: '91350100M000100Y44' }), { status: 422, body: { place: 'creditCode' } }, 'a mistyped code')
    t.match((await get(`/v1/hospitals/${third}`, owner)).body, { name: '青溪医院', audit: { state: 'draft' } })
    t.equal((await get(`/v1/hospitals/${third}`, patient)).status, 404)
    t.equal((await call(`/v1/hospitals/${third}/credentials`, administrator)).status, 404, 'not before it is authenticated')
    await call(`/v1/audits/hospital/${third}/evidence`, owner, evidence)
    t.match(await call(`/v1/hospitals/${third}/submit`, owner), { body: { audit: { state: 'submitted', findings: [] } } })
    t.match(await approves('hospital', third), { status: 200, body: { state: 'approved' } })
    t.strictSame((await items('/v1/hospitals?registered=true', patient)).map(({ name, isConnected }) => [name, isConnected]), [['青溪医院', false]])
    t.equal((await call(`/v1/hospitals/${third}/credentials`, hospital)).status, 403)
  })

  const { body: { token } } = await call(`/v1/hospitals/${third}/credentials`, administrator)
  await t.test('with a membership in force it sees all, and in the second in which it ends none [M5 acc:TM-09]', async (t) => {
    t.match((await get('/v1/me', token)).body, { role: 'hospital', organizationId: third })
    t.strictSame(await items('/v1/doctors', token), [], 'without one none')
    const { body: order } = await call('/v1/membership-orders', token, { product: 'anaesthesiologist_vip' })
    t.strictSame(await items('/v1/doctors', token), [], 'ordered is not paid')
    await call('/v1/memberships/anaesthesiologist_vip', administrator, { name: '麻醉医师市场VIP会员', english: 'VIP', forKind: 'hospital', priceFen: 1_000, days: 2, benefits: ['anaesthesiologists.see_all'], hospitalId: 'east', isOnSale: true }, 'PUT')
    const { body: short } = await call('/v1/membership-orders', token, { product: 'anaesthesiologist_vip' })
    t.match([order.days, short.days], [365, 2], 'each in the words of its version')
    t.equal((await call(`/v1/membership-orders/${short.id}/pay`, hospital2, { channel: 'wechat', mode: 'qr' })).status, 404)
    await pays(`/v1/membership-orders/${short.id}`, token)
    t.strictSame(namesOf(await items('/v1/doctors', token)), [east, west])
    t.strictSame(namesOf(await items('/v1/doctors?hospital=west', token)), [west])
    await call(`/v1/audits/hospital/${third}/decision`, reviewer, { decision: 'suspend', reason: '证照复核' })
    t.strictSame(await items('/v1/doctors', token), [], 'suspended it sees none')
    await call(`/v1/audits/hospital/${third}/decision`, reviewer, { decision: 'resume', reason: '已核实' })
    const { endsAt } = (await get(`/v1/membership-orders/${short.id}`, token)).body
    await advance({ set: new Date(Date.parse(endsAt) - 1).toISOString() })
    t.strictSame(namesOf(await items('/v1/doctors', token)), [east, west])
    await advance({ set: endsAt })
    t.strictSame(await items('/v1/doctors', token), [])
    const [{ id }] = await items('/v1/doctors', patient) as [{ readonly id: string }]
    t.equal((await get(`/v1/doctors/${id}`, token)).status, 404)
  })

  await t.test('where no system says who lies in, the patient says so, and it is marked [M4]', async (t) => {
    const owner = await account(phone(13))
    const { body: { id } } = await call('/v1/doctors', owner, { ...anApplicant, name: '袁示例', licenceNumber: '110110000009013', phone: phone(13), hospitalId: third })
    await call(`/v1/audits/doctor/${id}/evidence`, owner, evidence)
    await call(`/v1/doctors/${id}/submit`, owner)
    t.match(await approves('doctor', id), { body: { state: 'approved' } })
    t.strictSame(namesOf(await items(`/v1/doctors?hospital=${third}`, token)), ['袁示例'], 'the hospital sees its own')
    t.match(await call('/v1/admission-declarations', guardian, { hospitalId: 'east' }), { status: 409, body: { code: 'ADMISSION_KNOWN_BY_HIS' } })
    t.match(await call('/v1/admission-declarations', guardian, { hospitalId: 'nowhere' }), { status: 404 })
    t.match(await call('/v1/admission-declarations', guardian, { hospitalId: third }), { status: 201, body: { isVerified: false } })
    t.match(await items('/v1/doctors', guardian), [{ name: '袁示例', admission: 'declared' }])
    t.equal((await items('/v1/admission-declarations', guardian)).length, 1)
    t.strictSame(await items('/v1/admission-declarations', patient), [])
  })
})
