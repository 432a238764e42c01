import t from 'tap'
import { roles, type Role } from '../../../core/access/index.ts'
import { aHospital, aMessage, personalWords } from './a-hospital.ts'
import { as, aServer, hash, tokensOfAllRoles } from './a-server.ts'

const everybody: readonly Role[] = roles
const technical: readonly Role[] = ['operator', 'administrator']
const own: readonly Role[] = ['patient', 'guardian']
const staff: readonly Role[] = ['doctor', 'pharmacist', 'desk', 'hospital']
const directory = everybody.filter((role) => !['terminal', 'bureau'].includes(role))
const accounts: readonly Role[] = [...own, ...technical, 'desk', 'hospital', 'finance', 'auditor']

interface Expected {
  readonly roles: readonly Role[] | 'public'
  readonly url?: string
  readonly body?: unknown
  /** What whoever may is answered; 200 unless given. */
  readonly status?: number
  /** The same with a stranger's object; who is limited to own records or one hospital gets 404. */
  readonly foreign?: string
}

/** Every operation, with who may use it. An operation that is not here fails the first test. */
const matrix: Readonly<Record<string, Expected>> = {
  'get /health': { roles: 'public' },
  'get /ready': { roles: 'public' },
  'get /metrics': { roles: 'public' },
  'get /version': { roles: 'public' },
  'get /.well-known/smart-configuration': { roles: 'public' },
  'get /v1/me': { roles: everybody },
  'post /oauth/token': { roles: 'public', status: 400 },
  'post /oauth/revoke': { roles: 'public', status: 400 },
  'post /v1/sms-codes': { roles: 'public', body: { phone: '000-0000-0001', purpose: 'login' }, status: 202 },
  'post /v1/sessions': { roles: 'public', body: { phone: '000-0000-0001', code: '000000' }, status: 422 },
  'post /v1/sessions/refresh': { roles: 'public', body: { refreshToken: 'yqr_nobody-ever-issued-this-token' }, status: 401 },
  'delete /v1/sessions/current': { roles: everybody, status: 404 },
  'get /v1/me/profile': { roles: own },
  'patch /v1/me/profile': { roles: own, body: { phones: ['000-0000-0001'] }, status: 412 },
  'post /v1/me/bindings': { roles: own, body: { documentNumber: 'card-of-anna', name: 'Musterfrau' }, status: 404 },
  'get /v1/me/wards': { roles: own },
  'post /v1/me/wards': { roles: own, body: { documentNumber: 'card-of-anna', name: 'Musterfrau', relation: 'mother' }, status: 202 },
  'post /v1/me/wards/{id}/confirm': { roles: own, url: '/v1/me/wards/nobody/confirm', body: { code: '000000' }, status: 404 },
  'delete /v1/me/wards/{id}': { roles: own, url: '/v1/me/wards/nobody', status: 404 },
  'get /v1/patients/{id}/profile': { roles: own, url: '/v1/patients/east-anna/profile', foreign: '/v1/patients/west-berta/profile' },
  'patch /v1/patients/{id}/profile': { roles: own, url: '/v1/patients/east-anna/profile', body: { phones: ['000-0000-0001'] }, status: 412, foreign: '/v1/patients/west-berta/profile' },
  'post /v1/patients/{id}/bindings': { roles: ['desk'], url: '/v1/patients/east-anna/bindings', body: { phone: '000-0000-0001', code: '000000' }, status: 422, foreign: '/v1/patients/west-berta/bindings' },
  'get /v1/patients/{id}/guardians': { roles: ['desk'], url: '/v1/patients/east-anna/guardians', foreign: '/v1/patients/west-berta/guardians' },
  'post /v1/patients/{id}/guardians': { roles: ['desk'], url: '/v1/patients/east-anna/guardians', body: { guardianId: 'east-mother', relation: 'mother', basis: 'appointed' }, status: 201, foreign: '/v1/patients/west-berta/guardians' },
  'delete /v1/patients/{id}/guardians/{guardianshipId}': { roles: ['desk'], url: '/v1/patients/east-anna/guardians/nobody', status: 404, foreign: '/v1/patients/west-berta/guardians/guardianship-1' },
  'get /v1/ops/clients': { roles: ['administrator'] },
  'post /v1/ops/clients': { roles: ['administrator'], body: { name: 'App', role: 'integrator', scopes: ['system/*.read'], speaksFor: 'app' }, status: 201 },
  'post /v1/ops/clients/{id}/rotate': { roles: ['administrator'], url: '/v1/ops/clients/nobody/rotate', status: 404 },
  'post /v1/ops/clients/{id}/revoke': { roles: ['administrator'], url: '/v1/ops/clients/nobody/revoke', status: 404 },
  'get /v1/wechat/authorize-url': { roles: 'public', status: 404 },
  'post /v1/wechat/sessions': { roles: 'public', body: { code: 'a-code', state: 'a-state-that-nobody-issued' }, status: 404 },
  'post /v1/wechat/scene-qr': { roles: ['terminal', 'desk', 'integrator'], body: { purpose: 'register' }, status: 404 },
  'get /v1/wechat/scene-qr/{scene}': { roles: ['terminal', 'desk', 'integrator'], url: '/v1/wechat/scene-qr/nobody', status: 404 },
  'get /v1/wechat/callback': { roles: 'public', url: `/v1/wechat/callback?signature=${'0'.repeat(40)}&timestamp=1&nonce=1&echostr=1`, status: 404 },
  'post /v1/wechat/callback': { roles: 'public', url: `/v1/wechat/callback?signature=${'0'.repeat(40)}&timestamp=1&nonce=1`, body: '<xml></xml>', status: 404 },
  'get /v1/hospitals': { roles: directory },
  'get /v1/practitioners': { roles: directory },
  'get /v1/patients': { roles: [...own, ...staff, ...technical] },
  'get /v1/patients/{id}': { roles: [...own, ...staff, ...technical], url: '/v1/patients/east-anna', foreign: '/v1/patients/west-berta' },
  'get /v1/patients/{id}/identifiers': { roles: [...own, ...staff, ...technical], url: '/v1/patients/east-anna/identifiers', foreign: '/v1/patients/west-berta/identifiers' },
  'post /v1/patients/{id}/merge': { roles: technical, url: '/v1/patients/west-anna/merge', body: { into: 'east-anna' } },
  'post /v1/patients/{id}/unmerge': { roles: technical, url: '/v1/patients/west-anna/unmerge', body: { into: 'east-anna' } },
  'get /v1/patients/{id}/owed': { roles: accounts, url: '/v1/patients/east-anna/owed', foreign: '/v1/patients/west-berta/owed' },
  'get /v1/visits': { roles: [...own, ...staff, ...technical], url: '/v1/visits?patient=east-anna', foreign: '/v1/visits?patient=west-berta' },
  'get /v1/visits/{id}': { roles: [...own, ...staff, ...technical], url: '/v1/visits/visit-of-east-anna', foreign: '/v1/visits/visit-of-west-berta' },
  'get /v1/charges': { roles: [...accounts, 'integrator'], url: '/v1/charges?visit=visit-of-east-anna', foreign: '/v1/charges?visit=visit-of-west-berta' },
  'get /v1/ledger/statement': { roles: accounts, url: '/v1/ledger/statement?patient=east-anna', foreign: '/v1/ledger/statement?patient=west-berta' },
  'get /v1/ledger/trial-balance': { roles: ['hospital', 'finance', 'auditor', 'administrator'] },
  'get /v1/ops/status': { roles: technical },
  'get /v1/ops/sources': { roles: technical },
  'get /v1/ops/mappings': { roles: technical },
  'get /v1/ops/mappings/{site}': { roles: technical, url: '/v1/ops/mappings/east' },
  'get /v1/ops/mappings/{site}/code-tables/{table}': { roles: technical, url: '/v1/ops/mappings/east/code-tables/sex' },
  'post /v1/ops/mappings/{site}/try': { roles: [...technical, 'integrator'], url: '/v1/ops/mappings/east/try', body: { inputData: 'MSH|^~\\&|HIS', inputDataType: 'Hl7v2' } },
  'get /v1/ops/unmapped-codes': { roles: technical },
  'post /v1/ops/unmapped-codes/{id}/resolve': { roles: technical, url: '/v1/ops/unmapped-codes/1/resolve', body: { code: 'female' } },
  'post /v1/ops/unmapped-codes/{id}/revoke': { roles: technical, url: '/v1/ops/unmapped-codes/1/revoke', body: {} },
  'get /v1/ops/alerts': { roles: technical },
  'get /v1/ops/jobs': { roles: technical },
  'get /v1/ops/jobs/{name}/runs': { roles: technical, url: '/v1/ops/jobs/prune-inbox/runs' },
  'post /v1/ops/jobs/{name}/run': { roles: technical, url: '/v1/ops/jobs/prune-inbox/run', body: {} },
  'get /v1/ops/messages': { roles: technical },
  'get /v1/ops/messages/{id}': { roles: technical, url: '/v1/ops/messages/m1' },
  'post /v1/ops/messages/replay': { roles: technical, body: { filter: { source: 'east' } } },
  'post /v1/ops/messages/{id}/replay': { roles: technical, url: '/v1/ops/messages/m2/replay', body: {} },
  'post /v1/ops/messages/{id}/fix': { roles: technical, url: '/v1/ops/messages/m2/fix', body: { text: 'MSH|^~\\&|HIS' } },
  'post /v1/ops/messages/{id}/skip': { roles: technical, url: '/v1/ops/messages/m2/skip', body: { reason: 'sent by mistake' } },
  'post /v1/ops/messages/search': { roles: technical, body: { visit: 'V1' } },
  'get /v1/ops/messages/{id}/details': { roles: technical, url: '/v1/ops/messages/m1/details' },
  'get /v1/ops/sources/{name}/views': { roles: technical, url: '/v1/ops/sources/south/views' },
  'get /v1/ops/sources/{name}/views/{view}/vanished': { roles: technical, url: '/v1/ops/sources/south/views/charges/vanished' },
  'get /v1/ops/queues': { roles: technical },
  'post /v1/ops/queues/{queue}/pause': { roles: technical, url: '/v1/ops/queues/inbox/pause', body: { reason: 'the HIS is being updated' } },
  'post /v1/ops/queues/{queue}/resume': { roles: technical, url: '/v1/ops/queues/inbox/resume', body: {} },
  'get /v1/ops/destinations': { roles: technical },
  'get /v1/ops/destinations/{name}/messages': { roles: technical, url: '/v1/ops/destinations/east/messages' },
  'get /v1/ops/destinations/{name}/messages/{id}': { roles: technical, url: '/v1/ops/destinations/east/messages/o1' },
  'post /v1/ops/destinations/{name}/messages/{id}/resend': { roles: technical, url: '/v1/ops/destinations/east/messages/o1/resend', body: {} },
  'post /v1/ops/destinations/{name}/messages/{id}/skip': { roles: technical, url: '/v1/ops/destinations/east/messages/o1/skip', body: { reason: 'told by telephone' } },
  'post /v1/ops/destinations/{name}/pause': { roles: technical, url: '/v1/ops/destinations/east/pause', body: { reason: 'the HIS is being updated' } },
  'post /v1/ops/destinations/{name}/resume': { roles: technical, url: '/v1/ops/destinations/east/resume', body: {} },
  'get /v1/ops/dead-letters': { roles: technical },
  'get /v1/ops/audit': { roles: ['auditor', 'administrator'] },
  'get /demo/clock': { roles: everybody },
  'post /demo/clock': { roles: technical, body: { advance: 'P1D' } },
  'get /demo/simulators/{name}': { roles: technical, url: '/demo/simulators/sms' },
  'post /demo/simulators/{name}': { roles: technical, url: '/demo/simulators/sms', body: { act: 'down' } }
}

