import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { fhirClient, type FhirClient, type FhirClientOptions } from '../../../adapters/fhir-client/index.ts'
import { waitBeforeRetry } from '../../../adapters/fhir-client/retry-after.ts'
import { aBareServer, aClock, aHospitalServer } from './a-hospital-server.ts'

const wallClock = { now: () => new Date() }
const patient = { resourceType: 'Patient', identifier: [{ system: 'urn:x', value: 'N000001' }], gender: 'female' }
const once = (kind: 'unavailable' | 'busy' | 'silent' | 'dropped' | 'refused' | 'expired', count = 1): { kind: typeof kind, rate: number, count: number, seed: number } => ({ kind, rate: 1, count, seed: 1 })

/** A client that waits for nothing and notes how long it would have. */
function aClient (url: string, options: Partial<FhirClientOptions> = {}): { readonly client: FhirClient, readonly waited: number[] } {
  const waited: number[] = []
  return { waited, client: fhirClient({ url, wallClock, sleep: async (ms) => { waited.push(ms) }, ...options }) }
}

async function refusal (work: Promise<unknown>): Promise<{ readonly code: string, readonly message: string, readonly place: string | undefined }> {
  try {
    await work
  } catch (error) {
    return error as { code: string, message: string, place: string | undefined }
  }
  return { code: 'taken', message: '', place: undefined }
}

