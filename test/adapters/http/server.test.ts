import t from 'tap'
import { addDuration } from '../../../adapters/http/add-duration.ts'
import { openAuditTrail } from '../../../adapters/http/audit-trail.ts'
import { instantIn, usualLimits } from '../../../adapters/http/index.ts'
import { offsetIn } from '../../../adapters/http/wire.ts'
import type { AuditEvent } from '../../../core/access/index.ts'
import { catalogue, DomainError, type ErrorCode } from '../../../core/errors.ts'
import { aHospital } from './a-hospital.ts'
import { as, aServer, businessNow } from './a-server.ts'

interface Page { readonly items: ReadonlyArray<{ readonly id: string }>, readonly next: string | null }

const merge = (token: string, headers: Record<string, string> = {}, into = 'west-anna') =>
  ({ method: 'POST', url: '/v1/patients/east-anna/merge', headers: { ...as(token), ...headers }, payload: { into } }) as const

t.test('a refusal of the core → becomes a problem by its kind', async (t) => {
  let code: ErrorCode = 'REQUEST_INVALID'
  const { server, store, tokenOf } = await aServer(t, (deps) => ({ ...deps, v1: { ...deps.v1, mergePatients: async () => { throw new DomainError(code, 'Do something else.', 'into') } } }))
  await aHospital(store)
  const operator = await tokenOf('operator')
  const statuses: Record<string, number> = {}
  for (code of Object.keys(catalogue) as ErrorCode[]) {
    const answer = await server.inject(merge(operator))
    statuses[code === 'ACCESS_UNAUTHENTICATED' ? code : catalogue[code]] = answer.statusCode
    t.strictSame([answer.json().code, answer.json().status, answer.headers['content-type']], [code, answer.statusCode, 'application/problem+json; charset=utf-8'])
  }
  t.strictSame(statuses, { invalid: 422, not_found: 404, conflict: 409, forbidden: 403, unavailable: 503, ACCESS_UNAUTHENTICATED: 401 })

  code = 'PATIENT_MERGE_WITH_ITSELF'
  const answer = await server.inject(merge(operator))
  t.strictSame(answer.json(), {
    type: 'urn:yiqiao:error:PATIENT_MERGE_WITH_ITSELF',
    title: 'Patient merge with itself',
    status: 422,
    detail: 'Do something else.',
    code: 'PATIENT_MERGE_WITH_ITSELF',
    requestId: answer.headers['x-request-id'],
    place: 'into'
  })
})

