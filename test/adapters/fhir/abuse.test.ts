import t from 'tap'
import type { Resource } from '../../../core/records/index.ts'
import { aFhirServer, aMorning, type AFhirServer, type Answer } from './a-fhir-server.ts'

const json = { 'content-type': 'application/fhir+json' }
const east = 'integrator - east'
const everywhere = 'integrator - -'
const mr = (value: string): object => ({ identifier: [{ type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] }, system: 'urn:yiqiao:hospital:east:MR', value }] })
const aResult = (patient: string, more: object = {}): Resource => ({ resourceType: 'Observation', status: 'final', code: { text: 'Glucose' }, subject: { reference: patient }, ...more })
const codeOf = ({ body }: Answer): unknown => (body['issue'] as ReadonlyArray<{ readonly details: { readonly coding?: ReadonlyArray<{ readonly code: string }> } }>)[0]?.details.coding?.[0]?.code

function writing ({ ask }: AFhirServer) {
  return {
    post: (resource: Resource, as = east, headers = {}) => ask(`/${resource.resourceType}`, { method: 'POST', headers: { ...json, ...headers }, payload: JSON.stringify(resource), as }),
    put: (resource: Resource, as = east) => ask(`/${resource.resourceType}/${resource.id ?? ''}`, { method: 'PUT', headers: json, payload: JSON.stringify(resource), as }),
    bundle: (type: string, entry: readonly object[], headers = {}, as = east) => ask('/', { method: 'POST', headers: { ...json, ...headers }, payload: JSON.stringify({ resourceType: 'Bundle', type, entry }), as })
  }
}

t.test('a result that was filed under the wrong patient', async (t) => {
  const fhir = await aMorning(t)
  const { post, put } = writing(fhir)
  const { body } = await post(aResult('Patient/p2', { valueString: 'of the other' }))
  const url = `/Observation/${body.id ?? ''}`
  await put(aResult('Patient/p1', { id: body.id, valueString: 'corrected' }))

  t.test('shows to whom it belongs now no version that was another\'s, and to whom it belonged nothing', async (t) => {
    const now = 'patient p1 - p1'
    t.same((await fhir.ask(url, { as: now })).body['valueString'], 'corrected')
    t.equal((await fhir.ask(`${url}/_history/1`, { as: now })).status, 404)
    const history = await fhir.ask(`${url}/_history`, { as: now })
    t.same([history.entries.length, history.raw.includes('of the other'), history.raw.includes('Patient/p2')], [1, false, false])
    for (const path of ['', '/_history', '/_history/1', '/_history/2']) t.equal((await fhir.ask(url + path, { as: 'patient p2 - p2' })).status, 404, path)
  })

  t.test('shows its hospital all of it', async (t) => {
    t.equal((await fhir.ask(`${url}/_history`, { as: 'doctor d1 east' })).entries.length, 2)
    t.equal((await fhir.ask(`${url}/_history/1`, { as: 'doctor d1 east' })).status, 200)
  })

  t.test('cannot be moved to a patient of another hospital, not even by who writes for all', async (t) => {
    for (const resource of [aResult('Patient/p1-west', { id: body.id }), aResult('Patient/p1', { id: body.id, meta: { tag: [{ system: 'urn:yiqiao:hospital', code: 'west' }] } })]) {
      const moved = await put(resource, everywhere)
      t.same([moved.status, codeOf(moved)], [422, 'RECORD_HOSPITAL_UNKNOWN'])
    }
    const unseen = await put(aResult('Patient/p1-west', { id: body.id }))
    t.same([unseen.status, codeOf(unseen)], [422, 'RECORD_REFERENCE_UNKNOWN'], 'and a caller of one hospital does not learn that there is such a patient')
  })
})