t.test('a read', async (t) => {
  t.test('finds a resource; one that is not there is nothing', async (t) => {
    const server = await aHospitalServer(t)
    const { resource } = server.resources.write(patient)
    const { client } = aClient(server.url)
    t.strictSame(await client.read('Patient', resource.id), resource)
    t.equal(await client.read('Patient', 'nobody'), null)
    t.match(await client.capabilities(), { resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' })
  })
  t.test('of a busy server → is repeated when the server says, at most so often', async (t) => {
    const server = await aHospitalServer(t, { retryAfterSeconds: 2 })
    const { resource } = server.resources.write(patient)
    const { client, waited } = aClient(server.url)
    for (const kind of ['unavailable', 'busy', 'dropped'] as const) {
      server.setFaults([once(kind)])
      t.match(await client.read('Patient', resource.id), { id: resource.id }, kind)
    }
    t.strictSame(waited, [2000, 2000, 250])
    server.setFaults([once('unavailable', 99)])
    const before = server.requests()
    t.match(await refusal(client.read('Patient', resource.id)), { code: 'OUTSIDE_UNAVAILABLE', place: 'HTTP 503' })
    t.equal(server.requests() - before, 4)
  })
  t.test('of a server that says nothing → ends with its time-out', async (t) => {
    const server = await aHospitalServer(t)
    server.setFaults([once('silent', 99)])
    t.match(await refusal(aClient(server.url, { timeoutMs: 20, attempts: 2 }).client.read('Patient', '1')), { code: 'OUTSIDE_UNAVAILABLE', message: /20 ms/ })
    t.equal(server.requests(), 2)
    const closing = new AbortController()
    const reading = refusal(aClient(server.url, { closing: closing.signal }).client.read('Patient', '1'))
    closing.abort()
    t.match(await reading, { code: 'OUTSIDE_UNAVAILABLE' }, 'and at once when the program stops')
    t.ok(server.requests() <= 3)
  })
  t.test('of too large an answer, or of one that is no FHIR → is refused', async (t) => {
    const server = await aHospitalServer(t)
    const { resource } = server.resources.write({ ...patient, photo: [{ data: 'A'.repeat(5000) }] })
    t.match(await refusal(aClient(server.url, { maxResponseBytes: 4000 }).client.read('Patient', resource.id)), { code: 'OUTSIDE_REFUSED', message: /4000 bytes/ })
    for (const text of ['<html></html>', '[]', '{}']) {
      const other = await aBareServer(t, (_request, response) => { response.end(text) })
      t.match(await refusal(aClient(other.url).client.read('Patient', '1')), { code: 'OUTSIDE_REFUSED', message: /no FHIR JSON/ })
    }
  })
})

t.test('how long to wait', async (t) => {
  const now = new Date('2027-03-01T00:00:00Z')
  const wait = (attempts: number, headers: Record<string, string>): number => waitBeforeRetry(attempts, new Headers(headers), { now, longestMs: 30_000 })
  t.equal(wait(1, { 'retry-after': '7' }), 7000)
  t.equal(wait(1, { 'retry-after': 'Mon, 01 Mar 2027 00:00:09 GMT' }), 9000)
  t.equal(wait(1, { 'retry-after': 'Mon, 01 Mar 2027 08:00:09 GMT', date: 'Mon, 01 Mar 2027 08:00:04 GMT' }), 5000, 'by the clock of the server')
  t.equal(wait(1, { 'retry-after': '86400' }), 30_000, 'never longer than the longest')
  t.equal(wait(1, { 'retry-after': 'Sun, 28 Feb 2027 00:00:00 GMT' }), 0)
  t.strictSame([1, 2, 3].map((attempts) => wait(attempts, { 'retry-after': 'soon' })), [250, 500, 1000])
})

t.test('a write', async (t) => {
  t.test('is kept once by its condition, and refused where somebody else wrote', async (t) => {
    const server = await aHospitalServer(t)
    const { client } = aClient(server.url)
    const created = await client.create(patient, { ifNoneExist: 'identifier=urn:x|N000001' })
    t.match(created, { version: '1', resource: { gender: 'female' } })
    t.strictSame(await client.create(patient, { ifNoneExist: 'identifier=urn:x|N000001' }), created)
    const changed = { ...patient, id: created.id, gender: 'other' }
    t.match(await client.update(changed, { ifMatch: '1' }), { id: created.id, version: '2' })
    t.equal(await client.update(changed, { ifMatch: '1' }), null)
    t.match(await client.update(changed), { version: '3' })
  })
  t.test('that is not answered, or answered with 503, → is not repeated by itself', async (t) => {
    const server = await aHospitalServer(t)
    const { client, waited } = aClient(server.url)
    for (const kind of ['dropped', 'unavailable'] as const) {
      server.setFaults([once(kind)])
      t.match(await refusal(client.create(patient)), { code: 'OUTSIDE_UNAVAILABLE' })
    }
    t.strictSame([server.requests(), waited], [2, []])
  })
  t.test('that the server will not take → is refused with its codes, without its words', async (t) => {
    const server = await aHospitalServer(t)
    server.setFaults([once('refused')])
    const { code, message, place } = await refusal(aClient(server.url).client.create(patient))
    t.strictSame([code, place], ['OUTSIDE_REFUSED', 'HTTP 422'])
    t.match(message, /422 \(business-rule\)/)
    t.notMatch(message, /许|0481/)
  })
  t.test('answered without a body → is known by Location and ETag', async (t) => {
    const server = await aBareServer(t, (_request, response) => { response.writeHead(201, { location: 'http://elsewhere/fhir/Patient/77/_history/4', etag: 'W/"4"' }).end() })
    t.strictSame(await aClient(server.url).client.create(patient), { id: '77', version: '4', resource: null })
  })
  t.test('of several resources at once → answers each in its place', async (t) => {
    const server = await aHospitalServer(t)
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [
      { fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001', resource: patient, request: { method: 'POST', url: 'Patient' } },
      { resource: { resourceType: 'Encounter', subject: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' } }, request: { method: 'POST', url: 'Encounter' } }
    ] }
    const answer = await aClient(server.url).client.transaction(bundle)
    const [first, second] = answer['entry'] as Array<{ resource: { id: string, subject?: unknown } }>
    t.strictSame(second?.resource.subject, { reference: `Patient/${first?.resource.id}` })
  })
})

t.test('a token', async (t) => {
  const credentials = { clientId: 'yiqiao & co', clientSecret: 's:e/c+r et' }
  const secured = async (t: Test, wall = wallClock): Promise<{ server: Awaited<ReturnType<typeof aHospitalServer>>, client: FhirClient }> => {
    const server = await aHospitalServer(t, { credentials, wallClock: wall, tokenLifeMs: 300_000 })
    const clientSecretFile = path.join(t.testdir({ secret: `${credentials.clientSecret}\n` }), 'secret')
    const { client } = aClient(server.url, { wallClock: wall, auth: { tokenUrl: server.tokenUrl, clientId: credentials.clientId, clientSecretFile, scope: 'system/*.read' } })
    return { server, client }
  }
  t.test('is granted once to all who need it, and again before it runs out', async (t) => {
    const wall = aClock('2027-03-01T00:00:00Z')
    const { server, client } = await secured(t, wall)
    await Promise.all(Array.from({ length: 20 }, () => client.read('Patient', '1')))
    t.equal(server.granted(), 1)
    wall.pass(269_000)
    await client.read('Patient', '1')
    t.equal(server.granted(), 1)
    wall.pass(2_000)
    await client.read('Patient', '1')
    t.equal(server.granted(), 2, 'half a minute before its end')
  })
  t.test('that the server no longer takes → is renewed once, also for many at a time', async (t) => {
    const { server, client } = await secured(t)
    server.setFaults([once('expired')])
    t.equal(await client.read('Patient', '1'), null)
    t.equal(server.granted(), 2)
    server.setFaults([once('expired')])
    await Promise.all(Array.from({ length: 20 }, () => client.read('Patient', '1')))
    t.equal(server.granted(), 3)
    server.setFaults([once('expired', 99)])
    t.match(await refusal(client.read('Patient', '1')), { code: 'OUTSIDE_UNAVAILABLE', place: 'HTTP 401' })
  })
  t.test('that is not granted → holds things up, and refuses nothing for good', async (t) => {
    const server = await aHospitalServer(t, { credentials })
    const { client } = aClient(server.url, { auth: { tokenUrl: server.tokenUrl, clientId: 'stranger' } })
    t.match(await refusal(client.create(patient)), { code: 'OUTSIDE_UNAVAILABLE', message: /answered 401.*clientId/ })
    const file = aClient(server.url, { auth: { tokenFile: '/nowhere/token' } }).client
    t.match(await refusal(file.create(patient)), { code: 'OUTSIDE_UNAVAILABLE', message: /cannot be read/ })
  })
  t.test('in a file → is read again when the server refuses it', async (t) => {
    let taken = 'first'
    const server = await aBareServer(t, ({ headers }, response) => { response.writeHead(headers.authorization === `Bearer ${taken}` ? 404 : 401).end() })
    const tokenFile = path.join(t.testdir({ token: 'first\n' }), 'token')
    const { client } = aClient(server.url, { auth: { tokenFile } })
    t.equal(await client.read('Patient', '1'), null)
    taken = 'second'
    t.match(await refusal(client.read('Patient', '1')), { place: 'HTTP 401' })
    writeFileSync(tokenFile, 'second')
    t.equal(await client.read('Patient', '1'), null)
  })
  t.test('never goes to another origin, by a redirect or by a next link', async (t) => {
    const elsewhere = await aBareServer(t, (_request, response) => { response.end('{"resourceType":"Bundle"}') })
    const server = await aBareServer(t, (request, response) => {
      if (request.url?.startsWith('/fhir/Patient?') === true) response.end(JSON.stringify({ resourceType: 'Bundle', link: [{ relation: 'next', url: `${elsewhere.url}/fhir?page=2` }] }))
      else response.writeHead(302, { location: `${elsewhere.url}/fhir/Patient/1` }).end()
    })
    const tokenFile = path.join(t.testdir({ token: 'secret' }), 'token')
    const { client } = aClient(`${server.url}/fhir/`, { auth: { tokenFile } })
    t.match(await refusal(client.read('Patient', '1')), { code: 'OUTSIDE_REFUSED', place: 'HTTP 302' })
    const { nextUrl } = await client.search('Patient', { _count: '1' })
    t.match(await refusal(client.next('Patient', nextUrl ?? '')), { code: 'OUTSIDE_REFUSED', message: /another origin/ })
    t.equal(elsewhere.requests(), 0)
  })
})

t.test('an address with credentials, parameters or another protocol → is refused at the start', async (t) => {
  for (const url of ['ftp://his.example/fhir', 'http://user:word@his.example/fhir', 'http://his.example/fhir?x=1', 'his.example']) {
    t.throws(() => aClient(url), { code: 'REQUEST_INVALID' }, url)
  }
})