t.test('what HTTP itself refuses → is a problem too', async (t) => {
  const { server, store, tokenOf } = await aServer(t, (deps) => ({ ...deps, limits: { ...usualLimits, bodyBytes: 1000, requestsPerMinute: 12, guessesPerMinute: 3 } }))
  await aHospital(store)
  const operator = as(await tokenOf('operator'))
  const problems = [
    await server.inject({ method: 'POST', url: '/v1/patients/east-anna/merge', headers: { ...operator, 'content-type': 'application/json' }, payload: '{"into":' }),
    await server.inject({ method: 'POST', url: '/v1/patients/east-anna/merge', headers: operator, payload: {} }),
    await server.inject({ method: 'POST', url: '/v1/patients/east-anna/merge', headers: operator, payload: { into: 'x', nickname: 'y' } }),
    await server.inject({ url: '/v1/visits?misspelt=1', headers: as(await tokenOf('doctor', { organizationId: 'east' })) }),
    await server.inject({ url: '/v1/patients?limit=100000', headers: operator }),
    await server.inject({ method: 'POST', url: '/v1/patients/east-anna/merge', headers: operator, payload: { into: 'x'.repeat(2000) } }),
    await server.inject({ method: 'POST', url: '/v1/patients/east-anna/merge', headers: { ...operator, 'content-type': 'text/xml' }, payload: '<a/>' }),
    await server.inject({ url: '/v1/patients?cursor=bm90LWEtbnVtYmVy', headers: operator }),
    await server.inject({ method: 'POST', url: '/v1/patients/east-anna/merge', headers: { ...operator, 'idempotency-key': ' ' }, payload: { into: 'west-anna' } }),
    await server.inject({ url: '/v1/patients/%E0%A4%A' }),
    await server.inject({ url: '/v1/nothing' })
  ]
  t.strictSame(problems.map((answer) => `${answer.statusCode} ${answer.json().code}`), [
    '400 REQUEST_MALFORMED', '400 REQUEST_MALFORMED', '400 REQUEST_MALFORMED', '400 REQUEST_MALFORMED', '400 REQUEST_MALFORMED',
    '413 BODY_TOO_LARGE', '415 MEDIA_TYPE_UNSUPPORTED', '422 REQUEST_INVALID', '400 REQUEST_MALFORMED', '400 REQUEST_MALFORMED', '404 ROUTE_NOT_FOUND'
  ])
  t.ok(problems.every((answer) => answer.headers['content-type'] === 'application/problem+json; charset=utf-8'))

  t.test('an address that asks for nothing at all again and again → has to wait', async (t) => {
    const answers = []
    for (let count = 0; count < 4; count += 1) answers.push(await server.inject({ url: '/v1/nothing-else', remoteAddress: '192.0.2.1' }))
    t.strictSame(answers.map((answer) => answer.statusCode), [404, 404, 404, 429])
    t.match(answers.at(-1)?.headers, { 'retry-after': /^\d+$/, 'content-type': 'application/problem+json; charset=utf-8' })
  })

  t.test('an address that guesses tokens → has to wait', async (t) => {
    const statuses = []
    for (let count = 0; count < 4; count += 1) statuses.push((await server.inject({ url: '/v1/me', remoteAddress: '192.0.2.2', headers: as(`yq_guess-number-${count}-of-a-token`) })).statusCode)
    t.strictSame(statuses, [401, 401, 401, 429])
  })

  t.test('one token that asks too much → has to wait, another does not', async (t) => {
    const [busy, calm] = [await tokenOf('operator'), await tokenOf('operator')]
    const statuses = []
    for (let count = 0; count < 13; count += 1) statuses.push((await server.inject({ url: '/v1/me', headers: as(busy) })).statusCode)
    t.strictSame(statuses, [...Array<number>(12).fill(200), 429])
    t.equal((await server.inject({ url: '/v1/me', headers: as(calm) })).statusCode, 200)
  })
})

