import t from 'tap'
import type { Resource } from '../../../core/records/index.ts'
import { aMorning, type Answer } from './a-fhir-server.ts'
import { aRecord } from './a-record.ts'

const json = { 'content-type': 'application/fhir+json' }
interface Entry { readonly resource: Resource, readonly search: { readonly mode: string } }
const modes = ({ body }: Answer): readonly string[] => ((body['entry'] ?? []) as readonly Entry[]).map(({ resource, search }) => `${search.mode} ${resource.resourceType}/${resource.id ?? ''}`)
const codes = ({ body }: Answer): unknown => (body['issue'] as ReadonlyArray<{ readonly severity: string, readonly code: string, readonly expression?: readonly string[] }>)
  .map(({ severity, code, expression }) => [severity, code, ...expression ?? []].join(' '))

t.test('what is asked along with the matches', async (t) => {
  const { ask, notes, save } = await aMorning(t)

  t.test('is what they refer to, or what refers to them, each once', async (t) => {
    for (const [url, expected] of [
      ['/Encounter?_id=e1&_include=Encounter:patient', ['match Encounter/e1', 'include Patient/p1']],
      ['/Encounter?_id=e1,e2&_include=Encounter:participant&_sort=_id', ['match Encounter/e1', 'match Encounter/e2', 'include Practitioner/d1']],
      ['/Encounter?_id=e1&_include=Encounter:*', ['match Encounter/e1', 'include Patient/p1', 'include Practitioner/d1']],
      ['/Encounter?_id=e1&_include=Encounter:subject:Patient&_include=Encounter:practitioner', ['match Encounter/e1', 'include Patient/p1', 'include Practitioner/d1']],
      ['/Encounter?_id=e1&_include=Encounter:location', ['match Encounter/e1']],
      ['/Patient?_id=p1&_revinclude=Encounter:patient&_revinclude=Observation:subject', ['match Patient/p1', 'include Encounter/e1', 'include Observation/o1']],
      ['/Patient?_id=p1&_revinclude=Encounter:subject:Patient', ['match Patient/p1', 'include Encounter/e1']]
    ] as const) t.same(modes(await ask(url)), expected, url)
    t.equal((await ask('/Encounter?_id=e1&_include=Encounter:patient')).body['total'], 1, 'and counts as no match')
  })

  t.test('goes one step, by references that are there', async (t) => {
    const further = await ask('/Encounter?_include:iterate=Encounter:patient')
    t.same([further.status, codes(further)], [400, ['error invalid _include']])
    for (const include of ['_include=Encounter:status', '_include=Patient:link', '_include=Encounter:practitioner:Patient', '_revinclude=Encounter:practitioner', '_revinclude=Unheard:x']) {
      t.equal((await ask(`/Encounter?${include}`, { headers: { prefer: 'handling=strict' } })).status, 400, include)
      t.match(modes(await ask(`/Encounter?_id=e1&${include}`)).at(-1), /^outcome OperationOutcome/, `${include} is left out with a warning`)
    }
    t.equal((await ask(`/Encounter?${Array.from({ length: 21 }, () => '_include=Encounter:patient').join('&')}`)).status, 400)
  })

  t.test('shows nobody a record that is not theirs', async (t) => {
    await save(aRecord({ resourceType: 'RelatedPerson', id: 'r1', patient: { reference: 'Patient/p1' } }), aRecord({ resourceType: 'Task', id: 't1', status: 'ready', intent: 'order', for: { reference: 'Patient/p1' }, focus: { reference: 'Encounter/e2' } }))
    const asPatient = { as: 'patient p1 - p1' }
    t.same(modes(await ask('/Task?_id=t1&_include=Task:focus&_include=Task:patient', asPatient)), ['match Task/t1', 'include Patient/p1'], 'a visit of somebody else')
    t.same(modes(await ask('/Practitioner?_revinclude=Encounter:practitioner', asPatient)), ['match Practitioner/d1', 'include Encounter/e1'])
    t.same(modes(await ask('/Practitioner?_revinclude=Encounter:practitioner', { as: 'doctor d1 west' })), ['match Practitioner/d1', 'include Encounter/e3'])
    t.equal((await ask('/Patient?_revinclude=ChargeItem:subject', { as: 'doctor d1 east' })).status, 403)
    notes.length = 0
    await ask('/Encounter?_id=e1&_include=Encounter:patient', asPatient)
    t.same(notes.map(({ action, target, patientId }) => [action, target, patientId]), [['search', 'Encounter', 'p1'], ['search', 'Patient', 'p1']], 'and the audit hears of what came along')
  })
})

