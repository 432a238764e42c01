import t from 'tap'
import { aHospital, aMessage } from './a-hospital.ts'
import { as, aServer } from './a-server.ts'

t.test('an operator looks for a message', async (t) => {
  const hospital = await aServer(t)
  const { server, store, tokenOf } = hospital
  const operator = as(await tokenOf('operator'))
  const text = (content: string): Buffer => Buffer.from(`MSH|^~\\&|HIS|||||\rPID|1||${content}`)
  await store.inTransaction(async ({ inbox }) => {
    await inbox.receive([
      aMessage('s1', { lanes: ['east:patient:E1'], controlId: 'C-1', raw: text('E1') }),
      aMessage('s2', { lanes: ['east:patient:E2'], controlId: 'C-2', raw: text('E2^测试') }),
      aMessage('s3', { lanes: ['west:visit:V9'], controlId: 'C-3', raw: text('E3'), source: 'west' })
    ])
    await inbox.markApplied('s2', { at: new Date('2027-03-01T00:00:00Z'), mappingVersion: 'v', produced: ['Encounter/east-Encounter-V1', 'ServiceRequest/east-ServiceRequest-filler:O7'], notes: [] })
  })
  const found = async (body: object): Promise<readonly string[]> => {
    const answer = await server.inject({ method: 'POST', url: '/v1/ops/messages/search', headers: operator, payload: body })
    return answer.json<{ items: Array<{ id: string }> }>().items.map(({ id }) => id)
  }

  t.strictSame(await found({ patient: 'E1' }), ['s1'], 'by the patient’s record number')
  t.strictSame(await found({ visit: 'V1' }), ['s2'], 'by the visit that it made')
  t.strictSame(await found({ visit: 'V9' }), ['s3'], 'by the visit that it names')
  t.strictSame(await found({ order: 'O7' }), ['s2'], 'by the filler number of its order')
  t.strictSame(await found({ order: 'O7', patient: 'E1' }), [], 'all that is asked for must hold')
  t.strictSame(await found({ controlId: 'C-3' }), ['s3'], 'by its control id')
  t.strictSame(await found({ containing: '测试' }), ['s2'], 'by what it holds')
  t.strictSame(await found({ containing: 'pid|1||e', source: 'west' }), ['s3'], 'letters of either case, narrowed')

  const first = (await server.inject({ method: 'POST', url: '/v1/ops/messages/search', headers: operator, payload: { containing: 'PID', limit: 2 } })).json<{ items: Array<{ id: string }>, next: string }>()
  t.strictSame(first.items.map(({ id }) => id), ['s3', 's2'])
  t.strictSame(await found({ containing: 'PID', limit: 2, cursor: first.next }), ['s1'], 'a search by content goes on where it stopped')
  t.notOk(hospital.logged.some((line) => line.includes('测试') || line.includes('E1')), 'what was looked for is not in the log')
})

t.test('an operator opens a message → its parts, what it did and its timeline', async (t) => {
  const hospital = await aServer(t)
  await aHospital(hospital.store)
  const operator = as(await hospital.tokenOf('operator'))
  const details = (await hospital.server.inject({ url: '/v1/ops/messages/m2/details', headers: operator })).json()
  t.strictSame(details.tree, { kind: 'segments', segments: [{ name: 'PID', fields: [{ path: 'PID-8', text: 'X' }] }] })
  t.strictSame(details.mapped.unmapped, [{ table: 'administrative-sex', code: 'X', place: 'PID-8' }])
  t.match(details.timeline.map(({ step }: { step: string }) => step).join(' '), /received.*parked/)
  t.equal((await hospital.server.inject({ url: '/v1/ops/messages/nothing/details', headers: operator })).statusCode, 404)
})

t.test('an operator looks at the views of a source → each with its state, and which rows are gone', async (t) => {
  const { server, tokenOf } = await aServer(t)
  const headers = as(await tokenOf('operator'))
  t.match((await server.inject({ url: '/v1/ops/sources/south/views', headers })).json().items, [{ view: 'charges', state: 'up', vanished: 1 }])
  t.strictSame((await server.inject({ url: '/v1/ops/sources/south/views/charges/vanished', headers })).json(), { count: 1, keys: ['T-1'] })
  for (const url of ['/v1/ops/sources/east/views', '/v1/ops/sources/south/views/photos/vanished']) t.equal((await server.inject({ url, headers })).statusCode, 404)
})

t.test('an operator pauses a queue', async (t) => {
  const { server, tokenOf, asked } = await aServer(t)
  const operator = as(await tokenOf('operator'))
  const post = async (url: string, payload: object): Promise<{ status: number, body: { paused: boolean, reason: string | null } }> => {
    const answer = await server.inject({ method: 'POST', url, headers: operator, payload })
    return { status: answer.statusCode, body: answer.json() }
  }
  t.match(await post('/v1/ops/queues/destination:east/pause', { reason: 'the HIS is being updated' }), { status: 200, body: { paused: true, reason: 'the HIS is being updated' } })
  t.match(await post('/v1/ops/queues/destination:east/pause', { reason: 'again' }), { body: { reason: 'the HIS is being updated' } }, 'the first reason stays')
  const list = (await server.inject({ url: '/v1/ops/queues', headers: operator })).json<{ items: Array<{ queue: string, paused: boolean }> }>()
  t.strictSame(list.items.map(({ queue, paused }) => [queue, paused]), [['inbox', false], ['source:east', false], ['destination:east', true]])
  t.match(await post('/v1/ops/queues/destination:east/resume', {}), { status: 200, body: { paused: false, reason: null } })
  t.equal((await post('/v1/ops/queues/destination:nowhere/pause', { reason: 'x' })).status, 404)
  t.strictSame(asked, ['queues changed', 'queues changed'])
})