t.test('a POST with an Idempotency-Key', async (t) => {
  let release: () => void = () => {}
  const gate = new Promise<void>((resolve) => { release = resolve })
  let fails = false
  const { server, store, tokenOf, asked } = await aServer(t, (deps) => ({
    ...deps,
    v1: {
      ...deps.v1,
      mergePatients: async (command) => {
        if (fails) throw new DomainError('STORE_UNAVAILABLE', 'Repeat later.')
        if (command.toId === 'west-berta') await gate
        await deps.v1.mergePatients(command)
      }
    }
  }))
  await aHospital(store)
  const operator = await tokenOf('operator')

  t.test('sent twice → is done once and answered alike', async (t) => {
    const first = await server.inject(merge(operator, { 'idempotency-key': 'k1' }))
    const second = await server.inject(merge(operator, { 'idempotency-key': 'k1' }))
    t.strictSame([first.statusCode, second.statusCode, second.body, second.headers['idempotency-replayed'], asked.length], [200, 200, first.body, 'true', 1])
  })

  t.test('sent with another body → is refused', async (t) => {
    const answer = await server.inject(merge(operator, { 'idempotency-key': 'k1' }, 'east-mother'))
    t.strictSame([answer.statusCode, answer.json().code], [422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  t.test('of another caller → is another key', async (t) => {
    await server.inject(merge(await tokenOf('administrator'), { 'idempotency-key': 'k1' }))
    t.equal(asked.length, 2)
  })

  t.test('sent again while the first still runs → is told to wait', async (t) => {
    const running = server.inject(merge(operator, { 'idempotency-key': 'k2' }, 'west-berta')).then((answer) => answer)
    let second = await server.inject(merge(operator, { 'idempotency-key': 'k2' }, 'west-berta'))
    t.strictSame([second.statusCode, second.json().code, second.headers['retry-after']], [409, 'IDEMPOTENCY_KEY_IN_USE', '1'])
    release()
    t.equal((await running).statusCode, 200)
    second = await server.inject(merge(operator, { 'idempotency-key': 'k2' }, 'west-berta'))
    t.equal(second.statusCode, 200)
  })

  t.test('whose request was refused → gets the same refusal; one that failed on our side may be repeated', async (t) => {
    const refused = await server.inject({ ...merge(operator, { 'idempotency-key': 'k3' }), url: '/v1/patients/nobody/merge' })
    const again = await server.inject({ ...merge(operator, { 'idempotency-key': 'k3' }), url: '/v1/patients/nobody/merge' })
    t.strictSame([refused.statusCode, again.statusCode, again.body, again.headers['content-type']], [404, 404, refused.body, 'application/problem+json; charset=utf-8'])
    fails = true
    t.equal((await server.inject(merge(operator, { 'idempotency-key': 'k4' }))).statusCode, 503)
    fails = false
    t.equal((await server.inject(merge(operator, { 'idempotency-key': 'k4' }))).statusCode, 200)
  })
})

t.test('a route that requires an Idempotency-Key → refuses a request without one', async (t) => {
  const { server, tokenOf } = await aServer(t)
  server.post('/pay', { config: { idempotencyKey: 'required' } }, async () => ({ paid: true }))
  const headers = as(await tokenOf('operator'))
  const without = await server.inject({ method: 'POST', url: '/pay', headers, payload: {} })
  const withKey = await server.inject({ method: 'POST', url: '/pay', headers: { ...headers, 'idempotency-key': 'p1' }, payload: {} })
  t.strictSame([without.statusCode, without.json().code, withKey.statusCode], [400, 'IDEMPOTENCY_KEY_REQUIRED', 200])
})

t.test('the state of the server', async (t) => {
  let ready = false
  const { server } = await aServer(t, (deps) => ({ ...deps, demo: null, health: { ...deps.health, parts: async () => [{ name: 'database', ready, reason: ready ? null : 'It does not answer.' }] } }))
  const get = async (url: string) => {
    const answer = await server.inject(url)
    return [answer.statusCode, answer.json()]
  }
  t.strictSame(await get('/health'), [200, { status: 'alive' }])
  t.strictSame(await get('/ready'), [503, { ready: false, parts: [{ name: 'database', ready: false, reason: 'It does not answer.' }] }])
  ready = true
  t.strictSame(await get('/ready'), [200, { ready: true, parts: [{ name: 'database', ready: true, reason: null }] }])
  t.strictSame(await get('/version'), [200, { name: 'yiqiao', version: '0.1.0', commit: null }])
  t.match((await server.inject('/metrics')).body, /yiqiao_http_request_seconds_count\{method="GET",route="\/ready",status="5xx"\} 1/)
  t.equal((await server.inject('/demo/clock')).statusCode, 404, 'outside the demo there is no /demo')
  const docs = await server.inject('/docs')
  t.strictSame([docs.statusCode, docs.headers['content-type']], [200, 'text/html; charset=utf-8'])
  t.match(docs.headers['content-security-policy'], /^default-src 'none';/)
})

t.test('a part that does not answer in time → makes the server not ready, and does not hold up the answer', async (t) => {
  const { server } = await aServer(t, (deps) => ({ ...deps, health: { ...deps.health, partTimeoutMs: 20, parts: async () => await new Promise(() => {}) } }))
  t.equal((await server.inject('/ready')).statusCode, 503)
})

t.test('a message that stands still', async (t) => {
  const { server, store, tokenOf, asked } = await aServer(t)
  await aHospital(store)
  const headers = as(await tokenOf('operator'))
  const get = async (url: string) => (await server.inject({ url, headers })).json()
  const post = async (url: string, payload: object) => (await server.inject({ method: 'POST', url, headers, payload })).json()

  t.strictSame(await get('/v1/ops/dead-letters'), { items: [{ code: 'MESSAGE_TYPE_UNKNOWN', source: 'east', count: 1, oldestAt: '2027-03-01T08:00:00.000+08:00', sampleId: 'm2' }], next: null })
  const found = await get('/v1/ops/messages?status=dead&failureCode=MESSAGE_TYPE_UNKNOWN')
  t.strictSame(found.items.map((message: { id: string, failure: unknown }) => [message.id, message.failure]), [['m2', { code: 'MESSAGE_TYPE_UNKNOWN', detail: 'No table for this type.', place: 'MSH-9' }]])
  t.strictSame((await get('/v1/ops/messages?producedRecord=Patient/east-anna')).items.map(({ id }: { id: string }) => id), ['m1'], 'a patient leads to the messages that made it')
  const whole = await get('/v1/ops/messages/m2')
  t.match(whole.text, /^MSH\|\^~\\&\|HIS\|EAST/)
  t.equal(Buffer.from(whole.base64, 'base64').toString('utf8'), whole.text)

  t.strictSame(await post('/v1/ops/messages/m2/replay', { dryRun: true }), { dryRun: true, items: [{ id: 'm2', replayId: null, failure: null, produced: ['Patient/east-anna'], changes: [{ record: 'Patient/east-anna', elements: ['birthDate'] }] }] })
  t.strictSame(await post('/v1/ops/messages/m2/replay', {}), { dryRun: false, items: [{ id: 'm2', replayId: 'm2-again', failure: null, produced: [], changes: [] }] })
  t.strictSame(await post('/v1/ops/messages/m2/fix', { text: 'MSH|^~\\&|HIS\nPID|1\r\nPV1|1' }), { id: 'm2-fixed', replayOf: 'm2' })
  t.match(asked.at(-1), { fix: 'm2', text: 'MSH|^~\\&|HIS\rPID|1\rPV1|1' }, 'with segments ended as HL7 ends them')
  t.strictSame(await post('/v1/ops/messages/m2/skip', { reason: 'sent by mistake' }), { id: 'm2', status: 'skipped' })
  t.equal((await post('/v1/ops/messages/nothing/skip', { reason: 'x' })).code, 'MESSAGE_NOT_FOUND')
  t.strictSame((await get('/v1/ops/status')).messages, { received: 0, applied: 1, dead: 1, conflict: 0, skipped: 0 })
  t.strictSame((await get('/v1/ops/alerts?open=true')).items.map(({ key }: { key: string }) => key), ['dead-letters:east'])
})

t.test('a list that is longer than a page → is read to its end by its cursors', async (t) => {
  const { server, store, tokenOf } = await aServer(t)
  await aHospital(store)
  const operator = as(await tokenOf('operator'))
  const auditor = as(await tokenOf('auditor'))
  for (const [url, headers, ids] of [
    ['/v1/patients?limit=3', operator, ['east-anna', 'west-anna', 'east-mother', 'west-berta']],
    ['/v1/ops/messages?limit=1', operator, ['m2', 'm1']],
    ['/v1/charges?limit=2', auditor, ['charge-1', 'charge-2', 'charge-3']]
  ] as const) {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const answer: Page = (await server.inject({ url: `${url}${cursor === '' ? '' : `&cursor=${cursor}`}`, headers })).json()
      seen.push(...answer.items.map(({ id }: { id: string }) => id))
      cursor = answer.next
    }
    t.strictSame([...seen].sort(), [...ids].sort(), url)
  }
})

t.test('the demo', async (t) => {
  const { server, tokenOf, asked } = await aServer(t)
  const headers = as(await tokenOf('administrator'))
  const post = async (url: string, payload: object) => await server.inject({ method: 'POST', url, headers, payload })
  t.strictSame((await server.inject({ url: '/demo/clock', headers })).json(), { now: instantIn('Asia/Shanghai')(businessNow) })
  t.strictSame((await post('/demo/clock', { advance: 'P1D' })).json(), { now: '2027-03-02T08:30:00.000+08:00', ran: [{ job: 'prune-inbox', dueAt: '2027-03-02T03:00:00.000+08:00', status: 'done' }] })
  t.equal((await post('/demo/clock', { set: '2027-03-08T23:59:59.999+08:00' })).json().now, '2027-03-08T23:59:59.999+08:00')
  t.equal((await post('/demo/clock', { advance: 'tomorrow' })).json().code, 'REQUEST_INVALID')
  t.equal((await post('/demo/clock', { set: '2027-02-28T08:00:00+08:00' })).json().code, 'CLOCK_NOT_FORWARD')
  t.equal((await post('/demo/clock', { set: '2027-03-08T23:59:59' })).statusCode, 400, 'an instant without a zone is refused')
  t.strictSame((await server.inject({ url: '/demo/simulators/sms?since=2027-03-01T08:00:00%2B08:00', headers })).json(), { items: [{ at: '2027-03-01T08:00:00.000+08:00', kind: 'sent', key: 'k1', body: { templateId: 'bill' } }] })
  await post('/demo/simulators/sms', { faults: [{ kind: 'refuse', rate: 0.5, count: 3, seed: 7 }] })
  await post('/demo/simulators/sms', { act: 'down' })
  t.strictSame(asked, [{ faults: [{ kind: 'refuse', rate: 0.5, count: 3, seed: 7 }] }, { act: { act: 'down', key: null } }])
  t.equal((await post('/demo/simulators/bank', { act: 'down' })).statusCode, 404)
})

t.test('the audit trail', async (t) => {
  const event = (id: string) => ({ id }) as AuditEvent

  t.test('many requests at once → are written in groups', async (t) => {
    const groups: string[][] = []
    const trail = openAuditTrail({ append: async (events) => { groups.push(events.map(({ id }) => id)) }, onFailure: () => {}, capacity: 10, flushMs: 60_000 })
    await Promise.all(['a', 'b', 'c'].map(async (id) => { await trail.add([event(id)]) }))
    await trail.flush()
    t.strictSame(groups, [['a', 'b', 'c']])
  })

  t.test('an event → is written soon, though nothing follows it', async (t) => {
    const written = await new Promise<readonly AuditEvent[]>((resolve) => {
      const trail = openAuditTrail({ append: async (events) => { resolve([...events]) }, onFailure: () => {}, capacity: 10, flushMs: 1 })
      void trail.add([event('a')])
    })
    t.strictSame(written, [{ id: 'a' }])
  })

  t.test('a store that is down for a while → gets every event once it is back; a full buffer refuses meanwhile', async (t) => {
    let isDown = true
    const written: string[] = []
    const trail = openAuditTrail({
      append: async (events) => {
        if (isDown) throw new DomainError('STORE_UNAVAILABLE', 'Repeat later.')
        written.push(...events.map(({ id }) => id))
      },
      onFailure: () => {},
      capacity: 2,
      flushMs: 60_000
    })
    await trail.add([event('a'), event('b')])
    await t.rejects(trail.add([event('c')]), { code: 'STORE_UNAVAILABLE' })
    isDown = false
    await trail.add([event('d')])
    await trail.flush()
    t.strictSame(written, ['a', 'b', 'd'])
  })
})

t.test('business time → is moved by the calendar of the zone', async (t) => {
  const move = (from: string, duration: string, zone = 'Asia/Shanghai') => instantIn(zone)(addDuration(new Date(from), duration, offsetIn(zone)))
  t.equal(move('2027-03-01T07:30:00+08:00', 'P1D'), '2027-03-02T07:30:00.000+08:00')
  t.equal(move('2027-03-01T00:30:00+08:00', 'P1W'), '2027-03-08T00:30:00.000+08:00')
  t.equal(move('2027-01-31T07:30:00+08:00', 'P1M'), '2027-02-28T07:30:00.000+08:00')
  t.equal(move('2026-01-31T00:30:00+08:00', 'P1M'), '2026-02-28T00:30:00.000+08:00')
  t.equal(move('2026-03-01T07:30:00+08:00', 'P1M'), '2026-04-01T07:30:00.000+08:00', 'by the local calendar, where it is March already')
  t.equal(move('2026-03-02T07:30:00+08:00', 'PT2H'), '2026-03-02T09:30:00.000+08:00')
  t.equal(move('2028-02-29T07:30:00+08:00', 'P1Y'), '2029-02-28T07:30:00.000+08:00')
  t.equal(move('2027-03-01T07:30:00+08:00', 'P1DT12H0M1.5S'), '2027-03-02T19:30:01.500+08:00')
  t.equal(move('2027-03-27T12:00:00+01:00', 'P1D', 'Europe/Berlin'), '2027-03-28T12:00:00.000+02:00', 'noon stays noon when clocks change')
  t.equal(move('2027-03-27T12:00:00+01:00', 'PT24H', 'Europe/Berlin'), '2027-03-28T13:00:00.000+02:00')
  for (const wrong of ['P', 'PT', '1D', 'P-1D', 'P1H', 'P1.5D', '-P1D', '']) t.throws(() => move('2027-03-01T07:30:00+08:00', wrong), { code: 'REQUEST_INVALID' }, wrong)
})

t.test('instants → carry the offset that the business zone has on that day', async (t) => {
  t.equal(instantIn('Asia/Shanghai')(new Date('2027-03-01T16:00:00.001Z')), '2027-03-02T00:00:00.001+08:00')
  t.equal(instantIn('Europe/Berlin')(new Date('2027-07-01T22:30:00Z')), '2027-07-02T00:30:00.000+02:00')
  t.equal(instantIn('America/St_Johns')(new Date('2027-01-01T00:00:00Z')), '2026-12-31T20:30:00.000-03:30')
  t.equal(instantIn('UTC')(new Date('2027-01-01T00:00:00Z')), '2027-01-01T00:00:00.000+00:00')
})
