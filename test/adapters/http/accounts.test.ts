import t from 'tap'
import type { CalendarDate } from '../../../core/clock.ts'
import { aHospital } from './a-hospital.ts'
import { aPhone, aRecord, caller, type Call, type Phone } from './a-phone.ts'
import { aServer, type AServer } from './a-server.ts'
import type { Teardown } from '../../fixtures/store.ts'

const annasPhone = '000-0000-0001'
const childsPhone = '000-0000-0002'
const strangersPhone = '000-0000-0009'

interface Hospital extends AServer {
  readonly call: Call
  readonly phone: Phone
  readonly wait: (duration: string) => Promise<void>
  readonly logIn: (number: string) => Promise<{ readonly accessToken: string, readonly refreshToken: string, readonly personId: string | null }>
}

/** Anna with a phone at both hospitals, and her child, who is 16 and has a phone too. */
async function aTown (t: Teardown): Promise<Hospital> {
  const server = await aServer(t)
  await aHospital(server.store)
  const call = caller(server)
  const phone = await aPhone(t, server)
  const operator = await server.tokenOf('operator')
  const telecom = (value: string) => ({ telecom: [{ system: 'phone', use: 'mobile', value }, { system: 'email', value: 'anna@example.org' }] })
  await aRecord(server, 'east-anna', { name: [{ text: 'Musterfrau' }], gender: 'female', birthDate: '1990-01-02', identifier: [{ system: 'urn:yiqiao:hospital:east:MR', value: 'card-of-anna', type: { coding: [{ code: 'MR' }] } }], address: [{ use: 'home', city: 'Nowhere' }], ...telecom(annasPhone) })
  await aRecord(server, 'west-anna', { name: [{ text: 'Musterfrau' }], gender: 'female', birthDate: '1990-01-02', ...telecom('00000000001') })
  await aRecord(server, 'east-child', { name: [{ text: 'Kind' }], birthDate: '2010-05-20', ...telecom(childsPhone) })
  await server.store.inTransaction(async ({ patients }) => {
    const record = { hospitalId: 'east', gender: null, active: true } as const
    await patients.save({ ...record, id: 'east-child', personId: 'east-child', name: 'Kind', birthDate: '2010-05-20' as CalendarDate, identifiers: [{ system: 'urn:yiqiao:hospital:east:MR', value: 'card-of-child', type: 'MR' }] })
    // Two untied records that carry the same card, name and phone.
    for (const id of ['east-twin1', 'east-twin2']) await patients.save({ ...record, id, personId: id, name: 'Zwilling', birthDate: null, identifiers: [{ system: 'urn:yiqiao:hospital:east:MR', value: 'card-of-twins', type: 'MR' }] })
  })
  for (const id of ['east-twin1', 'east-twin2']) await aRecord(server, id, telecom(strangersPhone))
  const wait = async (duration: string): Promise<void> => { await call('POST', '/demo/clock', operator, { advance: duration }) }
  return {
    ...server, call, phone, wait,
    logIn: async (number) => {
      await wait('PT61S')
      await call('POST', '/v1/sms-codes', undefined, { phone: number, purpose: 'login' })
      return (await call('POST', '/v1/sessions', undefined, { phone: number, code: await phone.codeTo(number) })).body
    }
  }
}

const annasClaim = { documentNumber: 'card-of-anna', name: 'Musterfrau', hospitalId: 'east' }

