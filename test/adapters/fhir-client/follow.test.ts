import fc from 'fast-check'
import t from 'tap'
import type { FhirFaultKind } from '../../../adapters/simulators/fhir-server/server-state.ts'
import type { Store } from '../../../adapters/store/index.ts'
import type { Resource } from '../../../core/records/index.ts'
import { freshStore } from '../../fixtures/store.ts'
import { fhirClient, type FhirClient } from '../../../adapters/fhir-client/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { aFollower, messagesOf, stableId } from './a-follower.ts'
import { aHospitalServer, type HospitalServer } from './a-hospital-server.ts'

const mr = (value: string): unknown => [{ type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] }, value }]
const aPatient = (number: string): Resource => ({ resourceType: 'Patient', identifier: mr(number) })
const always = (...kinds: readonly FhirFaultKind[]): Parameters<HospitalServer['setFaults']>[0] => kinds.map((kind) => ({ kind, rate: 1, count: null, seed: 1 }))
const times = (kind: FhirFaultKind, count: number): Parameters<HospitalServer['setFaults']>[0] => [{ kind, rate: 1, count, seed: 1 }]
const controlIds = async (store: Store): Promise<ReadonlyArray<string | null>> => (await messagesOf(store)).map(({ controlId }) => controlId)

t.test('a look', async (t) => {
  t.test('puts each version of each resource into the inbox once, as it came', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t)]
    const patient = server.resources.write(aPatient('N000001')).resource
    const visit = server.resources.write({ resourceType: 'Encounter', status: 'in-progress', subject: { reference: `${server.url}/Patient/${patient.id}` } }).resource
    const follower = aFollower(store, server.url)
    await follower.look()
    await follower.look()
    const [first, second, ...more] = await messagesOf(store)
    t.strictSame(more, [])
    t.match(first, { format: 'fhir', type: 'Patient', controlId: `Patient/${patient.id}/_history/1`, dedupeKey: `Patient/${patient.id}/1`, hospitalId: 'north', charset: 'utf8', status: 'received', lanes: ['north:patient:N000001'] })
    t.match(second, { type: 'Encounter', lanes: ['north:patient:N000001', `north:fhir:Encounter/${visit.id}`], sentAt: new Date('2027-03-01T07:30:00+08:00') })
    t.strictSame(JSON.parse(Buffer.from(second?.raw ?? []).toString()), visit)
    t.strictSame([follower.notified(), follower.status().state, follower.status().detail], [2, 'up', null])
    server.pass(1_000)
    server.resources.write({ ...patient, gender: 'female' })
    await follower.look()
    t.strictSame((await controlIds(store)).at(-1), `Patient/${patient.id}/_history/2`)
  })
  t.test('gives our ids before anything is applied; the first one stays', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t)]
    const named = server.resources.write(aPatient('N000001')).resource
    const unnamed = server.resources.write({ resourceType: 'Patient' }).resource
    const follower = aFollower(store, server.url)
    await follower.look()
    server.resources.write({ ...aPatient('N000009'), id: named.id })
    await follower.look()
    const found = await store.inReading(({ remoteIds }) => remoteIds.find('north', [named, unnamed].map(({ id }) => ({ type: 'Patient', remoteId: id }))))
    t.strictSame(found.map(({ recordId, key }) => [recordId, key]), [
      [stableId('north', 'Patient', 'N000001'), 'N000001'],
      [stableId('north', 'Patient', `remote:north:${unnamed.id}`), null]
    ])
  })
  t.test('fetches what is referred to and was not seen: a visit never waits for its patient', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t)]
    const older = server.resources.write(aPatient('N000001')).resource
    server.pass(3_600_000)
    const survivor = server.resources.write({ ...aPatient('N000002'), link: [{ type: 'replaces', other: { reference: `Patient/${older.id}` } }] }).resource
    const visit = server.resources.write({ resourceType: 'Encounter', subject: { reference: `Patient/${survivor.id}` }, partOf: { reference: 'Encounter/gone' }, serviceProvider: { reference: 'Organization/7' } }).resource
    await aFollower(store, server.url, { since: new Date('2027-03-01T08:00:00+08:00'), types: ['Encounter', 'Patient'] }).look()
    t.strictSame((await messagesOf(store)).map(({ type, lanes }) => [type, lanes]), [
      ['Patient', ['north:patient:N000001']],
      ['Patient', ['north:patient:N000002', 'north:patient:N000001']],
      ['Encounter', ['north:patient:N000002', `north:fhir:Encounter/${visit.id}`]]
    ])
    t.match(await store.inReading(({ remoteIds }) => remoteIds.find('north', [{ type: 'Encounter', remoteId: 'gone' }])), [{ recordId: null }])
  })
  t.test('at a server that counts no versions → tells them apart by content', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t, { hasVersionIds: false })]
    const { resource } = server.resources.write(aPatient('N000001'))
    const follower = aFollower(store, server.url)
    await follower.look()
    server.resources.write({ ...resource, gender: 'male' })
    await aFollower(store, server.url).look()
    t.strictSame(await controlIds(store), [`Patient/${resource.id}`, `Patient/${resource.id}`])
  })
  t.test('of a day that was stamped in one instant, more than a page holds → reads all of it', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t)]
    for (let number = 0; number < 23; number++) server.resources.write(aPatient(`N${number}`))
    server.pass(1)
    server.resources.write(aPatient('N99'))
    const follower = aFollower(store, server.url, { pageSize: 4 })
    await follower.look()
    t.equal(new Set(await controlIds(store)).size, 24)
    const before = server.requests()
    await follower.look()
    t.ok(server.requests() - before < 16, 'a crowd that stands still is read once')
  })
  t.test('is not led astray by a stamp of another century', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t)]
    server.pass(100 * 365 * 86_400_000)
    server.resources.write(aPatient('N1'))
    const follower = aFollower(store, server.url)
    await follower.look()
    const honest = await aHospitalServer(t)
    honest.resources.write(aPatient('N2'))
    await aFollower(store, honest.url).look()
    t.equal((await messagesOf(store)).length, 2)
  })
})