const methodOf = (operation: string): 'GET' | 'POST' | 'PATCH' | 'DELETE' => (operation.split(' ')[0] ?? '').toUpperCase() as 'GET' | 'POST' | 'PATCH' | 'DELETE'
const urlOf = (operation: string): string => matrix[operation]?.url ?? operation.split(' ')[1] ?? ''

interface Operation { readonly 'x-requirements': unknown, readonly 'x-access': string, readonly responses: { readonly default: { readonly content: Readonly<Record<string, unknown>> } } }
interface Page { readonly items: ReadonlyArray<{ readonly id: string }>, readonly next: string | null }

t.test('the operations of the server', async (t) => {
  const { server } = await aServer(t)
  const openapi = (await server.inject('/docs/json')).json()
  const operations = Object.entries<Record<string, Operation>>(openapi.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })))

  t.strictSame(operations.map(({ name }) => name).sort(), Object.keys(matrix).sort(), 'each stands in the matrix of roles, and none besides')
  t.match(openapi.openapi, /^3\.1\./)
  for (const { name, operation } of operations) {
    t.ok(Array.isArray(operation['x-requirements']), `${name} names its requirements`)
    t.ok(operation.responses.default.content['application/problem+json'], `${name} says how it refuses`)
    t.equal(operation['x-access'] === 'public', matrix[name]?.roles === 'public', `${name} says whether it is public`)
  }
})

