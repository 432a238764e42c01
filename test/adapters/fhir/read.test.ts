import t from 'tap'
import type { Resource } from '../../../core/records/index.ts'
import { aMorning } from './a-fhir-server.ts'
import { aRecord } from './a-record.ts'

const issue = (body: Resource): unknown => (body['issue'] as ReadonlyArray<{ readonly code: string, readonly details: { readonly coding?: ReadonlyArray<{ readonly code: string }> } }>)
  .map(({ code, details }) => [code, details.coding?.[0]?.code].filter(Boolean).join(' '))

t.test('a resource', async (t) => {
  const { ask, save, notes } = await aMorning(t)

  t.test('is read with its version, its time and an ETag', async (t) => {
    const { status, headers, body } = await ask('/Practitioner/d1')
    t.same([status, headers['etag'], headers['last-modified'], headers['content-type']], [200, 'W/"1"', 'Mon, 01 Mar 2027 01:00:00 GMT', 'application/fhir+json; charset=utf-8'])
    t.same(body, { resourceType: 'Practitioner', id: 'd1', meta: { versionId: '1', lastUpdated: '2027-03-01T01:00:00.500Z' }, name: [{ text: '医生甲' }] })
  })

  t.test('that the client has already is not sent again', async (t) => {
    const statuses = async (headers: Record<string, string>): Promise<number> => (await ask('/Patient/p1', { headers })).status
    t.equal(await statuses({ 'if-none-match': 'W/"1"' }), 304)
    t.equal(await statuses({ 'if-none-match': '"7", "1"' }), 304)
    t.equal(await statuses({ 'if-none-match': 'W/"2"' }), 200)
    t.equal(await statuses({ 'if-modified-since': 'Mon, 01 Mar 2027 01:00:00 GMT' }), 304)
    t.equal(await statuses({ 'if-modified-since': 'Mon, 01 Mar 2027 00:59:59 GMT' }), 200)
  })

  t.test('keeps all its versions', async (t) => {
    await save(aRecord({ resourceType: 'Patient', id: 'p1', name: [{ text: '测试甲乙' }] }, { version: 2, lastUpdated: new Date('2027-03-01T03:00:00Z') }))
    t.same((await ask('/Patient/p1/_history/1')).body['name'], [{ text: '测试甲', family: 'Ceshi', given: ['Jia'] }])
    t.equal((await ask('/Patient/p1/_history/2')).headers['etag'], 'W/"2"')
    const { body } = await ask('/Patient/p1/_history')
    const entries = body['entry'] as ReadonlyArray<{ readonly request: unknown, readonly response: { readonly status: string, readonly etag: string } }>
    t.same([body['type'], body['total']], ['history', 2])
    t.same(entries.map(({ request, response }) => [request, response.status, response.etag]), [
      [{ method: 'PUT', url: 'Patient/p1' }, '200', 'W/"2"'], [{ method: 'PUT', url: 'Patient/p1' }, '201', 'W/"1"']])
    const first = await ask('/Patient/p1/_history?_count=1')
    t.same(first.body['link'], [
      { relation: 'self', url: 'https://yiqiao.example/fhir/Patient/p1/_history?_count=1' },
      { relation: 'next', url: 'https://yiqiao.example/fhir/Patient/p1/_history?_count=1&_offset=1' }])
  })

  t.test('that is not there, or not of a served type, is answered with an outcome', async (t) => {
    for (const [url, expected] of [
      ['/Patient/none', 'not-found RECORD_NOT_FOUND'], ['/Patient/p1/_history/9', 'not-found RECORD_NOT_FOUND'], ['/Patient/p1/_history/x', 'not-found RECORD_NOT_FOUND'],
      ['/Patient/a_b', 'not-found RECORD_NOT_FOUND'], ['/Unheard/1', 'not-found'], ['/Patient/p1/more/than/that', 'not-found']] as const) {
      const { status, body } = await ask(url)
      t.same([status, issue(body)], [404, [expected]], url)
    }
  })

  t.test('is shown to its own patient, hospital or nobody else', async (t) => {
    const status = async (as: string, url: string): Promise<number> => (await ask(url, { as })).status
    t.equal(await status('patient p1 - p1 p1-west', '/Encounter/e1'), 200)
    t.equal(await status('patient p2 - p2', '/Encounter/e1'), 404, 'as if it were not there')
    t.equal(await status('patient p2 - p2', '/Encounter/e1/_history'), 404)
    t.equal(await status('patient p2 - p2', '/Encounter/e1/_history/1'), 404)
    t.equal(await status('patient p2 - p2', '/Practitioner/d1'), 200, 'the directory is for all')
    t.equal(await status('doctor d1 east', '/Encounter/e1'), 200)
    t.equal(await status('doctor d1 west', '/Encounter/e1'), 404)
    t.equal(await status('doctor d1 east', '/ChargeItem/c1'), 403, 'charges are for the accounts')
    t.equal(await status('finance f1 east', '/ChargeItem/c1'), 200)
    t.equal(await status('community - -', '/Encounter/none'), 403)
    notes.length = 0
    await ask('/Encounter/e1', { as: 'patient p2 - p2' })
    await ask('/Encounter/e1', { as: 'patient p1 - p1' })
    t.same(notes, [
      { action: 'read', target: 'Encounter', targetId: 'e1', patientId: 'p1', outcome: 'refused' },
      { action: 'read', target: 'Encounter', targetId: 'e1', patientId: 'p1', outcome: 'allowed' }], 'the audit hears of both')
  })

  t.test('without a token is asked to log in', async (t) => {
    const { status, headers, body } = await ask('/Patient/p1', { as: 'nobody' })
    t.same([status, headers['www-authenticate'], issue(body)], [401, 'Bearer realm="yiqiao"', ['login ACCESS_UNAUTHENTICATED']])
  })
})

