import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { searchValuesIn } from '../../../adapters/fhir/index.ts'
import { hospitalViewNames } from '../../../adapters/simulators/tds/hospital-views.ts'
import { planViewDay, simulatedViewHospital, type SimulatedViewHospital } from '../../../adapters/simulators/tds/simulated-view-hospital.ts'
import { owedByRecord } from '../../../adapters/simulators/hospital/step.ts'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import type { ViewsPoller } from '../../../adapters/his-views/index.ts'
import { composeMappings } from '../../../app/compose/mappings.ts'
import { compareViewJobs, composeViewSources, rowDescriber, rowTranslator, vanishedRows } from '../../../app/compose/view-sources.ts'
import type { ViewsSourceConfig } from '../../../app/site-config.ts'
import { stableIdWith } from '../../../app/stable-id.ts'
import { calendarIn } from '../../../core/clock.ts'
import { applyMessages, type ApplyMessage } from '../../../core/inbox/index.ts'
import { takeIn } from '../../../core/intake/index.ts'
import { owedByPerson, patientReceivable } from '../../../core/ledger/index.ts'
import type { Job } from '../../../core/operations/index.ts'
import { plainBooking } from '../../fixtures/booking.ts'
import { seedSettings } from '../../fixtures/pay-after-care.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

const calendar = calendarIn('Asia/Shanghai')
const stableId = stableIdWith(Buffer.from('a key of this test alone'))
const plan = { hospital: 'south', seed: 5, patients: 6, date: '2027-03-01' }
const ids = { next: randomUUID }

interface South {
  readonly store: Store
  readonly hospital: SimulatedViewHospital
  readonly poller: ViewsPoller
  readonly jobs: readonly Job[]
  readonly source: ViewsSourceConfig
  readonly describe: ReturnType<typeof rowDescriber>
  readonly time: { now: Date }
  /** Looks, and applies all that waits; how many messages came, and which died. */
  readonly takeIn: () => Promise<{ readonly came: number, readonly dead: readonly string[] }>
}

async function southHospital (t: Teardown): Promise<South> {
  const store = await freshStore(t)
  const time = { now: new Date('2027-03-01T00:00:00Z') }
  const clock = { now: () => time.now }
  const hospital = await simulatedViewHospital({ ...plan, host: '127.0.0.1', port: 0, user: 'reader', password: 'not-a-secret', tls: null, clock, calendar })
  const folder = await mkdtemp(join(tmpdir(), 'yiqiao-views-'))
  await writeFile(join(folder, 'password'), 'not-a-secret\n')
  const source: ViewsSourceConfig = {
    name: 'south', kind: 'views', hospital: 'south', host: '127.0.0.1', port: hospital.port, database: 'HIS', user: 'reader', passwordFile: join(folder, 'password'), encrypt: false,
    views: hospitalViewNames, pageSize: 50, rereadDays: 3, compareAt: '02:30', pollMs: 86_400_000, timeoutMs: 5_000, mappingSite: 'base', silentAfterMs: 0
  }
  const { sites, factsOf, checkResource } = await composeMappings({ mappingsDir: 'mappings', sites: [] })
  const pollers = composeViewSources({ sources: [source] }, {
    sites, ids, clock, calendar, wallClock: clock, random: () => 0, inTransaction: store.inTransaction, inReading: store.inReading, notify: () => undefined,
    leaseOf: () => ({ hold: async () => true, release: async () => undefined }), isPaused: () => false
  })
  const poller = pollers.get('south')
  if (poller === undefined) throw new Error('the source is not followed')
  t.teardown(async () => {
    await poller.stop()
    await hospital.close()
    await rm(folder, { recursive: true })
  })
  const translate = rowTranslator({ sites, checkResource, stableId, zone: 'Asia/Shanghai' }, () => 'base')
  const apply: ApplyMessage<Stores> = async (stores, message) => {
    const { changes, version, notes } = translate(message)
    const hashOf = (base64: string): string => createHash('sha1').update(Buffer.from(base64, 'base64')).digest('base64')
    const { produced } = await takeIn({ ...stores, factsOf, searchValuesOf: searchValuesIn('Asia/Shanghai'), stableId, hashOf, ids, calendar, destinations: [], billing: { settings: seedSettings, hasInsurance: false }, booking: plainBooking, hearAnswer: async () => undefined }, changes, time.now)
    return { mappingVersion: version, produced, notes }
  }
  return {
    store, hospital, poller, source, time,
    describe: rowDescriber(sites),
    jobs: compareViewJobs({ sources: [source] }, { compare: (_source, dueAt) => poller.compare(dueAt), inTransaction: store.inTransaction, ids, onCall: [] }),
    takeIn: async () => {
      await poller.look()
      return applyAll(store, apply)
    }
  }
}

async function applyAll (store: Store, apply: ApplyMessage<Stores>): Promise<{ came: number, dead: string[] }> {
  const clock = { now: () => new Date('2027-03-01T12:00:00Z') }
  const ended = { came: 0, dead: [] as string[] }
  for (let queued = await store.inReading(({ inbox }) => inbox.queued(0, 20)); queued.length > 0; queued = await store.inReading(({ inbox }) => inbox.queued(0, 20))) {
    const settled = await applyMessages({ inTransaction: store.inTransaction, apply, clock, wallClock: clock, random: () => 0 }, queued)
    ended.came += queued.length
    ended.dead.push(...settled.flatMap((one) => one.kind === 'applied' ? [] : [one.kind === 'dead' ? `${one.failure.code} ${one.failure.detail}` : one.kind]))
  }
  return ended
}

const owedBy = (store: Store, mrn: string): Promise<number> =>
  store.inReading(async (stores) => (await stores.ledger.balances([patientReceivable(stableId('south', 'Patient', mrn))])).reduce((sum, { balanceFen }) => sum + balanceFen, 0))