t.test('a new route under /v1 that names no access, or hides from /docs → stops the server from being built', async (t) => {
  const { server } = await aServer(t)
  t.throws(() => server.get('/v1/forgotten', async () => ''), /names its access/)
  t.throws(() => server.get('/v1/hidden', { config: { access: 'public' }, schema: { hide: true } }, async () => ''), /names its access/)
})

t.test('every role on every operation', async (t) => {
  const hospital = await aServer(t)
  const { server } = hospital
  await aHospital(hospital.store)
  const tokens = await tokensOfAllRoles(hospital)

  const call = async (operation: string, url: string, token: string | null): Promise<number> => {
    const body = matrix[operation]?.body
    const answer = await server.inject({ method: methodOf(operation), url, headers: { 'if-match': '"another"', ...(typeof body === 'string' ? { 'content-type': 'text/xml' } : {}), ...(token === null ? {} : as(token)) }, ...(body === undefined ? {} : { payload: body as object }) })
    return answer.statusCode
  }

  for (const [operation, expected] of Object.entries(matrix)) {
    const url = urlOf(operation)
    if (expected.roles === 'public') {
      t.equal(await call(operation, url, null), expected.status ?? 200, `${operation} is open`)
      continue
    }
    t.equal(await call(operation, url, null), 401, `${operation} asks for a token`)
    t.equal(await call(operation, url, 'yq_nobody-ever-issued-this-token'), 401, `${operation} refuses an unknown token`)
    const statuses: Record<string, number> = {}
    for (const role of roles) statuses[role] = await call(operation, url, tokens[role])
    t.strictSame(statuses, Object.fromEntries(roles.map((role) => [role, expected.roles.includes(role) ? expected.status ?? 200 : 403])), operation)
    if (expected.foreign === undefined) continue
    const unlimited: readonly Role[] = ['operator', 'administrator', 'auditor']
    const foreign: Record<string, number> = {}
    for (const role of roles) foreign[role] = await call(operation, expected.foreign, tokens[role])
    t.strictSame(foreign, Object.fromEntries(roles.map((role) => [role, !expected.roles.includes(role) ? 403 : unlimited.includes(role) ? 200 : 404])), `${operation} on a stranger`)
  }
})