t.test('a server with manners of its own', async (t) => {
  for (const [kinds, words] of [[['unsorted'], /does not sort.*Patient/], [['unfiltered'], /pays no heed.*Patient/]] as const) {
    t.test(`(${kinds.join()}) → is read from end to end, and its status says so`, async (t) => {
      const [store, server] = [await freshStore(t), await aHospitalServer(t)]
      server.setFaults(always(...kinds))
      const follower = aFollower(store, server.url, { pageSize: 3, types: ['Patient'] })
      for (let number = 0; number < 30; number++) {
        server.resources.write(aPatient(`N${number}`))
        server.pass(90_000)
        if (number % 10 === 9) await follower.look()
      }
      t.equal(new Set(await controlIds(store)).size, 30)
      await follower.look()
      t.match(follower.status(), { state: 'up', code: null, detail: words })
    })
  }
})

t.test('trouble', async (t) => {
  t.test('of the server → is told by the status, and over when it is over', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t)]
    server.resources.write(aPatient('N1'))
    server.setUp(false)
    const faults: string[] = []
    const follower = aFollower(store, server.url, { deps: { on: { fault: (code) => { faults.push(code) } } } })
    t.equal(follower.status().state, 'starting')
    await follower.look()
    t.match(follower.status(), { state: 'down', code: 'OUTSIDE_UNAVAILABLE', detail: /503/ })
    server.setUp(true)
    await follower.look()
    t.match(follower.status(), { state: 'up', code: null, detail: null })
    t.strictSame(faults, ['OUTSIDE_UNAVAILABLE'])
  })
  t.test('with one type → does not hold up the others', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t)]
    server.resources.write({ resourceType: 'Encounter' })
    server.setFaults(times('refused', 1))
    const follower = aFollower(store, server.url)
    await follower.look()
    t.match(follower.status(), { state: 'down', code: 'OUTSIDE_REFUSED', detail: /^Patient: .*422/ })
    t.equal((await messagesOf(store)).length, 1)
  })
  t.test('with one resource that is referred to → does not hold up what comes behind', async (t) => {
    for (const place of ['HTTP 500', 'HTTP 422']) {
      const [store, server] = [await freshStore(t), await aHospitalServer(t)]
      const broken = server.resources.write(aPatient('N1')).resource
      server.pass(3_600_000)
      const sound = server.resources.write(aPatient('N2')).resource
      for (const { id } of [broken, sound]) server.resources.write({ resourceType: 'Encounter', subject: { reference: `Patient/${id}` } })
      const client = fhirClient({ url: server.url, wallClock: { now: () => new Date() } })
      const read: FhirClient['read'] = async (type, id) => {
        if (id === broken.id) throw new DomainError(place === 'HTTP 500' ? 'OUTSIDE_UNAVAILABLE' : 'OUTSIDE_REFUSED', 'The server fails on this one.', place)
        return client.read(type, id)
      }
      const follower = aFollower(store, server.url, { since: new Date('2027-03-01T08:00:00+08:00'), types: ['Encounter'], deps: { client: { ...client, read } } })
      await follower.look()
      t.match(follower.status(), { state: 'up' })
      t.strictSame((await messagesOf(store)).map(({ type }) => type), ['Patient', 'Encounter', 'Encounter'])
      t.strictSame(await store.inReading(({ remoteIds }) => remoteIds.find('north', [{ type: 'Patient', remoteId: broken.id }])), [], 'so that applying waits for it')
    }
  })
  t.test('a paused source, or one that another node reads → is not asked', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t)]
    const held = { paused: true, elsewhere: true }
    const follower = aFollower(store, server.url, { deps: { isPaused: () => held.paused, lease: { hold: async () => !held.elsewhere, release: async () => undefined } } })
    await follower.look()
    t.equal(follower.status().state, 'paused')
    held.paused = false
    await follower.look()
    t.match(follower.status(), { state: 'paused', detail: /Another node/ })
    t.equal(server.requests(), 0)
    held.elsewhere = false
    await follower.look()
    t.match(follower.status(), { state: 'up', detail: null })
    held.elsewhere = true
    await follower.look()
    t.match(follower.status(), { state: 'paused', detail: /Another node/ }, 'what this node saw before is not told as if it were now')
  })
  t.test('by itself it looks again and again, later after trouble, until it is stopped', async (t) => {
    const [store, server] = [await freshStore(t), await aHospitalServer(t)]
    const waits: number[] = []
    let woken = (): void => undefined
    const released: string[] = []
    const waited = new Promise<void>((resolve) => { woken = resolve })
    server.setUp(false)
    const follower = aFollower(store, server.url, { pollMs: 1_500, deps: {
      lease: { hold: async () => true, release: async () => { released.push('released') } },
      wait: async (ms, signal) => {
        waits.push(Math.round(ms / 100) * 100)
        if (waits.length === 2) server.setUp(true)
        if (waits.length < 4) return
        woken()
        await new Promise<void>((resolve) => { signal.addEventListener('abort', () => { resolve() }) })
      }
    } })
    await waited
    t.strictSame(waits, [1_500, 2_000, 1_500, 1_500])
    await follower.stop()
    t.strictSame(released, ['released'])
  })
})

