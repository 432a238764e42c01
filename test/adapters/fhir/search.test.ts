import { Client } from 'fhir-kit-client'
import t from 'tap'
import { aMorning } from './a-fhir-server.ts'
import { aRecord } from './a-record.ts'

t.test('searching', async (t) => {
  const { ask, notes } = await aMorning(t)
  const found = async (url: string, as?: string): Promise<readonly string[]> => {
    const { status, entries } = await ask(url, as === undefined ? {} : { as })
    t.equal(status, 200, url)
    return [...entries].sort()
  }

  t.test('patients by what is known of them', async (t) => {
    const [one, two, west] = ['Patient/p1', 'Patient/p2', 'Patient/p1-west']
    for (const [query, expected] of [
      ['', [one, west, two]],
      ['_id=p1,p2', [one, two]],
      ['identifier=urn:yiqiao:hospital:east:MR|E001', [one]],
      ['identifier=E001', [one]],
      ['identifier=urn:yiqiao:hospital:east:MR|', [one, two]],
      ['identifier=|E001', []],
      ['identifier:not=E001', [west, two]],
      ['name=测试', [one, west, two]],
      ['name=试甲', []],
      ['name:contains=试甲', [one, west]],
      ['name:exact=测试甲', [one, west]],
      ['family=CES', [one]],
      ['family:exact=ceshi', []],
      ['given=jia', [one]],
      ['phone=0571-0000', [one]],
      ['gender=female,male', [one, two]],
      ['gender=http://hl7.org/fhir/administrative-gender|male', [two]],
      ['gender:missing=true', [west]],
      ['birthdate=1990-05-17', [one]],
      ['birthdate=1990', [one]],
      ['birthdate=ge1960&birthdate=lt1990', [two]],
      ['birthdate=1990-05-17,1960', [one, two]],
      ['birthdate=ne1990-05-17&birthdate:missing=false', [two]],
      ['_lastUpdated=gt2027-03-01T01:30:00Z', [two]],
      ['_lastUpdated=2027-03-01', [one, west, two]]
    ] as const) {
      t.same(await found(`/Patient?${query}`), [...expected].sort(), query)
    }
  })

  t.test('visits by day, state and doctor', async (t) => {
    for (const [query, expected] of [
      ['date=2027-03-01', []],
      ['date=ge2027-03-01', ['e1', 'e2', 'e3']],
      ['date=sa2027-02-28', ['e1', 'e2']],
      ['date=sa2027-03-01T12:00:00%2B08:00', ['e2']],
      ['date=sa2027-03-01T12:00:00+08:00', ['e2']],
      ['date=lt2027-03-01', ['e3']],
      ['date=lt2027-03-01T00:30:00Z', ['e3']],
      ['status=finished', ['e1', 'e3']],
      ['status:not=finished', ['e2']],
      ['class=AMB', ['e1', 'e2', 'e3']],
      ['practitioner=d1&status=in-progress', ['e2']],
      ['participant=Practitioner/d1&patient=p2', ['e2']]
    ] as const) {
      t.same(await found(`/Encounter?${query}`), expected.map((id) => `Encounter/${id}`), query)
    }
  })

  t.test('by a patient finds what is filed under all records of the person', async (t) => {
    for (const query of ['patient=p1', 'patient=Patient/p1-west', 'subject=Patient/p1', 'subject:Patient=p1', 'patient=https://yiqiao.example/fhir/Patient/p1']) {
      t.same(await found(`/Encounter?${query}`), ['Encounter/e1', 'Encounter/e3'], query)
    }
  })

  t.test('charges, by those who keep the accounts', async (t) => {
    const finance = 'finance f1 -'
    t.same(await found('/ChargeItem?patient=p1&entered-date=ge2027-03-01T09:00:00%2B08:00', finance), ['ChargeItem/c1'])
    t.same(await found('/ChargeItem?context=Encounter/e1&code=REG', finance), ['ChargeItem/c2'])
    t.same(await found('/ChargeItem?context=e1&_sort=entered-date&_count=1', finance), ['ChargeItem/c2'])
    t.same((await ask('/ChargeItem', { as: 'doctor d1 east' })).status, 403)
  })

  t.test('shows everybody only what is theirs', async (t) => {
    t.same(await found('/Encounter', 'patient p2 - p2'), ['Encounter/e2'])
    t.same(await found('/Encounter?patient=p1', 'patient p2 - p2'), [])
    t.same(await found('/Encounter', 'doctor d1 west'), ['Encounter/e3'])
    t.same(await found('/Patient', 'guardian g1 -'), [], 'a guardian without wards')
    notes.length = 0
    await found('/Encounter?status=finished', 'patient p1 - p1 p1-west')
    t.same(notes.map(({ patientId }) => patientId).sort(), ['p1', 'p1-west'], 'the audit names whose records were shown')
  })

  t.test('by POST is the same', async (t) => {
    const { status, body, entries } = await ask('/Patient/_search?gender=female', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'family=ces&_count=5' })
    t.same([status, entries, body['total']], [200, ['Patient/p1'], 1])
    t.same(body['link'], [{ relation: 'self', url: 'https://yiqiao.example/fhir/Patient?gender=female&family=ces&_count=5' }])
  })

  t.test('leaves out what is unknown with a warning, or refuses it where the client is strict', async (t) => {
    const strict = { headers: { prefer: 'handling=strict' } }
    const lenient = await ask('/Patient?colour=red&gender=female&name:unheard=x&_sort=colour')
    t.same([lenient.entries, lenient.body['link']], [['Patient/p1', 'OperationOutcome/'], [{ relation: 'self', url: 'https://yiqiao.example/fhir/Patient?gender=female&_count=50' }]])
    for (const query of ['colour=red', 'gender:exact=female', '_sort=colour', '_summary=text', 'patient=p1']) {
      const { status, body } = await ask(`/Patient?${query}`, strict)
      t.same([status, (body['issue'] as ReadonlyArray<{ readonly code: string }>)[0]?.code], [400, 'invalid'], query)
    }
  })

  t.test('refuses what cannot be read, and repeats no value', async (t) => {
    for (const query of ['birthdate=yesterday', 'birthdate=ap1990', 'birthdate=1990-05-17T10', '_count=many', '_offset=-1', '_offset=50001', 'gender:missing=perhaps', 'name=a,,b', '_lastUpdated=ne2027']) {
      const { status, body } = await ask(`/Patient?${query}`)
      t.equal(status, 400, query)
      t.notMatch(JSON.stringify(body), /yesterday|many|perhaps/)
    }
  })

  t.test('reads escapes', async (t) => {
    t.same(await found('/Patient?name=%E6%B5%8B\\,x,Ces'), ['Patient/p1'])
    t.same(await found('/Patient?identifier=urn:yiqiao:hospital:east:MR\\|E001'), [], 'an escaped bar belongs to the code')
  })
})