t.test('what each caller finds', async (t) => {
  const hospital = await aServer(t)
  const { server, tokenOf } = hospital
  await aHospital(hospital.store)
  const get = async (url: string, token: string) => (await server.inject({ url, headers: as(token) })).json()
  const idsOf = (answer: Page): string[] => answer.items.map(({ id }) => id).sort()

  t.test('a patient who is known to two hospitals → finds both records, whichever one the token names', async (t) => {
    for (const personId of ['east-anna', 'west-anna']) {
      const token = await tokenOf('patient', { personId })
      t.strictSame(idsOf(await get('/v1/patients', token)), ['east-anna', 'west-anna'])
      t.strictSame(idsOf(await get('/v1/visits', token)), ['visit-of-east-anna', 'visit-of-west-anna'])
      t.strictSame(idsOf(await get('/v1/charges?patient=west-anna', token)), ['charge-1', 'charge-2'])
      t.equal((await get('/v1/patients/west-anna/owed', token)).amountFen, 13050)
    }
  })

  t.test('a guardian → reads the ward and is told so by /v1/me', async (t) => {
    const token = await tokenOf('guardian', { personId: 'east-mother' })
    t.strictSame(await get('/v1/me', token), { role: 'guardian', personId: 'east-mother', organizationId: null, wards: ['east-anna'], scopes: null })
    t.strictSame(idsOf(await get('/v1/patients', token)), ['east-anna', 'east-mother', 'west-anna'])
    t.strictSame(idsOf(await get('/v1/patients?identifier=urn:yiqiao:hospital:west:MR|number-of-anna', token)), ['west-anna'])
  })

  t.test('a stranger with the number of a card → finds nobody', async (t) => {
    const token = await tokenOf('patient', { personId: 'west-berta' })
    t.strictSame(await get('/v1/patients?identifier=urn:yiqiao:hospital:east:MR|card-of-anna', token), { items: [], next: null })
  })

  t.test('a token that names no person, or staff without a hospital → finds nothing', async (t) => {
    t.strictSame(idsOf(await get('/v1/patients', await tokenOf('patient'))), [])
    t.equal((await get('/v1/patients', await tokenOf('doctor'))).code, 'ACCESS_DENIED')
  })

  t.test('the desk of one hospital → sees its own record of the person and its own part of the debt', async (t) => {
    const token = await tokenOf('desk', { organizationId: 'east' })
    const patient = await get('/v1/patients/east-anna', token)
    t.strictSame(patient.tied, [{ id: 'east-anna', hospitalId: 'east', active: true }])
    const owed = await get('/v1/patients/east-anna/owed', token)
    t.strictSame({ amountFen: owed.amountFen, patientIds: owed.patientIds }, { amountFen: 12050, patientIds: ['east-anna'] })
  })

  t.test('finance of one hospital → proves its own books; head office proves all', async (t) => {
    const east = await get('/v1/ledger/trial-balance', await tokenOf('finance', { organizationId: 'east' }))
    t.strictSame(east, {
      effectiveUntil: null,
      isProven: true,
      hospitals: [{ hospitalId: 'east', amountFen: 0 }],
      accounts: [{ hospitalId: 'east', account: 'AR:patient:*', amountFen: 12050 }, { hospitalId: 'east', account: 'REV:unsettled', amountFen: -12050 }],
      unbalancedEntries: 0,
      wrongBalances: 0
    })
    const all = await get('/v1/ledger/trial-balance', await tokenOf('finance', { organizationId: null }))
    t.strictSame(all.hospitals, [{ hospitalId: 'east', amountFen: 0 }, { hospitalId: 'west', amountFen: 0 }])
    t.strictSame(all.accounts.find((line: { hospitalId: string, account: string }) => line.hospitalId === 'west' && line.account === 'AR:patient:*').amountFen, 1700)
  })

  t.test('a token that was revoked → is refused from then on', async (t) => {
    const token = await tokenOf('operator')
    await hospital.store.inTransaction(async ({ tokens }) => {
      const stood = await tokens.byHash(hash(token))
      await tokens.revoke(stood?.tokenId ?? '', new Date('2027-03-01T08:00:00Z'))
    })
    const answer = await server.inject({ url: '/v1/me', headers: as(token) })
    t.strictSame([answer.statusCode, answer.headers['www-authenticate']], [401, 'Bearer realm="yiqiao"'])
  })
})