type Step =
  | { readonly kind: 'burst' | 'change' | 'hold', readonly which: number }
  | { readonly kind: 'pass', readonly ms: number }
  | { readonly kind: 'look', readonly crash: 'never' | 'before' | 'after', readonly at: number, readonly meanwhile: readonly number[] }

const overlapMs = 4_000
const aStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('burst' as const, 'change' as const, 'hold' as const), which: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 700, 1_000, 3_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('look' as const), crash: fc.constantFrom('never' as const, 'never' as const, 'before' as const, 'after' as const), at: fc.nat(4), meanwhile: fc.array(fc.nat(30), { maxLength: 24 }) }) }
)
const aServer = fc.record({ pageSize: fc.integer({ min: 1, max: 4 }), precisionMs: fc.constantFrom(1, 1_000), hasVersionIds: fc.boolean(), faults: fc.constantFrom<readonly FhirFaultKind[]>([], [], ['unsorted'], ['unfiltered']) })

t.test('whatever happens between, while and after looks → what the server shows in the end came, and nothing came twice', async (t) => {
  const store = await freshStore(t)
  let run = 0
  await fc.assert(fc.asyncProperty(aServer, fc.array(aStep, { minLength: 8, maxLength: 40 }), async (manners, steps) => {
    const name = `north-${run += 1}`
    const { server, shown } = await play(store, { name, manners, steps })
    const came = (await messagesOf(store, name)).map(({ raw, status }) => `${status} ${Buffer.from(raw).toString()}`)
    await server.close()
    const missing = shown.filter((text) => !came.includes(`received ${text}`))
    if (missing.length > 0) throw new Error(`did not come: ${missing.join()}`)
    if (new Set(came).size !== came.length) throw new Error('came twice')
  }), { numRuns: 60 })
})

