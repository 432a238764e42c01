import t from 'tap'
import { hospitalViewNames } from '../../../adapters/simulators/tds/hospital-views.ts'
import { codeOf as codeOfError } from '../../../core/back-off.ts'
import { aCharge, aFollowedHospital, aPatient, pem, type FollowedHospital } from './a-followed-hospital.ts'
import type { SqlFaultKind } from '../../../adapters/simulators/tds/sql-server.ts'
import type { SqlType } from '../../../adapters/simulators/tds/values.ts'

const once = (kind: SqlFaultKind, count = 1): Parameters<FollowedHospital['server']['setFaults']>[0] => [{ kind, rate: 1, count, seed: 1 }]

function retype (hospital: FollowedHospital, view: 'patients' | 'charges', change: Readonly<Record<string, SqlType | null>>): void {
  const state = hospital.database.view(hospitalViewNames[view])
  if (state === undefined) return
  state.columns = state.columns.flatMap((column) => {
    const type = change[column.name]
    return type === null ? [] : [{ name: column.name, type: type ?? column.type }]
  })
}

t.test('a login that is refused → is told for every view, and passes when it is put right', async (t) => {
  const { look, write, poller, codeOf } = await aFollowedHospital(t, { prepare: (_database, server) => { server.setFaults(once('login_refused')) } })
  write('patients', aPatient('S1'))
  t.strictSame(await look(), [])
  const { views, ...source } = poller.status()
  t.match(source, { state: 'down', code: 'VIEW_LOGIN_REFUSED' })
  t.ok(views.every(({ code }) => code === 'VIEW_LOGIN_REFUSED'))
  t.notMatch(JSON.stringify(poller.status()), 'not-a-secret')
  t.strictSame(await look(), ['patients/S1'])
  t.strictSame([codeOf('patients'), poller.status().state], [null, 'up'])
})

t.test('a server that is down → is told, and read on from where it was', async (t) => {
  const { look, write, server, poller } = await aFollowedHospital(t)
  write('patients', aPatient('S1'))
  await look()
  server.setUp(false)
  await look()
  t.match(poller.status(), { state: 'down', code: 'VIEW_SERVER_UNREACHABLE' })
  write('patients', aPatient('S2'))
  server.setUp(true)
  t.strictSame(await look(), ['patients/S2'])
  t.equal(poller.status().state, 'up')
})

t.test('a connection that breaks in the middle of a result → takes in nothing twice and loses nothing', async (t) => {
  const { look, write, server, codeOf } = await aFollowedHospital(t, { pageSize: 10, views: ['patients'] })
  await look()
  for (let number = 10; number < 35; number++) write('patients', aPatient(`S${number}`))
  server.setFaults([{ kind: 'dropped', rate: 0.4, count: 2, seed: 7 }])
  const numbers: string[] = []
  for (let tries = 0; tries < 4; tries++) numbers.push(...await look())
  t.strictSame(numbers, Array.from({ length: 25 }, (_, place) => `patients/S${place + 10}`))
  t.equal(codeOf('patients'), null)
})