t.test('a day of a hospital that only shows views', async (t) => {
  const south = await southHospital(t)
  const { store, hospital, time, poller } = south
  hospital.playDay()
  t.strictSame(hospital.catchUp(), 28, 'has its roster before the first patient')
  await south.takeIn()
  time.now = new Date('2027-03-01T04:00:00Z')
  hospital.catchUp()
  t.strictSame((await south.takeIn()).dead, [])
  time.now = new Date('2027-03-01T10:00:00Z')
  hospital.catchUp()
  t.strictSame((await south.takeIn()).dead, [])

  const events = planViewDay(plan)
  const expected = owedByRecord(events)
  t.ok(expected.size >= plan.patients)
  const merged = events.flatMap(({ event }) => event.kind === 'merge' ? [event] : [])
  const survivors = new Map(merged.map(({ person, retiredMrn }) => [retiredMrn, person.mrn]))
  for (const [record, fen] of expected) {
    const mrn = record.replace('south ', '')
    const owed = await store.inReading((stores) => owedByPerson(stores, stableId('south', 'Patient', survivors.get(mrn) ?? mrn)))
    t.equal(owed.owedFen, fen, '→ ends in what its patients owe')
  }
  const visits = await store.inReading(({ visits }) => visits.list({ patientIds: null, hospitalId: 'south', state: null }, { limit: 100, offset: 0 }))
  const states = visits.map(({ state }) => state)
  t.strictSame([states.filter((state) => state === 'closed').length, states.filter((state) => state === 'cancelled').length, states.length], [plan.patients + 1, 1, plan.patients + 2], '→ with every visit closed, one cancelled')
  t.ok(visits.every(({ visitNumber, department, practitionerId }) => visitNumber !== null && department !== null && practitionerId !== null))
  const slots = await store.inReading(({ records }) => records.current(['5001-2027-03-01-AM', '5002-2027-03-07-PM'].map((number) => ({ type: 'Slot', id: stableId('south', 'Slot', number) }))))
  t.match(slots.map(({ resource }) => resource), [{ start: '2027-03-01T08:00:00+08:00', status: 'free' }, { end: '2027-03-07T17:30:00+08:00' }], '→ with the doctors’ shifts as slots')
  const photo = events.find(({ kind }) => kind === 'photo_taken')?.key ?? ''
  const [pictured] = await store.inReading(({ records }) => records.current([{ type: 'Patient', id: stableId('south', 'Patient', photo) }]))
  t.match(pictured?.resource['photo'], [{ contentType: 'image/jpeg' }])

  t.strictSame(await south.takeIn(), { came: 0, dead: [] }, 'looked at again → changes nothing')
  t.strictSame(hospital.items(new Date('2027-03-01T09:00:00Z')).every(({ kind, key }) => kind === 'row' && key.includes('/')), true)
  t.match(poller.status(), { state: 'up', views: Array.from({ length: 6 }, () => ({ state: 'up' })) })
})

t.test('a charge that vanishes from its view', async (t) => {
  const { store, hospital, time, takeIn, jobs: [job], source, describe } = await southHospital(t)
  hospital.act({ act: 'day', key: null })
  await takeIn()
  const charge = planViewDay(plan).find(({ kind }) => kind === 'charged')
  const line = charge?.event.kind === 'transactions' ? charge.event.lines[0] : undefined
  const before = await owedBy(store, charge?.money[0]?.mrn ?? '')
  hospital.act({ act: 'delete', key: `charges/${line?.id ?? ''}` })
  time.now = new Date('2027-03-01T18:30:00Z')
  t.match(job, { name: 'compare-views-south', schedule: '30 2 * * *' })
  t.match(await job?.run(time.now), { missed: 0, changed: 0, vanished: 1 })
  t.match(await store.inReading(({ alerts }) => alerts.open()), [{ key: 'job:compare-views-south', detail: '1 rows of south are gone from its views since the comparison before' }], '→ is told to whoever is on call')
  t.strictSame(await vanishedRows(store.inReading)({ source: 'south', view: 'charges' }), { count: 1, keys: [line?.id] }, '→ is shown')
  t.equal(await owedBy(store, charge?.money[0]?.mrn ?? ''), before, '→ and still owed')
  time.now = new Date('2027-03-02T18:30:00Z')
  await job?.run(time.now)
  t.strictSame(await store.inReading(({ alerts }) => alerts.open()), [], 'the next night nothing more is gone')

  const [kept] = await store.inReading(({ inbox }) => inbox.list({ type: 'view:charges' }, { limit: 1, before: null }))
  const [message] = await store.inReading(({ inbox }) => inbox.load([kept?.id ?? '']))
  t.match(message === undefined ? null : describe(message, source), { controlId: message?.controlId, contentHash: message?.contentHash, lanes: message?.lanes, parked: null })
})

t.test('a hospital of the demo', async (t) => {
  const { hospital, takeIn } = await southHospital(t)
  hospital.playDay()
  hospital.act({ act: 'hold', key: null })
  hospital.catchUp()
  t.equal((await takeIn()).came, 0, 'in the middle of a long transaction → shows nothing of it')
  hospital.act({ act: 'release', key: null })
  t.equal((await takeIn()).came, 28)
  hospital.act({ act: 'down', key: null })
  t.equal((await takeIn()).came, 0)
  hospital.act({ act: 'up', key: null })
  hospital.act({ act: 'day', key: null })
  t.not((await takeIn()).came, 0)
  t.throws(() => hospital.act({ act: 'dance', key: null }), { code: 'REQUEST_INVALID' })
  t.throws(() => hospital.act({ act: 'delete', key: 'nothing/1' }), { code: 'REQUEST_INVALID' })
})