t.test('a token that may write and not read', async (t) => {
  const principal = { tokenId: 't1', role: 'integrator' as const, personId: null, organizationId: 'east', scopes: ['system/*.write'] }
  const fhir = await aMorning(t, { callerOf: () => ({ principal, patientIds: [] }) })
  const { post, put, bundle } = writing(fhir)
  const patient: Resource = { resourceType: 'Patient', ...mr('A1') }
  const first = await post({ ...patient, birthDate: '1991-06-18' })
  t.same([first.status, first.raw.length], [201, 0])

  t.test('is told of no record what stands there besides', async (t) => {
    const [, id = ''] = /Patient\/([^/]+)\/_history/.exec(String(first.headers['location'])) ?? []
    const representation = { prefer: 'return=representation' }
    for (const answer of [
      await post(patient, east, representation),
      await put({ ...patient, id, birthDate: '1991-06-18' }),
      await bundle('transaction', [{ resource: patient, request: { method: 'POST', url: 'Patient' } }], representation),
      await bundle('batch', [{ resource: patient, request: { method: 'POST', url: 'Patient' } }], representation)
    ]) t.same([answer.status, answer.raw.includes('1991-06-18')], [200, false])
  })

  t.test('and reads nothing inside a Bundle, by condition or by reference', async (t) => {
    const read = await bundle('batch', [{ request: { method: 'GET', url: 'Patient/p1' } }, { request: { method: 'GET', url: 'Patient?birthdate=1991-06-18' } }])
    t.same((read.body['entry'] as ReadonlyArray<{ response: { status: string } }>).map(({ response }) => response.status), ['403 Forbidden', '403 Forbidden'])
    t.equal((await bundle('transaction', [{ resource: aResult('Patient?birthdate=1991-06-18'), request: { method: 'POST', url: 'Observation' } }])).status, 403)
    t.equal((await post(aResult('Patient/p1'))).status, 422)
    t.equal((await post({ resourceType: 'Patient', ...mr('A2') }, east, { 'if-none-exist': 'birthdate=1991-06-18' })).status, 403)
  })
})

t.test('money that is posted', async (t) => {
  const fhir = await aMorning(t)
  const { post, put } = writing(fhir)
  const patient = (await post({ resourceType: 'Patient', ...mr('M1') })).body.id ?? ''
  const line = (number: string, more: object): Resource => ({ resourceType: 'ChargeItem', status: 'billable', identifier: [{ value: number }], code: { text: 'Blood count' }, subject: { reference: `Patient/${patient}` }, occurrenceDateTime: '2027-03-01', ...more })
  const yuan = (value: number, currency = 'CNY'): object => ({ priceOverride: { value, currency } })
  const owed = async (): Promise<number> => (await fhir.store.inReading(({ ledger }) => ledger.balances([`AR:patient:${patient}`]))).reduce((sum, { balanceFen }) => sum + balanceFen, 0)

  t.test('in another currency, in parts of a fen, or beyond all sums → is refused, and nothing of it stays', async (t) => {
    for (const [title, money] of [['dollars', yuan(1, 'USD')], ['half a fen', yuan(1.005)], ['more than there is', yuan(1e20)]] as const) {
      const refused = await post(line('F0', money))
      t.same([refused.status, codeOf(refused)], [422, 'MAPPING_VALUE_INVALID'], title)
    }
    t.same((await fhir.ask('/ChargeItem?identifier=F0')).entries, [])
  })

  t.test('in the books already → keeps amount and patient, whatever a PUT says', async (t) => {
    const { body: { id } } = await post(line('F1', yuan(5)))
    for (const [title, change] of [['another amount', yuan(6)], ['none', {}], ['below zero', yuan(-5)], ['another patient', { ...yuan(5), subject: { reference: 'Patient/p2' } }]] as const) {
      const refused = await put(line('F1', { id, ...change }))
      t.same([refused.status, codeOf(refused)], [409, 'CHARGE_ALREADY_POSTED'], title)
    }
    t.equal((await fhir.ask(`/ChargeItem/${id ?? ''}`)).headers['etag'], 'W/"1"')
    t.equal(await owed(), 500)
  })

  t.test('and taken back → is owed no more, once, and never again', async (t) => {
    const { body: { id } } = await post(line('F2', yuan(7)))
    t.equal(await owed(), 1200)
    const takenBack = line('F2', { id, status: 'entered-in-error', ...yuan(7) })
    t.same([(await put(takenBack)).headers['etag'], (await put(takenBack)).headers['etag'], await owed()], ['W/"2"', 'W/"2"', 500])
    t.equal((await put(line('F2', { id, ...yuan(7) }))).status, 200)
    t.equal((await put(line('F2', { id, status: 'entered-in-error', ...yuan(9) }))).status, 409)
    t.equal(await owed(), 500)
    const total = (await fhir.store.inReading(({ ledger }) => ledger.trialBalance(null))).reduce((sum, { balanceFen }) => sum + balanceFen, 0)
    t.equal(total, 0, 'the books balance')
  })

  t.test('for what is only planned → is not owed', async (t) => {
    await post(line('F3', { status: 'planned', ...yuan(3) }))
    t.equal(await owed(), 500)
    await post(line('F3', yuan(3)))
    t.equal(await owed(), 800)
  })
})