t.test('a view', async (t) => {
  t.test('whose needed column is gone → is down, names it, and stops no other', async (t) => {
    const hospital = await aFollowedHospital(t)
    retype(hospital, 'charges', { amount: null })
    hospital.write('charges', aCharge('T1'))
    hospital.write('patients', aPatient('S1'))
    t.strictSame(await hospital.look(), ['patients/S1'])
    const charges = hospital.poller.status().views.find(({ view }) => view === 'charges')
    t.match(charges, { state: 'down', code: 'VIEW_COLUMN_MISSING', detail: /^View charges has no column amount\./ })
    t.match(hospital.poller.status(), { state: 'down', code: 'VIEW_COLUMN_MISSING', detail: /^charges: / })
    t.equal(hospital.codeOf('patients'), null)
  })

  t.test('whose column changed its type → is down where the type loses something', async (t) => {
    const hospital = await aFollowedHospital(t)
    retype(hospital, 'charges', { amount: 'float' })
    await hospital.look()
    t.match(hospital.poller.status().views.find(({ view }) => view === 'charges'), { code: 'VIEW_COLUMN_CHANGED', detail: /amount of view charges has the type float/ })
    retype(hospital, 'charges', { amount: 'int' })
    hospital.write('charges', aCharge('T1', { amount: '15' }))
    t.strictSame([await hospital.look(), hospital.codeOf('charges')], [['charges/T1'], null])
  })

  t.test('with more or fewer columns than agreed → is read, with a note', async (t) => {
    const hospital = await aFollowedHospital(t)
    retype(hospital, 'patients', { phone: null })
    hospital.write('patients', aPatient('S1'))
    await hospital.look()
    t.strictSame(hospital.poller.status().views.find(({ view }) => view === 'patients')?.notes, ['columns that are not read: remark', 'columns that the view does not have: phone'])
  })

  t.test('without rowversion and without a time → cannot be followed', async (t) => {
    const hospital = await aFollowedHospital(t)
    retype(hospital, 'patients', { row_version: null, updated_at: null })
    await hospital.look()
    t.match(hospital.poller.status().views.find(({ view }) => view === 'patients'), { code: 'VIEW_COLUMN_MISSING', detail: /row_version or updated_at/ })
  })

  t.test('that is not there, or whose key is not unique → says so', async (t) => {
    const { look, codeOf } = await aFollowedHospital(t, { names: { patients: 'dbo.v_nothing' } })
    await look()
    t.equal(codeOf('patients'), 'VIEW_NOT_FOUND')
    const doubled = await aFollowedHospital(t)
    doubled.write('charges', aCharge('T1'))
    doubled.write('charges', aCharge('T1 ', { amount: '16.00' }))
    t.strictSame([await doubled.look(), doubled.codeOf('charges')], [[], 'VIEW_KEY_AMBIGUOUS'])
  })

  t.test('with rows that have no key → counts them', async (t) => {
    const { look, write, poller } = await aFollowedHospital(t)
    write('patients', aPatient(''))
    write('patients', aPatient('S1'))
    t.strictSame(await look(), ['patients/S1'])
    t.equal(poller.status().views.find(({ view }) => view === 'patients')?.keyless, 1)
  })

  t.test('whose read is given up for others → is tried again', async (t) => {
    const { look, write, server, codeOf } = await aFollowedHospital(t, { views: ['patients'] })
    await look()
    write('patients', aPatient('S1'))
    server.setFaults(once('deadlock'))
    t.strictSame([await look(), codeOf('patients')], [[], 'VIEW_BUSY'])
    t.strictSame([await look(), codeOf('patients')], [['patients/S1'], null])
    server.setFaults(once('column_missing'))
    t.strictSame([await look(), codeOf('patients')], [[], 'VIEW_COLUMN_MISSING'])
  })

  t.test('that is slow → is asked for less at once, then left alone for a while', async (t) => {
    const { look, write, server, codeOf, poller } = await aFollowedHospital(t, { views: ['patients'], pageSize: 100, timeoutMs: 300 })
    await look()
    for (let number = 100; number < 160; number++) write('patients', aPatient(`S${number}`))
    server.setFaults([{ kind: 'slow', rate: 0.5, count: 1, seed: 3 }])
    const found = [...await look(), ...await look()]
    t.equal(found.length, 60)
    t.strictSame([codeOf('patients'), (poller.status().views[0]?.pageSize ?? 100) <= 100], [null, true])
    server.setFaults(once('slow', 9))
    t.strictSame([await look(), codeOf('patients')], [[], 'VIEW_SLOW'])
  })
})

t.test('a source that is paused, or that another node reads → is not looked at', async (t) => {
  const state = { isPaused: true, isMine: true }
  const { look, write, poller, time } = await aFollowedHospital(t, {
    deps: () => ({ isPaused: () => state.isPaused, lease: { hold: async () => state.isMine, release: async () => undefined } })
  })
  write('patients', aPatient('S1'))
  t.strictSame([await look(), poller.status().state], [[], 'paused'])
  t.strictSame(await poller.compare(time.now), { compared: 0, missed: 0, changed: 0, vanished: 0 })
  Object.assign(state, { isPaused: false, isMine: false })
  t.strictSame([await look(), poller.status().state], [[], 'paused'])
  state.isMine = true
  t.strictSame([await look(), poller.status().state], [['patients/S1'], 'up'])
})

t.test('TLS', async (t) => {
  const known = await aFollowedHospital(t, { tls: true, server: { ca: pem('ca') } })
  known.write('patients', aPatient('S1'))
  t.strictSame(await known.look(), ['patients/S1'], 'to a server whose authority is known → is read through')
  const stranger = await aFollowedHospital(t, { tls: true })
  await stranger.look()
  t.equal(stranger.codeOf('patients'), 'VIEW_SERVER_UNREACHABLE', 'to one of an unknown authority → is refused')
  const plain = await aFollowedHospital(t, { server: { encrypt: true } })
  await plain.look()
  t.equal(plain.codeOf('patients'), 'VIEW_SERVER_UNREACHABLE', 'asked of a server that has none → is no reason to go on without')
})

t.test('a name of a view that is no plain name → is refused before anything is sent', async (t) => {
  for (const name of ['v; drop table x', 'dbo.v]--', 'a.b.c', "v'", '']) {
    await t.rejects(aFollowedHospital(t, { names: { patients: name } }).catch((error: unknown) => { throw new Error(String(codeOfError(error))) }), { message: 'VIEW_NAME_INVALID' })
  }
  const { look, codeOf } = await aFollowedHospital(t, { names: { patients: 'dbo.病人视图' } })
  await look()
  t.equal(codeOf('patients'), 'VIEW_NOT_FOUND', 'a Chinese name is one')
})