t.test('searching through a reference', async (t) => {
  const { ask } = await aMorning(t)
  for (const [url, expected] of [
    ['/Encounter?patient.identifier=urn:yiqiao:hospital:east:MR|E002', ['Encounter/e2']],
    ['/Encounter?subject:Patient.identifier=E001', ['Encounter/e1', 'Encounter/e3']],
    ['/Encounter?patient.name=测试乙', ['Encounter/e2']],
    ['/Encounter?patient.name:contains=试乙', ['Encounter/e2']],
    ['/Encounter?patient.birthdate=lt1970&practitioner.name=医生', ['Encounter/e2']],
    ['/Encounter?patient.identifier=nobody', []],
    ['/Observation?patient._id=p1', ['Observation/o1']]
  ] as const) t.same((await ask(`${url}&_sort=_id`)).entries, expected, url)
  t.same((await ask('/Encounter?patient.identifier=E001', { as: 'patient p2 - p2' })).entries, [], 'finds nothing of somebody else')
  t.same(codes(await ask('/Encounter?subject.identifier=E001')), ['error invalid subject'], 'which may point to several types')
  for (const query of ['patient.colour=red', 'status.identifier=x', 'patient.link.identifier=x', 'practitioner:Patient.name=x']) {
    t.equal((await ask(`/Encounter?${query}`, { headers: { prefer: 'handling=strict' } })).status, 400, query)
  }
})

t.test('measured values', async (t) => {
  const { ask, save } = await aMorning(t)
  const glucose = (id: string, value: number, unit: object): ReturnType<typeof aRecord> =>
    aRecord({ resourceType: 'Observation', id, status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '2339-0' }] }, subject: { reference: 'Patient/p1' }, valueQuantity: { value, ...unit } })
  const ucum = { unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' }
  await save(glucose('q1', 5.4, ucum), glucose('q2', 5.44, ucum), glucose('q3', 97, { unit: 'mg/dL' }), glucose('q4', -2, ucum))
  const found = async (value: string): Promise<string> => (await ask(`/Observation?value-quantity=${encodeURIComponent(value)}&_sort=value-quantity`)).entries.map((entry) => entry.slice(12)).join(' ')
  t.same([await found('5.4'), await found('5.40'), await found('5'), await found('97||mg/dL'), await found('5.4|http://unitsofmeasure.org|mmol/L'), await found('5.4|http://unitsofmeasure.org|mg/dL')], ['q1 q2', 'q1', 'q1 q2', 'q3', 'q1 q2', ''])
  t.same([await found('gt5.4'), await found('ge5.4'), await found('lt5.4'), await found('le5.4||mmol/L'), await found('ap5'), await found('-2,97')], ['q2 q3', 'q1 q2 q3', 'q4', 'q4 q1', 'q1 q2', 'q4 q3'])
  t.same([await found('ne5.44'), await found('ne97')], ['q4 q1 q3 o1', 'q4 q1 q2 o1'])
  t.same((await ask('/Observation?value-quantity:missing=true')).entries, ['Observation/o1'])
  for (const value of ['high', '5.4|mg', 'xx5']) t.equal((await ask(`/Observation?value-quantity=${encodeURIComponent(value)}`)).status, 400, value)
})

t.test('the form of the answer', async (t) => {
  const { ask } = await aMorning(t)
  const [entry] = (await ask('/Encounter?_id=e1&_elements=period,status')).body['entry'] as readonly Entry[]
  t.same(Object.keys(entry?.resource ?? {}), ['resourceType', 'id', 'meta', 'status', 'class', 'period'], 'holds the elements asked for and those that none may lack')
  t.match(entry?.resource['meta'], { tag: [{ code: 'SUBSETTED' }] })
  const page = await ask('/Encounter?patient.name=测试&_include=Encounter:patient&_count=2&_sort=-date,_id')
  t.same([page.body['total'], modes(page).length], [3, 4])
  const next = (page.body['link'] as ReadonlyArray<{ readonly relation: string, readonly url: string }>).find(({ relation }) => relation === 'next')?.url ?? ''
  t.match(next, /_include=Encounter%3Apatient.*_sort=-date%2C_id.*_offset=2/, 'and the links of its pages keep the query')
  t.same(modes(await ask(next.slice('https://yiqiao.example/fhir'.length))), ['match Encounter/e3', 'include Patient/p1-west'])
})