t.test('a patient who registers by phone [M16]', async (t) => {
  const town = await aTown(t)
  const { call, phone, wait } = town

  t.test('gets a code, whoever they are, once a minute; outbox and store hold it sealed', async (t) => {
    t.equal((await call('POST', '/v1/sms-codes', undefined, { phone: annasPhone, purpose: 'register' })).status, 202)
    const again = await call('POST', '/v1/sms-codes', undefined, { phone: '00000000001', purpose: 'login' })
    t.strictSame([again.status, again.body.code, again.headers['retry-after']], [429, 'RATE_LIMITED', '60'], 'however the number is written')
    const [message] = await town.store.inReading(({ outbox }) => outbox.due(new Date('2030-01-01'), 9, 'sms'))
    t.notMatch(JSON.stringify(message), /0001|"\d{6}"/)
    t.match(await phone.codeTo(annasPhone), /^\d{6}$/)
    t.match(phone.received().at(-1), { to: annasPhone, templateId: 'login_code', params: { minutes: '5' } })
  })

  t.test('who guesses wrong five times → has to ask for a new code', async (t) => {
    const right = await phone.codeTo(annasPhone)
    const wrong = right === '123456' ? '654321' : '123456'
    for (let tries = 0; tries < 5; tries += 1) t.equal((await call('POST', '/v1/sessions', undefined, { phone: annasPhone, code: wrong })).body.code, 'CODE_INVALID')
    t.equal((await call('POST', '/v1/sessions', undefined, { phone: annasPhone, code: right })).status, 422, 'the right one is too late')
  })

  t.test('whose code is five minutes old, was sent for another use, or is used → is refused', async (t) => {
    await wait('PT61S')
    await call('POST', '/v1/sms-codes', undefined, { phone: annasPhone, purpose: 'login' })
    const late = await phone.codeTo(annasPhone)
    await wait('PT5M')
    t.equal((await call('POST', '/v1/sessions', undefined, { phone: annasPhone, code: late })).status, 422)
    await call('POST', '/v1/sms-codes', undefined, { phone: annasPhone, purpose: 'bind' })
    t.equal((await call('POST', '/v1/sessions', undefined, { phone: annasPhone, code: await phone.codeTo(annasPhone) })).status, 422)
    t.ok((await town.logIn(annasPhone)).accessToken)
    t.equal((await call('POST', '/v1/sessions', undefined, { phone: annasPhone, code: await phone.codeTo(annasPhone) })).status, 422)
  })

  t.test('has an account that sees itself only, until document, name and phone prove the patient', async (t) => {
    const { accessToken, personId } = await town.logIn(annasPhone)
    t.equal(personId, null)
    t.strictSame((await call('GET', '/v1/me', accessToken)).body, { role: 'patient', personId: null, organizationId: null, wards: [], scopes: null })
    t.strictSame((await call('GET', '/v1/patients', accessToken)).body.items, [])
    t.equal((await call('GET', '/v1/me/profile', accessToken)).body.code, 'PATIENT_NOT_FOUND')
    for (const claim of [{ ...annasClaim, name: 'Beispiel' }, { ...annasClaim, documentNumber: 'card-of-nobody' }, { documentNumber: 'card-of-anna', name: 'Musterfrau' }]) {
      const refused = await call('POST', '/v1/me/bindings', accessToken, claim)
      t.strictSame([refused.status, refused.body.code], [422, 'BINDING_REFUSED'])
    }
    t.strictSame((await call('POST', '/v1/me/bindings', accessToken, annasClaim)).body, { personId: 'east-anna' })
    t.equal((await call('GET', '/v1/me', accessToken)).body.personId, 'east-anna', 'the token in hand stands for the patient at once')
    t.strictSame((await call('POST', '/v1/me/bindings', accessToken, annasClaim)).body, { personId: 'east-anna' }, 'again is no harm')
    t.equal((await call('POST', '/v1/me/bindings', accessToken, annasClaim)).status, 429, 'after five a day')
    await wait('PT1H')
    t.equal((await town.logIn(annasPhone)).personId, 'east-anna')
  })

  t.test('who has another phone than the record, or whom two records fit → goes to the desk, which ties the account', async (t) => {
    const { accessToken } = await town.logIn(strangersPhone)
    t.equal((await call('POST', '/v1/me/bindings', accessToken, annasClaim)).body.code, 'BINDING_REFUSED')
    t.equal((await call('POST', '/v1/me/bindings', accessToken, { documentNumber: 'card-of-twins', name: 'Zwilling', hospitalId: 'east' })).body.code, 'BINDING_REFUSED', 'ambiguous')
    await wait('PT61S')
    await call('POST', '/v1/sms-codes', undefined, { phone: strangersPhone, purpose: 'bind' })
    const desk = await town.tokenOf('desk', { organizationId: 'east' })
    const code = await phone.codeTo(strangersPhone)
    t.equal((await call('POST', '/v1/patients/west-berta/bindings', desk, { phone: strangersPhone, code })).status, 404)
    t.match((await call('POST', '/v1/patients/east-twin1/bindings', desk, { phone: strangersPhone, code })).body, { phoneTail: '0009', personId: 'east-twin1' })
    t.equal((await call('GET', '/v1/me', accessToken)).body.personId, 'east-twin1')
    await wait('PT61S')
    await call('POST', '/v1/sms-codes', undefined, { phone: strangersPhone, purpose: 'bind' })
    await call('POST', '/v1/patients/east-twin2/bindings', desk, { phone: strangersPhone, code: await phone.codeTo(strangersPhone) })
    t.equal((await call('GET', '/v1/me', accessToken)).status, 401, 'a number that passes on ends what its holder before had open')
  })
})

