import t from 'tap'
import { fhirServer } from '../../../adapters/fhir/index.ts'
import { callerOf, noteAccess } from '../../../adapters/http/index.ts'
import { usualAccessLimits } from '../../../adapters/http/access/access-routes.ts'
import { fictitiousResidentId } from '../../../adapters/simulators/hospital/resident-id.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { fhirDeps } from '../fhir/a-fhir-server.ts'
import { aPhone, aRecord, caller } from './a-phone.ts'
import { aServer, as, keys, type AServer } from './a-server.ts'

const residentId = fictitiousResidentId('1990-01-01', 0, 'male')
const name = 'Musterfrau'

/** What a hospital says of a person, tied by the resident id as the index of persons ties it. */
async function aTiedPatient (server: AServer, id: string, { personId, phone, card }: { readonly personId: string, readonly phone: string | null, readonly card: string }): Promise<void> {
  const hospitalId = id.split('-')[0] ?? ''
  await server.store.inTransaction(({ patients }) => patients.save({
    id, hospitalId, personId, name, birthDate: '1990-01-01' as CalendarDate, gender: null, active: true,
    identifiers: [{ system: 'urn:oid:2.16.156.10011.1.3', value: residentId, type: 'NI' }, { system: `urn:yiqiao:hospital:${hospitalId}:MR`, value: card, type: 'MR' }]
  }))
  await aRecord(server, id, { name: [{ text: name }], ...(phone === null ? {} : { telecom: [{ system: 'phone', value: phone }] }) })
}

t.test('whoever writes for one hospital and invents a record there, with another\'s document and name and a phone of their own', async (t) => {
  const server = await aServer(t)
  const call = caller(server)
  const phone = await aPhone(t, server)
  await aTiedPatient(server, 'west-anna', { personId: 'west-anna', phone: '000-0000-0001', card: 'W1' })
  await aTiedPatient(server, 'east-invented', { personId: 'west-anna', phone: '000-0000-0666', card: 'E666' })
  await call('POST', '/v1/sms-codes', undefined, { phone: '000-0000-0666', purpose: 'register' })
  const { accessToken } = (await call('POST', '/v1/sessions', undefined, { phone: '000-0000-0666', code: await phone.codeTo('000-0000-0666') })).body
  for (const claim of [{ documentNumber: 'E666', name, hospitalId: 'east' }, { documentNumber: residentId, name }]) {
    t.equal((await call('POST', '/v1/me/bindings', accessToken, claim)).body.code, 'BINDING_REFUSED', 'is not taken for that person')
  }
  t.equal((await call('GET', '/v1/patients/west-anna', accessToken)).status, 404)

})

t.test('whoever tries secrets of a client', async (t) => {
  const server = await aServer(t, undefined, {}, { ...usualAccessLimits, tokensPerMinuteOfClient: 2 })
  const { body: { clientId, clientSecret } } = await caller(server)('POST', '/v1/ops/clients', await server.tokenOf('administrator'), { name: 'App', role: 'integrator', scopes: ['charge.read'], speaksFor: 'app' })
  const token = async (secret: string, remoteAddress: string, headers = {}): Promise<number> => (await server.server.inject({
    method: 'POST', url: '/oauth/token', remoteAddress, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }).toString()
  })).statusCode

  t.test('is stopped, whatever address they say they have', async (t) => {
    t.same([await token('wrong', '192.0.2.1'), await token('wrong', '192.0.2.1')], [401, 401])
    for (const forged of ['x-forwarded-for', 'x-real-ip', 'forwarded']) t.equal(await token('wrong', '192.0.2.1', { [forged]: '192.0.2.77' }), 429)
  })

  t.test('does not lock the client itself out', async (t) => {
    t.equal(await token(clientSecret, '192.0.2.2'), 200)
  })
})

t.test('two who show one refresh token at once → have one session between them at most, and then none', async (t) => {
  const server = await aServer(t)
  const call = caller(server)
  const phone = await aPhone(t, server)
  await call('POST', '/v1/sms-codes', undefined, { phone: '000-0000-0001', purpose: 'login' })
  const { refreshToken } = (await call('POST', '/v1/sessions', undefined, { phone: '000-0000-0001', code: await phone.codeTo('000-0000-0001') })).body
  const answers = await Promise.all([1, 2, 3].map(() => call('POST', '/v1/sessions/refresh', undefined, { refreshToken })))
  t.same(answers.map(({ status }) => status).sort(), [200, 401, 401])
  const renewed = answers.find(({ status }) => status === 200)
  t.equal((await call('GET', '/v1/me', renewed?.body.accessToken)).status, 401)
})

t.test('a code that is tried by many at once → is tried five times', async (t) => {
  const server = await aServer(t)
  const call = caller(server)
  const phone = await aPhone(t, server)
  await call('POST', '/v1/sms-codes', undefined, { phone: '000-0000-0001', purpose: 'login' })
  const right = await phone.codeTo('000-0000-0001')
  const wrong = right === '123456' ? '654321' : '123456'
  const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/v1/sessions', undefined, { phone: '000-0000-0001', code: wrong })))
  t.ok(answers.every(({ body }) => body.code === 'CODE_INVALID'))
  const found = await server.store.inReading(({ codes }) => codes.ofPhone(keys.fingerprint('phone', '00000000001')))
  t.same(found.map((code) => code.tries), [5])
  t.equal((await call('POST', '/v1/sessions', undefined, { phone: '000-0000-0001', code: right })).status, 422)
})

t.test('claims to be a patient that come all at once → are five a day all the same', async (t) => {
  const server = await aServer(t)
  const call = caller(server)
  const phone = await aPhone(t, server)
  await call('POST', '/v1/sms-codes', undefined, { phone: '000-0000-0001', purpose: 'register' })
  const { accessToken } = (await call('POST', '/v1/sessions', undefined, { phone: '000-0000-0001', code: await phone.codeTo('000-0000-0001') })).body
  const answers = await Promise.all(Array.from({ length: 12 }, (_, number) => call('POST', '/v1/me/bindings', accessToken, { documentNumber: `card-${number}`, name, hospitalId: 'east' })))
  t.same(answers.map(({ status }) => status).sort(), [...Array.from({ length: 5 }, () => 422), ...Array.from({ length: 7 }, () => 429)])
})

t.test('what is posted to /fhir with an Idempotency-Key → is not kept for it: keys of the hospital tell repetitions', async (t) => {
  const server = await aServer(t)
  await server.server.register(fhirServer({ ...fhirDeps(server.store), callerOf, note: noteAccess }), { prefix: '/fhir' })
  const token = await server.tokenOf('integrator', { organizationId: 'east' })
  const post = () => server.server.inject({
    method: 'POST', url: '/fhir/Patient', headers: { ...as(token), 'content-type': 'application/fhir+json', 'idempotency-key': 'k1' },
    payload: { resourceType: 'Patient', identifier: [{ type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] }, value: 'E001' }] }
  })
  const [first, second] = [await post(), await post()]
  t.same([first.statusCode, second.statusCode, second.headers['idempotency-replayed'], second.headers['etag']], [201, 200, undefined, 'W/"1"'])
  t.match(second.headers['content-type'], /^application\/fhir\+json/)
})