t.test('the audit', async (t) => {
  const hospital = await aServer(t)
  const { server, store, tokenOf } = hospital
  await aHospital(store)
  const anna = await tokenOf('patient', { personId: 'east-anna' })
  const operator = await tokenOf('operator')
  await server.inject({ url: '/v1/patients/east-anna', headers: as(anna) })
  await server.inject({ url: '/v1/patients/west-berta', headers: as(anna) })
  await server.inject({ url: '/v1/ops/messages', headers: as(anna) })
  await server.inject({ url: '/v1/visits', headers: as(anna) })
  await server.inject({ url: '/v1/me', headers: as('yq_nobody-ever-issued-this-token') })
  await server.inject({ method: 'POST', url: '/v1/patients/west-anna/merge', headers: as(operator), payload: { into: 'east-anna' } })
  await server.close()

  const rows = await store.inReading(async ({ audit }) => await audit.list({}, { limit: 50, before: null }))
  t.strictSame(rows.map(({ role, personId, action, target, targetId, patientId, outcome }) => [role, personId, action, target, targetId, patientId, outcome].join(' ')).reverse(), [
    'patient east-anna read patient east-anna east-anna allowed',
    'patient east-anna read patient west-berta west-berta refused',
    'patient east-anna read /v1/ops/messages   refused',
    'patient east-anna search visit  east-anna allowed',
    'patient east-anna search visit  west-anna allowed',
    '  read /v1/me   refused',
    'operator  write patient west-anna west-anna allowed',
    'operator  write patient east-anna east-anna allowed',
    'operator  write patient west-anna west-anna allowed'
  ], 'holds every read, write and refusal, by ids, once the server has closed')
  t.ok(rows.every(({ requestId, tokenId, role }) => requestId !== '' && (tokenId === null) === (role === null)))
})