t.test('a session → is renewed once by each refresh token, and ends when one is shown again or by logging out', async (t) => {
  const town = await aTown(t)
  const { call } = town
  const first = await town.logIn(annasPhone)
  const second = (await call('POST', '/v1/sessions/refresh', undefined, { refreshToken: first.refreshToken })).body
  t.equal((await call('GET', '/v1/me', second.accessToken)).status, 200)
  t.equal((await call('POST', '/v1/sessions/refresh', undefined, { refreshToken: first.refreshToken })).status, 401)
  t.equal((await call('GET', '/v1/me', second.accessToken)).status, 401, 'two held it')
  t.equal((await call('POST', '/v1/sessions/refresh', undefined, { refreshToken: second.refreshToken })).status, 401)

  const other = await town.logIn(annasPhone)
  t.equal((await call('DELETE', '/v1/sessions/current', other.accessToken)).status, 204)
  t.equal((await call('GET', '/v1/me', other.accessToken)).status, 401)
  t.equal((await call('POST', '/v1/sessions/refresh', undefined, { refreshToken: other.refreshToken })).status, 401)
})

t.test('the own profile [M16]', async (t) => {
  const town = await aTown(t)
  const { call } = town
  const anna = await town.tokenOf('patient', { personId: 'west-anna' })
  const read = await call('GET', '/v1/me/profile', anna)
  const edit = (body: unknown, tag = String(read.headers['etag'])) => call('PATCH', '/v1/me/profile', anna, body, { 'if-match': tag })

  t.test('tells what each hospital says, with documents masked', async (t) => {
    t.match(read.body, { personId: 'west-anna', name: 'Musterfrau', sex: 'female', birthDate: '1990-01-02', email: 'anna@example.org' })
    t.strictSame(read.body.records.map(({ hospitalId, phones }: { hospitalId: string, phones: string[] }) => [hospitalId, ...phones]).sort(), [['east', annasPhone], ['west', '00000000001']])
    t.notMatch(JSON.stringify(read.body), /card-of-anna/)
    t.strictSame(read.body.records.find(({ hospitalId }: { hospitalId: string }) => hospitalId === 'east').documents, [{ type: 'MR', number: 'car******nna' }])
  })

  t.test('is edited in every hospital\'s record, goes out as ours, and only if nobody changed it in between', async (t) => {
    const edited = await edit({ phones: ['000-0000-0005'], address: { city: 'Somewhere', line: 'Road 1' }, preferredLanguage: 'en', emergencyContact: { name: 'Beispiel', phone: '000-0000-0006', relation: 'sister' } })
    t.equal(edited.status, 200)
    t.match(edited.body, { phones: ['000-0000-0005'], email: 'anna@example.org', address: { city: 'Somewhere', line: 'Road 1' }, preferredLanguage: 'en', emergencyContact: { name: 'Beispiel', phone: '000-0000-0006', relation: 'sister' } })
    t.strictSame(edited.body.records.map(({ phones }: { phones: string[] }) => phones), [['000-0000-0005'], ['000-0000-0005']])
    t.match(town.asked.at(-1), { takeIn: [{ isOurs: true, hospitalId: 'east', resource: { telecom: [{ value: '000-0000-0005' }, { system: 'email' }] } }, { isOurs: true, hospitalId: 'west' }] })
    const late = await edit({ phones: [] })
    t.strictSame([late.status, late.body.code], [412, 'PRECONDITION_FAILED'])
    const cleared = await edit({ phones: [], emergencyContact: null }, String(edited.headers['etag']))
    t.match(cleared.body, { phones: [], emergencyContact: null, email: 'anna@example.org' })
    t.equal((await call('PATCH', '/v1/me/profile', anna, { phones: [] })).status, 400, 'If-Match is asked for')
  })

  t.test('never changes who the person is', async (t) => {
    for (const fact of ['name', 'sex', 'gender', 'birthDate', 'documents']) {
      const refused = await edit({ [fact]: 'x' })
      t.strictSame([refused.status, refused.body.code, refused.body.place], [422, 'PROFILE_FACT_FIXED', fact])
    }
    const now = await call('GET', '/v1/me/profile', anna)
    t.equal((await edit({ phones: ['not a number'] }, String(now.headers['etag']))).body.code, 'REQUEST_INVALID')
  })

  t.test('of a ward → is the guardian\'s to edit, of a stranger it is not there, and all is in the audit', async (t) => {
    const mother = await town.tokenOf('guardian', { personId: 'east-mother' })
    const ward = await call('GET', '/v1/patients/east-anna/profile', mother)
    t.equal((await call('PATCH', '/v1/patients/east-anna/profile', mother, { email: null }, { 'if-match': String(ward.headers['etag']) })).body.email, null)
    t.equal((await call('GET', '/v1/patients/west-berta/profile', mother)).status, 404)
    await town.server.close()
    const rows = await town.store.inReading(({ audit }) => audit.list({ patientId: 'east-anna' }, { limit: 50, before: null }))
    t.ok(rows.some(({ action, target, role }) => action === 'write' && target === 'profile' && role === 'patient'))
    t.ok(rows.some(({ action, target, role }) => action === 'write' && target === 'patient' && role === 'guardian'))
  })
})