t.test('an attachment', async (t) => {
  const { ask } = await aMorning(t)

  t.test('comes as what it is, or as FHIR where that is named', async (t) => {
    const photo = await ask('/Binary/b1', { headers: { accept: 'image/*,*/*' } })
    t.same([photo.status, photo.headers['content-type'], photo.headers['content-disposition'], photo.raw.toString('base64')], [200, 'image/png', 'inline; filename="b1"', 'iVBORw0KGgo='])
    t.equal((await ask('/Binary/b1', { headers: { accept: 'application/fhir+json' } })).body['contentType'], 'image/png')
    t.equal((await ask('/Binary/b1?_format=json')).body['data'], 'iVBORw0KGgo=')
  })

  t.test('that could run scripts is saved, never opened', async (t) => {
    const { headers } = await ask('/Binary/b2')
    t.same([headers['content-disposition'], headers['content-security-policy'], headers['x-content-type-options']], ['attachment; filename="b2"', "default-src 'none'; sandbox", 'nosniff'])
  })
})

t.test('requests that cannot be served are told why, in FHIR', async (t) => {
  const { ask } = await aMorning(t)
  const json = { 'content-type': 'application/fhir+json' }
  for (const [title, url, options, expected] of [
    ['XML is not spoken', '/Patient/p1', { headers: { accept: 'application/fhir+xml' } }, [406, 'not-supported']],
    ['nor asked for by format', '/Patient?_format=xml', {}, [406, 'not-supported']],
    ['nor FHIR 3', '/Patient/p1', { headers: { accept: 'application/fhir+json; fhirVersion=3.0' } }, [406, 'not-supported']],
    ['nothing is patched', '/Patient/p1', { method: 'PATCH', headers: json, payload: 'not even JSON' }, [405, 'not-supported']],
    ['nor deleted', '/Patient/p1', { method: 'DELETE' }, [405, 'not-supported']],
    ['nor created under an id', '/Patient/p1', { method: 'POST', headers: json, payload: '{"resourceType":"Patient"}' }, [405, 'not-supported']],
    ['a transaction in XML', '/', { method: 'POST', headers: { 'content-type': 'application/xml' }, payload: '<Bundle/>' }, [415, 'not-supported']],
    ['broken JSON', '/$convert-data', { method: 'POST', headers: json, payload: '{"resourceType":' }, [400, 'structure']],
    ['another resource', '/$convert-data', { method: 'POST', headers: json, payload: '{"resourceType":"Patient"}' }, [400, 'structure']],
    ['no body', '/$convert-data', { method: 'POST', headers: json }, [400, 'structure']],
    ['XML in', '/$convert-data', { method: 'POST', headers: { 'content-type': 'application/fhir+xml' }, payload: '<x/>' }, [415, 'not-supported']],
    ['a search form of another kind', '/Patient/_search', { method: 'POST', headers: { 'content-type': 'text/plain' }, payload: 'name=x' }, [415, 'not-supported']]
  ] as const) {
    const { status, body } = await ask(url, options)
    t.same([status, ...issue(body) as string[]], expected, title)
  }
  t.equal((await ask('/Patient', { method: 'DELETE' })).headers['allow'], 'GET, HEAD, POST')
})