t.test('the audit of one patient → is read page by page without loss, though many events share an instant', async (t) => {
  const hospital = await aServer(t)
  const { server, store, tokenOf } = hospital
  await store.inTransaction(async ({ audit }) => {
    for (const [second, count] of [[1, 2], [2, 5], [3, 1]] as const) {
      await audit.append(Array.from({ length: count }, (_, index) => ({ id: `e${second}-${index}`, at: new Date(1_700_000_000_000 + second * 1000), tokenId: 'token-1', role: 'doctor' as const, personId: null, action: 'read' as const, target: 'patient', targetId: 'east-anna', patientId: 'east-anna', outcome: 'allowed' as const, requestId: 'r' })))
    }
  })
  const auditor = await tokenOf('auditor')
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const answer: Page = (await server.inject({ url: `/v1/ops/audit?patient=east-anna&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`, headers: as(auditor) })).json()
    seen.push(...answer.items.map(({ id }) => id))
    cursor = answer.next
  } while (cursor !== null)
  t.strictSame(seen.sort(), ['e1-0', 'e1-1', 'e2-0', 'e2-1', 'e2-2', 'e2-3', 'e2-4', 'e3-0'])
})

t.test('the log of a day of requests → holds no personal data and no address', async (t) => {
  const hospital = await aServer(t, (deps) => ({ ...deps, v1: { ...deps.v1, fixMessage: async () => { throw new Error('insert into patients values (Musterfrau, card-of-anna)') } } }))
  const { server, logged, tokenOf } = hospital
  await aHospital(hospital.store)
  await hospital.store.inTransaction(async ({ inbox }) => { await inbox.receive([aMessage('m3')]) })
  const operator = await tokenOf('operator')
  const anna = await tokenOf('patient', { personId: 'east-anna' })
  for (const url of ['/v1/patients?identifier=urn:yiqiao:hospital:east:MR|card-of-anna', '/v1/patients/east-anna', '/v1/patients/Musterfrau', '/v1/nothing/card-of-anna', '/v1/ops/messages/m1']) {
    for (const token of [operator, anna]) await server.inject({ url, headers: as(token) })
  }
  const failed = await server.inject({ method: 'POST', url: '/v1/ops/messages/m3/fix', headers: as(operator), payload: { text: 'PID|Musterfrau' } })
  t.equal(failed.statusCode, 500)
  t.notMatch(failed.body, /Musterfrau/, 'nor does the answer to a failure')
  server.log.info({ patient: { name: 'Musterfrau' }, event: { telecom: 'card-of-anna', residentId: 'number-of-anna' } }, 'a careless line')

  const log = logged.join('')
  t.ok(logged.length > 10)
  t.match(log, /"err":\{"type":"Error"/, 'a failure is logged with its place')
  for (const word of [...personalWords, 'identifier=', operator, anna]) t.notOk(log.includes(word), `without ${word.slice(0, 12)}`)
  t.match(logged.find((line) => line.includes('/v1/patients/:id'))?.slice(0, 400), /"route":"\/v1\/patients\/:id","status":200/)
  t.notMatch((await server.inject('/metrics')).body, /Musterfrau|card-of-anna|east-anna/)
})
