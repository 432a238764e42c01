import t from 'tap'
import { aHospital } from './a-hospital.ts'
import { as, aServer } from './a-server.ts'

t.test('an operator and the destinations', async (t) => {
  const { server, store, asked, tokenOf } = await aServer(t)
  await aHospital(store)
  const headers = as(await tokenOf('operator'))
  const get = async (url: string): Promise<Record<string, unknown>> => (await server.inject({ url, headers })).json()
  const post = async (url: string, payload: object): Promise<Record<string, unknown>> => (await server.inject({ method: 'POST', url, headers, payload })).json()

  await t.test('sees how each line stands, what waits, and how much goes', async (t) => {
    t.match(await get('/v1/ops/destinations'), {
      items: [{ name: 'east', kind: 'mllp', hospitalId: 'east', sends: [{ resource: 'Patient', message: 'ADT^A31' }], status: { state: 'down', code: 'OUTSIDE_DOWN', lastAt: null }, waiting: 0, dead: 0, oldestAt: null, sentPerMinute: 0.02 }],
      next: null
    })
  })

  await t.test('finds messages by state, message, record and reason', async (t) => {
    const found = async (query: string): Promise<number> => ((await get(`/v1/ops/destinations/east/messages?${query}`))['items'] as unknown[]).length
    t.strictSame(await Promise.all(['', 'state=sent&message=ADT^A31&record=Patient/east-anna', 'state=dead', 'record=Patient/west-anna', 'failureCode=OUTSIDE_DOWN'].map(found)), [1, 1, 0, 0, 0])
  })

  await t.test('sees one message as it is sent, its answer and its timeline', async (t) => {
    t.match(await get('/v1/ops/destinations/east/messages/o1'), {
      id: 'o1', state: 'sent', controlId: 'C0100', text: 'MSH|^~\\&|YIQIAO\rPID|1||card-of-anna\r', answer: { code: 'AA', verdict: 'accepted', text: 'MSA|AA|C0100' },
      timeline: [{ what: 'written', at: '2027-03-01T08:00:00.000+08:00' }, { what: 'composed' }, { what: 'answered', code: 'AA' }]
    })
  })

  await t.test('sends again, anew, or skips', async (t) => {
    t.strictSame(await post('/v1/ops/destinations/east/messages/o1/resend', { anew: true }), { id: 'o1', state: 'sent' })
    await post('/v1/ops/destinations/east/messages/o1/skip', { reason: 'told by telephone' })
    t.match(asked, [{ resend: { id: 'o1', isAnew: true } }, { skip: { id: 'o1', reason: 'told by telephone' } }])
  })

  await t.test('pauses a destination and lets it go on', async (t) => {
    const state = async (): Promise<unknown> => ((await get('/v1/ops/destinations'))['items'] as ReadonlyArray<{ status: { state: string } }>)[0]?.status.state
    t.strictSame(await post('/v1/ops/destinations/east/pause', { reason: 'the HIS is being updated' }), { name: 'east', paused: true })
    t.equal(await state(), 'paused')
    t.strictSame(await post('/v1/ops/destinations/east/resume', {}), { name: 'east', paused: false })
    t.equal(await state(), 'down')
  })

  await t.test('of a destination or a message that is not there → is told so', async (t) => {
    for (const url of ['/v1/ops/destinations/north/messages', '/v1/ops/destinations/east/messages/o9', '/v1/ops/destinations/north/messages/o1']) t.match(await get(url), { status: 404, code: 'OUTBOUND_NOT_FOUND' })
    t.match(await post('/v1/ops/destinations/north/pause', { reason: 'why' }), { status: 404 })
  })

  await server.close()
  const audit = await store.inReading(({ audit }) => audit.list({}, { limit: 50, before: null }))
  t.strictSame(audit.filter(({ targetId }) => targetId === 'o1').map(({ action, target, patientId }) => `${action} ${target} ${patientId ?? ''}`), ['operate outbound east-anna', 'operate outbound east-anna', 'read outbound east-anna'])
})