t.test('everything of a person', async (t) => {
  const { ask } = await aMorning(t)
  const all = await ask('/Patient/p1/$everything')
  t.same(modes(all), ['match Patient/p1', 'match Patient/p1-west', 'match Binary/b1', 'match Binary/b2', 'match ChargeItem/c1', 'match ChargeItem/c2', 'match Encounter/e1', 'match Encounter/e3', 'match Observation/o1', 'include Practitioner/d1'])
  t.equal(all.body['total'], 9)
  t.same(modes(await ask('/Patient/p1/$everything?_type=Encounter,Patient')), ['match Patient/p1', 'match Patient/p1-west', 'match Encounter/e1', 'match Encounter/e3'])
  t.same(modes(await ask('/Patient/p2/$everything?_since=2027-03-01T10:00:00%2B08:00')), ['match Patient/p2'])
  t.same(modes(await ask('/Patient/p1/$everything', { method: 'POST', headers: json, payload: JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: '_type', valueCode: 'Observation' }, { name: '_type', valueCode: 'Patient' }] }) })), ['match Patient/p1', 'match Patient/p1-west', 'match Observation/o1'])
  t.same(modes(await ask('/Patient/p1/$everything', { as: 'patient p1 - p1' })).length, 8, 'within what the caller may see')
  t.same(modes(await ask('/Patient/p1/$everything', { as: 'doctor d1 east' })), ['match Patient/p1', 'match Binary/b1', 'match Binary/b2', 'match Encounter/e1', 'match Observation/o1', 'include Practitioner/d1'])
  t.equal((await ask('/Patient/p1/$everything', { as: 'patient p2 - p2' })).status, 404)
  const pages: string[] = []
  let url: string | undefined = '/Patient/p1/$everything?_type=Patient,Encounter&_count=3'
  while (url !== undefined) {
    const page: Answer = await ask(url)
    pages.push(modes(page).join(' '))
    url = (page.body['link'] as ReadonlyArray<{ readonly relation: string, readonly url: string }>).find(({ relation }) => relation === 'next')?.url.slice('https://yiqiao.example/fhir'.length)
  }
  t.same(pages, ['match Patient/p1 match Patient/p1-west match Encounter/e1', 'match Encounter/e3'])
  for (const query of ['_since=today', '_type=Unheard', '_count=many']) t.equal((await ask(`/Patient/p1/$everything?${query}`)).status, 400, query)
})

t.test('a resource is checked without being stored', async (t) => {
  const { ask } = await aMorning(t)
  const check = async (url: string, body: object, as = 'integrator - -'): Promise<Answer> => await ask(url, { method: 'POST', headers: json, payload: JSON.stringify(body), as })
  const patient = { resourceType: 'Patient', gender: 'female' }
  const parameters = (...parameter: readonly object[]): object => ({ resourceType: 'Parameters', parameter })
  for (const [title, url, body, expected] of [
    ['bare', '/Patient/$validate', patient, ['information informational']],
    ['in Parameters', '/Patient/$validate', parameters({ name: 'resource', resource: patient }, { name: 'mode', valueCode: 'create' }), ['information informational']],
    ['with faults', '/Patient/$validate', { ...patient, gender: 'M', colour: 'red' }, ['error code-invalid Patient.gender', 'error structure Patient.colour']],
    ['of another type', '/Encounter/$validate', patient, ['error invalid resourceType']],
    ['for an update without an id', '/Patient/$validate?mode=update', patient, ['error invalid Patient.id']],
    ['for an update of another', '/Patient/p1/$validate', { ...patient, id: 'p2' }, ['error invalid Patient.id']],
    ['for an update', '/Patient/p1/$validate', { ...patient, id: 'p1' }, ['information informational']],
    ['for a deletion', '/Patient/$validate?mode=delete', patient, ['error not-supported mode']],
    ['against a profile', '/Patient/$validate?profile=http://example.org/x', patient, ['warning not-supported profile']]
  ] as const) {
    const answer = await check(url, body)
    t.same([answer.status, [...codes(answer) as string[]].sort()], [200, [...expected].sort()], title)
  }
  t.equal((await check('/Patient/none/$validate', patient)).status, 404)
  t.equal((await check('/Patient/$validate', parameters({ name: 'mode', valueCode: 'create' }))).status, 400)
  t.equal((await ask('/Patient?_summary=count')).body['total'], 3)
})