t.test('a long result is read in pages that neither overlap nor leave anything out', async (t) => {
  const { ask, save } = await aMorning(t)
  await save(...Array.from({ length: 23 }, (_, place) => aRecord({ resourceType: 'Location', id: `l${String(place).padStart(2, '0')}`, status: 'active' }, { patientId: null })))
  const seen: string[] = []
  let url: string | undefined = '/Location?status=active&_sort=-_id&_count=10'
  let pages = 0
  while (url !== undefined) {
    const { body, entries } = await ask(url)
    t.equal(body['total'], 23)
    seen.push(...entries)
    pages++
    const next: string | undefined = (body['link'] as ReadonlyArray<{ readonly relation: string, readonly url: string }>).find(({ relation }) => relation === 'next')?.url
    url = next?.slice('https://yiqiao.example/fhir'.length)
  }
  t.same([pages, seen], [3, Array.from({ length: 23 }, (_, place) => `Location/l${String(22 - place).padStart(2, '0')}`)])
  t.same((await ask('/Location?_summary=count')).body, { resourceType: 'Bundle', type: 'searchset', total: 23, link: [{ relation: 'self', url: 'https://yiqiao.example/fhir/Location?_summary=count' }] })
  t.same((await ask('/Location?_count=0')).entries, [])
  t.equal((await ask('/Location?_total=none')).body['total'], undefined)
})

t.test('fhir-kit-client over a socket reads, searches, turns pages and follows versions', async (t) => {
  const { server, save } = await aMorning(t, { publicUrl: null })
  await save(aRecord({ resourceType: 'Patient', id: 'p2', gender: 'other' }, { version: 2, patientId: 'p2' }))
  const client = new Client({ baseUrl: `${await server.listen({ port: 0, host: '127.0.0.1' })}/fhir` })
  t.equal((await client.capabilityStatement())['fhirVersion'], '4.0.1')
  t.equal((await client.read({ resourceType: 'Patient', id: 'p1' }))['gender'], 'female')
  t.equal((await client.vread({ resourceType: 'Patient', id: 'p2', version: '1' }))['gender'], 'male')
  t.equal((await client.resourceHistory({ resourceType: 'Patient', id: 'p2' }))['total'], 2)
  const first = await client.search({ resourceType: 'Encounter', searchParams: { patient: 'p1', _count: 1, _sort: 'date' } })
  const second = await client.nextPage({ bundle: first as never })
  const ids = [first, second].map((page) => (page as unknown as { readonly entry: ReadonlyArray<{ readonly resource: { readonly id: string } }> }).entry.map(({ resource }) => resource.id))
  t.same([first['total'], ids], [2, [['e3'], ['e1']]])
  t.equal((await client.resourceSearch({ resourceType: 'Patient', searchParams: { gender: 'female' }, options: { postSearch: true } }))['total'], 1)
  const refused = await client.read({ resourceType: 'Patient', id: 'none' }).catch((error: unknown) => error)
  t.match(refused, { response: { status: 404, data: { resourceType: 'OperationOutcome' } } })
})