t.test('a guardian', async (t) => {
  const town = await aTown(t)
  const { call, phone, wait } = town
  const father = await town.tokenOf('patient', { personId: 'east-father' })
  const ask = { documentNumber: 'card-of-child', name: 'Kind', hospitalId: 'east', relation: 'father' }

  t.test('who asks for a child → is answered alike whoever is known, and sees nothing yet', async (t) => {
    const known = await call('POST', '/v1/me/wards', father, ask)
    const unknown = await call('POST', '/v1/me/wards', father, { ...ask, name: 'Nobody' })
    for (const answer of [known, unknown]) t.match(answer, { status: 202, body: { state: 'asked', wardId: null, name: null } })
    t.equal((await call('GET', '/v1/patients/east-child', father)).status, 404)
    t.equal((await call('POST', `/v1/me/wards/${known.body.id}/confirm`, father, { code: '000000' })).body.code, 'CODE_INVALID')
    t.equal((await call('POST', `/v1/me/wards/${unknown.body.id}/confirm`, father, { code: '000000' })).body.code, 'CODE_INVALID')
    const stranger = await town.tokenOf('patient', { personId: 'west-berta' })
    t.equal((await call('DELETE', `/v1/me/wards/${known.body.id}`, stranger)).status, 404)
    for (const { body } of [known, unknown]) t.equal((await call('DELETE', `/v1/me/wards/${body.id}`, father)).status, 204)
  })

  t.test('of a child with an own phone → confirms by the code that went there, and speaks until the 18th birthday', async (t) => {
    const child = await town.logIn(childsPhone)
    await call('POST', '/v1/me/bindings', child.accessToken, { documentNumber: 'card-of-child', name: 'Kind', hospitalId: 'east' })
    await wait('PT61S')
    const { body: { id } } = await call('POST', '/v1/me/wards', father, ask)
    const code = await phone.codeTo(childsPhone)
    t.match(phone.received().at(-1), { to: childsPhone, templateId: 'guardian_code' })
    t.match((await call('POST', `/v1/me/wards/${id}/confirm`, father, { code })).body, { state: 'confirmed', wardId: 'east-child', name: 'Kind' })
    t.equal((await call('GET', '/v1/patients/east-child', father)).status, 200)
    t.match((await call('GET', '/v1/me', father)).body, { wards: ['east-child'] })
    await wait('P445D')
    t.equal((await call('GET', '/v1/patients/east-child', father)).status, 200, 'the day before')
    await wait('P1D')
    t.equal((await call('GET', '/v1/patients/east-child', father)).status, 404, 'of age')
    t.match((await call('GET', '/v1/me/wards', father)).body.items, [{ state: 'ended', wardId: null }])
  })

  t.test('whom the desk confirms by the papers → is listed there and ended there; an adult needs an appointment', async (t) => {
    const desk = await town.tokenOf('desk', { organizationId: 'east' })
    const confirm = (body: unknown) => call('POST', '/v1/patients/east-child/guardians', desk, body)
    t.equal((await confirm({ guardianId: 'east-mother', relation: 'mother' })).body.code, 'WARD_OF_AGE')
    t.equal((await confirm({ guardianId: 'west-berta', relation: 'mother' })).body.code, 'PATIENT_NOT_FOUND', 'a patient of another hospital is not this desk\'s to name')
    const appointed = await confirm({ guardianId: 'east-mother', relation: 'mother', basis: 'appointed' })
    t.match(appointed, { status: 201, body: { state: 'confirmed', guardianId: 'east-mother' } })
    const mother = await town.tokenOf('guardian', { personId: 'east-mother' })
    t.equal((await call('GET', '/v1/patients/east-child', mother)).status, 200)
    const { items } = (await call('GET', '/v1/patients/east-child/guardians', desk)).body
    t.ok(items.some(({ guardianId, state }: { guardianId: string, state: string }) => guardianId === 'east-mother' && state === 'confirmed'))
    t.equal((await call('DELETE', `/v1/patients/east-child/guardians/${appointed.body.id}`, desk)).status, 204)
    t.equal((await call('GET', '/v1/patients/east-child', mother)).status, 404)
  })
})