interface Capability {
  readonly type: string
  readonly interaction: ReadonlyArray<{ readonly code: string }>
  readonly searchParam: ReadonlyArray<{ readonly name: string, readonly type: string }>
  readonly searchInclude?: readonly string[]
  readonly searchRevInclude?: readonly string[]
  readonly operation: ReadonlyArray<{ readonly name: string }>
}
interface Rest { readonly resource: readonly Capability[], readonly interaction: ReadonlyArray<{ readonly code: string }>, readonly operation: ReadonlyArray<{ readonly name: string }> }

t.test('the capability statement names what is there and no more: each interaction of each type is carried out', async (t) => {
  const { ask, save, server } = await aMorning(t)
  const { status, body } = await ask('/metadata', { as: 'nobody' })
  t.equal(status, 200)
  const [rest] = body['rest'] as readonly [Rest]
  const strict = { headers: { prefer: 'handling=strict' } }
  const send = async (method: 'POST' | 'PUT', url: string, payload: object, headers: Record<string, string> = {}): Promise<number> =>
    (await ask(url, { method, headers: { ...json, ...headers }, payload: JSON.stringify(payload), as: 'integrator - east' })).status
  const read = async (url: string): Promise<number> => (await server.inject(`/fhir${url}`)).statusCode
  for (const { type, interaction, searchParam, searchInclude = [], searchRevInclude = [], operation } of rest.resource) {
    const id = `walk-${type}`
    await save(aRecord({ resourceType: type, id, language: 'zh' }, { patientId: null }))
    const invalid = { resourceType: type, id, colour: 'red' }
    // What is posted is refused for what it holds, not for what is asked: so the interaction is there.
    const carriedOut: Readonly<Record<string, () => Promise<boolean>>> = {
      read: async () => await read(`/${type}/${id}`) === 200,
      vread: async () => await read(`/${type}/${id}/_history/1`) === 200,
      'history-instance': async () => (await ask(`/${type}/${id}/_history?_count=0`)).status === 200,
      'search-type': async () => (await ask(`/${type}?_count=0`, strict)).status === 200,
      create: async () => await send('POST', `/${type}`, invalid, { 'if-none-exist': '_id=none' }) === 422,
      update: async () => await send('PUT', `/${type}/${id}`, invalid) === 422
    }
    for (const { code } of interaction) t.ok(await carriedOut[code]?.(), `${type} ${code}`)
    const names = searchParam.filter(({ name }) => !name.startsWith('_')).map(({ name }) => `${name}:missing=true`)
    t.equal((await ask(`/${type}?_count=0&${names.join('&')}`, { ...strict, as: 'hospital - east' })).status, 200, `${type} is found by each parameter`)
    const includes = [...searchInclude.map((include) => `_include=${include}`), ...searchRevInclude.map((include) => `_revinclude=${include}`)]
    for (let from = 0; from < includes.length; from += 20) t.equal((await ask(`/${type}?_count=0&${includes.slice(from, from + 20).join('&')}`, strict)).status, 200, `${type} brings along what it says`)
    for (const { name } of operation) {
      if (name === 'validate') t.equal(await send('POST', `/${type}/$validate`, invalid), 200, `${type} ${name}`)
      else t.equal((await ask(`/${type}/p1/$${name}`)).status, 200, `${type} ${name}`)
    }
  }
  for (const { code } of rest.interaction) t.equal(await send('POST', '/', { resourceType: 'Bundle', type: code }), 200, code)
  t.same(rest.operation.map(({ name }) => name), ['convert-data'])
  t.equal(await send('POST', '/$convert-data', { resourceType: 'Parameters', parameter: [{ name: 'inputData', valueString: 'MSH' }, { name: 'inputDataType', valueString: 'Hl7v2' }] }), 400, 'which is tested by itself')
})