t.test('a search of more parts than anybody needs → is refused before it costs anything', async (t) => {
  const { ask } = await aMorning(t)
  const search = (type: string, query: string) => ask(`/${type}/_search`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: query, as: 'patient p1 - p1' })
  const times = (count: number, text: string): string => Array.from({ length: count }, () => text).join('&')
  for (const [title, answer] of [
    ['parameters', await search('Patient', times(1_000, 'name=a'))],
    ['chains', await search('Encounter', times(6, 'subject:Patient.name=a'))],
    ['values', await search('Patient', `name=${Array.from({ length: 201 }, () => 'a').join(',')}`)],
    ['sorts', await search('Patient', `_sort=${Array.from({ length: 1_000 }, () => '_id').join(',')}`)]
  ] as const) t.same([answer.status, codeOf(answer)], [400, 'RECORD_SEARCH_INVALID'], title)
  t.equal((await search('Patient', times(50, 'name=a'))).status, 200)
})

t.test('a body that is built to do harm', async (t) => {
  const fhir = await aFhirServer(t)
  const raw = (url: string, payload: string) => fhir.ask(url, { method: 'POST', headers: json, payload, as: east })

  t.test('nested without end → is refused as nested too deeply', async (t) => {
    const deep = `{"resourceType":"Patient","extension":${'[{"url":"x","extension":'.repeat(20_000)}[]${'}]'.repeat(20_000)}}`
    t.equal((await raw('/Patient', deep)).status, 422)
    t.equal((await raw('/Patient/$validate', deep)).status, 200)
    t.equal((await raw('/', `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":${deep},"request":{"method":"POST","url":"Patient"}}]}`)).status, 422)
  })

  t.test('with the names of prototypes → is refused', async (t) => {
    for (const payload of ['{"resourceType":"Patient","__proto__":{"active":true}}', '{"resourceType":"Patient","name":[{"constructor":{"prototype":{"active":true}}}]}']) t.equal((await raw('/Patient', payload)).status, 400)
    t.equal((await raw('/Patient', '{"resourceType":"Patient","toString":1}')).status, 422)
    t.equal(({} as { readonly active?: boolean }).active, undefined)
  })

  t.test('with more conditions than a transaction may ask the store for → is refused', async (t) => {
    const performer = Array.from({ length: 1_001 }, (_, number) => ({ reference: `Practitioner?identifier=${number}` }))
    const refused = await raw('/', JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: [{ resource: { ...aResult('Patient/p1'), performer }, request: { method: 'POST', url: 'Observation' } }] }))
    t.same([refused.status, codeOf(refused)], [400, 'REQUEST_INVALID'])
  })
})
