import t from 'tap'
import { usualAccessLimits } from '../../../adapters/http/access/access-routes.ts'
import { aHospital } from './a-hospital.ts'
import { caller, type Answer } from './a-phone.ts'
import { as, aServer, type AServer } from './a-server.ts'

type Form = Readonly<Record<string, string>> | string

function tokenEndpoint ({ server }: Pick<AServer, 'server'>, path = '/oauth/token') {
  return async (form: Form, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const payload = typeof form === 'string' ? form : new URLSearchParams(form).toString()
    const answer = await server.inject({ method: 'POST', url: path, payload, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } })
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() }
  }
}

const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}` })

t.test('a client that an administrator registered', async (t) => {
  const hospital = await aServer(t)
  await aHospital(hospital.store)
  const call = caller(hospital)
  const token = tokenEndpoint(hospital)
  const administrator = await hospital.tokenOf('administrator')
  const registered = await call('POST', '/v1/ops/clients', administrator, { name: 'App of the east', role: 'integrator', organizationId: 'east', scopes: ['system/*.read', 'charge.read'], speaksFor: 'app' })
  const { clientId, clientSecret } = registered.body
  const credentials = { client_id: clientId, client_secret: clientSecret }
  const grant = { grant_type: 'client_credentials' }

  t.test('has its secret shown once, and kept by its hash only', async (t) => {
    t.strictSame([registered.status, registered.headers['cache-control']], [201, 'no-store'])
    t.match(clientSecret, /^yqs_[\w-]{43}$/)
    const list = await call('GET', '/v1/ops/clients', administrator)
    t.notMatch(JSON.stringify(list.body), clientSecret)
    t.match(list.body.items, [{ id: clientId, speaksFor: 'app', organizationId: 'east', revokedAt: null }])
    t.notMatch(JSON.stringify(await hospital.store.inReading(({ clients }) => clients.find(clientId))), clientSecret)
    const unknown = await call('POST', '/v1/ops/clients', administrator, { name: 'App', role: 'integrator', scopes: ['charge.read', 'everything'], speaksFor: 'app' })
    t.strictSame([unknown.status, unknown.body.place], [422, 'scopes[1]'])
  })

  t.test('gets tokens of an hour by Basic or in the body, as RFC 6749 says', async (t) => {
    for (const answer of [await token(grant, basic(clientId, clientSecret)), await token({ ...grant, ...credentials })]) {
      t.strictSame([answer.status, answer.headers['cache-control'], answer.headers['pragma']], [200, 'no-store', 'no-cache'])
      t.match(answer.body, { token_type: 'Bearer', expires_in: 3600, scope: 'system/*.read charge.read' })
    }
    const narrowed = await token({ ...grant, ...credentials, scope: 'charge.read' })
    t.strictSame((await call('GET', '/v1/me', narrowed.body.access_token)).body, { role: 'integrator', personId: null, organizationId: 'east', wards: [], scopes: ['charge.read'] })
    t.equal((await call('GET', '/v1/charges?visit=visit-of-east-anna', narrowed.body.access_token)).status, 200)
    t.equal((await call('GET', '/v1/hospitals', narrowed.body.access_token)).status, 403, 'the role may, the scopes do not')
    t.equal((await call('GET', '/v1/visits', (await token({ ...grant, ...credentials })).body.access_token)).status, 403, 'the scopes cannot give what the role has not')
  })

  t.test('is refused in the words of RFC 6749', async (t) => {
    const cases: ReadonlyArray<readonly [what: string, form: Form, headers: Readonly<Record<string, string>>, status: number, error: string]> = [
      ['a wrong secret', { ...grant, client_id: clientId, client_secret: 'wrong' }, {}, 401, 'invalid_client'],
      ['an unknown client', { ...grant, client_id: 'nobody', client_secret: clientSecret }, {}, 401, 'invalid_client'],
      ['no credentials', grant, {}, 401, 'invalid_client'],
      ['credentials in both places', { ...grant, ...credentials }, basic(clientId, clientSecret), 400, 'invalid_request'],
      ['another grant', { grant_type: 'password', ...credentials }, {}, 400, 'unsupported_grant_type'],
      ['no grant', credentials, {}, 400, 'invalid_request'],
      ['a scope too much', { ...grant, ...credentials, scope: 'system/*.write' }, {}, 400, 'invalid_scope'],
      ['a parameter twice', `grant_type=client_credentials&grant_type=client_credentials&client_id=${String(clientId)}`, {}, 400, 'invalid_request'],
      ['JSON', '{}', { 'content-type': 'application/json' }, 400, 'invalid_request']
    ]
    for (const [what, form, headers, status, error] of cases) {
      const answer = await token(form, headers)
      t.strictSame([answer.status, answer.body.error], [status, error], what)
    }
    t.equal((await token(grant)).headers['www-authenticate'], 'Basic realm="yiqiao"')
  })

  t.test('ends a token of its own, and never learns of others (RFC 7009)', async (t) => {
    const revoke = tokenEndpoint(hospital, '/oauth/revoke')
    const { access_token: own } = (await token({ ...grant, ...credentials })).body
    t.equal((await revoke({ token: own, ...credentials })).status, 200)
    t.equal((await call('GET', '/v1/me', own)).status, 401)
    t.equal((await revoke({ token: administrator, ...credentials })).status, 200)
    t.equal((await call('GET', '/v1/me', administrator)).status, 200, 'another\'s token stands')
    t.equal((await revoke({ token: own, client_id: clientId, client_secret: 'wrong' })).status, 401)
  })

  t.test('whose secret is rotated → may use both for a while; revoked → none, and its tokens end', async (t) => {
    const rotated = await call('POST', `/v1/ops/clients/${String(clientId)}/rotate`, administrator, undefined, { 'idempotency-key': 'k1' })
    t.notOk(rotated.headers['idempotency-replayed'])
    const next = await call('POST', `/v1/ops/clients/${String(clientId)}/rotate`, administrator, undefined, { 'idempotency-key': 'k1' })
    t.not(next.body.clientSecret, rotated.body.clientSecret, 'no key keeps a secret')
    const standing = await token({ ...grant, client_id: clientId, client_secret: rotated.body.clientSecret })
    t.equal(standing.status, 200)
    t.equal((await token({ ...grant, client_id: clientId, client_secret: next.body.clientSecret })).status, 200)
    t.equal((await token({ ...grant, ...credentials })).status, 401, 'the one before both')
    t.ok((await call('POST', `/v1/ops/clients/${String(clientId)}/revoke`, administrator)).body.revokedAt)
    t.equal((await call('GET', '/v1/me', standing.body.access_token)).status, 401)
    t.equal((await token({ ...grant, client_id: clientId, client_secret: next.body.clientSecret })).status, 401)
  })

  t.test('stands in the audit: who registered, rotated and revoked it, and that it took tokens', async (t) => {
    await hospital.server.close()
    const rows = await hospital.store.inReading(({ audit }) => audit.list({}, { limit: 100, before: null }))
    const of = (role: string | null, action: string) => rows.filter((row) => row.target === 'client' && row.targetId === clientId && row.role === role && row.action === action).length
    t.ok(of('administrator', 'write') >= 3)
    t.ok(of(null, 'operate') >= 3)
    t.notMatch(JSON.stringify(rows), clientSecret)
    t.notMatch(hospital.logged.join(''), clientSecret)
  })
})

t.test('what a SMART client looks up → is what there is', async (t) => {
  const hospital = await aServer(t)
  const { body } = await caller(hospital)('GET', '/.well-known/smart-configuration')
  t.match(body, { token_endpoint: /\/oauth\/token$/, revocation_endpoint: /\/oauth\/revoke$/, grant_types_supported: ['client_credentials'], token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'] })
  t.ok(body.scopes_supported.includes('system/*.read'))
  t.equal(body.authorization_endpoint, undefined, 'there is no launch')
})

t.test('who asks too often → waits as long as Retry-After says', async (t) => {
  t.ok(usualAccessLimits.tokensPerMinuteOfClient <= 60)
  const hospital = await aServer(t, undefined, {}, { ...usualAccessLimits, tokensPerMinuteOfClient: 2, codesPerHourOfAddress: 2 })
  const token = tokenEndpoint(hospital)
  const ask = (id: string) => token({ grant_type: 'client_credentials', client_id: id, client_secret: 'wrong' })
  t.strictSame([(await ask('c1')).status, (await ask('c1')).status, (await ask('c2')).status], [401, 401, 401])
  const third = await ask('c1')
  t.strictSame([third.status, third.body.error, Number(third.headers['retry-after']) > 0], [429, 'temporarily_unavailable', true])
  const codes = []
  for (const tail of [1, 2, 3]) codes.push(await caller(hospital)('POST', '/v1/sms-codes', undefined, { phone: `000-0000-000${tail}`, purpose: 'login' }))
  t.strictSame(codes.map(({ status }) => status), [202, 202, 429], 'from one address, to whatever number')
  t.ok(Number(codes[2]?.headers['retry-after']) > 0)
  t.equal((await hospital.server.inject({ url: '/v1/me', headers: as(await hospital.tokenOf('operator')) })).statusCode, 200)
})