interface Play {
  readonly name: string
  readonly manners: { readonly pageSize: number, readonly precisionMs: number, readonly hasVersionIds: boolean, readonly faults: readonly FhirFaultKind[] }
  readonly steps: readonly Step[]
}

async function play (store: Store, { name, manners, steps }: Play): Promise<{ readonly server: HospitalServer, readonly shown: readonly string[] }> {
  const server = await aHospitalServer({ teardown: () => undefined }, manners)
  server.setFaults(always(...manners.faults))
  const held: Array<{ readonly commit: () => void, age: number }> = []
  let count = 0
  const change = (which: number, isHeld = false): void => {
    const there = server.resources.all('Patient')
    const patient = there[which % Math.max(1, there.length)] ?? aPatient('N0')
    const { commit } = server.resources.write({ ...patient, multipleBirthInteger: count += 1 }, { isHeld })
    if (isHeld) held.push({ commit, age: 0 })
  }
  // A transaction ends at most so long after its time stamp, by the server's clock.
  const pass = (ms: number): void => {
    for (const each of held) each.age += ms
    for (const late of held.filter(({ age }) => age > overlapMs - 1_000)) { late.commit(); held.splice(held.indexOf(late), 1) }
    server.pass(ms)
  }
  const now: { meanwhile: number[], crash: 'never' | 'before' | 'after', crashIn: number } = { meanwhile: [], crash: 'never', crashIn: 0 }
  const begin = (): ReturnType<typeof aFollower> => aFollower(store, server.url, {
    name, types: ['Patient'], pageSize: manners.pageSize, overlapMs,
    between: () => { const which = now.meanwhile.shift(); if (which !== undefined) { change(which, which % 5 === 0); pass(which % 3 * 500) } },
    deps: {
      inTransaction: async (work) => {
        const crashes = now.crash !== 'never' && now.crashIn-- === 0
        if (crashes && now.crash === 'before') throw new Error('the power went')
        const result = await store.inTransaction(work)
        if (crashes) throw new Error('the power went')
        return result
      }
    }
  })
  let follower = begin()
  for (const step of steps) {
    if (step.kind === 'burst') for (let more = step.which % 4; more >= 0; more--) server.resources.write({ ...aPatient(`N${step.which}`), multipleBirthInteger: count += 1 })
    else if (step.kind === 'pass') pass(step.ms)
    else if (step.kind !== 'look') change(step.which, step.kind === 'hold')
    else {
      Object.assign(now, { meanwhile: [...step.meanwhile], crash: step.crash, crashIn: step.at })
      await follower.look()
      // After a crash all that was in memory is gone.
      if (follower.status().state === 'down') follower = begin()
    }
  }
  Object.assign(now, { meanwhile: [], crash: 'never' })
  for (const { commit } of held) commit()
  await follower.look()
  await follower.look()
  return { server, shown: server.resources.all('Patient').map((resource) => JSON.stringify(resource)) }
}
