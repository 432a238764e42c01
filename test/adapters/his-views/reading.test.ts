import t from 'tap'
import { describeRow, readRowMessage } from '../../../adapters/his-views/index.ts'
import { hospitalViewNames } from '../../../adapters/simulators/tds/hospital-views.ts'
import { rowTranslator } from '../../../app/compose/view-sources.ts'
import { DomainError } from '../../../core/errors.ts'
import { aCharge, aFollowedHospital, aPatient, aShift, baseMapping } from './a-followed-hospital.ts'

t.test('a row of a view → is kept as it stands, in the lane of its patient', async (t) => {
  const { write, poller, taken } = await aFollowedHospital(t)
  write('patients', aPatient('S1'))
  write('charges', aCharge('T1', { amount: '-0.05', quantity: '2.5000' }))
  await poller.look()
  const [patient, charge] = await taken()
  t.match(patient, { source: 'south', hospitalId: 'south', format: 'row', type: 'view:patients', controlId: 'patients/S1', charset: 'utf8', lanes: ['south:patient:S1'], status: 'received', parked: null })
  t.strictSame(readRowMessage(patient?.raw ?? new Uint8Array()), { view: 'patients', revision: 1, row: {
    patient_no: 'S1', name: '曹𬍛', sex: '男', birth_date: '1968-12-30', id_card_no: null, phone: '000-0000-0601', address: '无名市样例街1号', merged_into: null, face_consent: null, face_consent_at: null, updated_at: '2027-03-01T09:00:00.250'
  } })
  t.match(readRowMessage(charge?.raw ?? new Uint8Array()).row, { amount: '-0.0500', quantity: '2.5000', charged_at: '2027-03-01T09:10:00' })
  for (const message of [patient, charge]) {
    const { contentHash, controlId, type, trigger, sentAt, charset, lanes, parked } = message ?? {}
    t.strictSame(describeRow(message?.raw ?? new Uint8Array(), { hospitalId: 'south', views: baseMapping.views }), { contentHash, controlId, type, trigger, sentAt, charset, lanes, parked }, 'and reads the same anew')
  }
  t.match(describeRow(Buffer.from('{"view":"patients"}'), { hospitalId: 'south', views: baseMapping.views }), { lanes: [], parked: { code: 'MESSAGE_MALFORMED' } })
})

t.test('a row', async (t) => {
  const { write, look, database } = await aFollowedHospital(t)
  write('patients', aPatient('S1'))
  write('roster', aShift('R1'))
  t.strictSame(await look(), ['patients/S1', 'roster/R1'], 'that is new → is taken in')
  t.strictSame(await look(), [], 'that stays → is not taken in again')
  write('patients', aPatient('S1'))
  t.strictSame(await look(), [], 'that was written without a change → neither')
  write('patients', aPatient('S1', { phone: '000-0000-0602' }))
  write('roster', aShift('R1', { status: 'full' }))
  t.strictSame(await look(), ['patients/S1', 'roster/R1'], 'that changed → once more')
  write('patients', aPatient('S1'))
  write('roster', aShift('R1'))
  t.strictSame(await look(), ['patients/S1', 'roster/R1'], 'that is as it was before → has changed all the same')
  database.remove(hospitalViewNames.patients, 'S1')
  t.strictSame(await look(), [], 'that is gone → says nothing')
})

t.test('a row that changes under the same time → says the newer thing, also where a text sorts before the other', async (t) => {
  const { write, look, taken, poller, store } = await aFollowedHospital(t)
  const translate = rowTranslator({ sites: new Map([['base', baseMapping]]), checkResource: () => [], stableId: (...parts) => parts.join('-'), zone: 'Asia/Shanghai' }, () => 'base')
  for (const amount of ['9.00', '15.00', '9.00']) {
    write('charges', aCharge('T1', { amount }))
    await poller.look()
  }
  const messages = await taken()
  const times = messages.map((message) => translate(message).changes.map(({ asOf }) => asOf.getTime()))
  t.equal(times.length, 3)
  t.ok(times.every((ofOne, place) => place === 0 || Math.min(...ofOne) > Math.max(...times[place - 1] ?? [])), 'each is newer than the one before')
  t.strictSame(await look(), [])
  t.strictSame(await store.inReading(({ viewRows }) => viewRows.find({ source: 'south', view: 'charges' }, ['T1'])).then((rows) => rows.map(({ revision }) => revision)), [3])
})

t.test('a view with a rowversion', async (t) => {
  t.test('whose HIS writes for long → loses nothing of what is committed late', async (t) => {
    const { write, look, database } = await aFollowedHospital(t)
    const slow = database.begin()
    slow.write(hospitalViewNames.patients, aPatient('S-slow'))
    write('patients', aPatient('S-quick'))
    t.strictSame(await look(), [], 'what was written after it began has to wait')
    slow.commit()
    t.strictSame(await look(), ['patients/S-slow', 'patients/S-quick'])
    t.strictSame(await look(), [])
    const givenUp = database.begin()
    givenUp.write(hospitalViewNames.patients, aPatient('S-never'))
    givenUp.rollback()
    write('patients', aPatient('S-next'))
    t.strictSame(await look(), ['patients/S-next'])
  })

  t.test('that repeats a version over many rows → is read over the edge of a page', async (t) => {
    const { write, look } = await aFollowedHospital(t, { pageSize: 10 })
    const joined = Buffer.alloc(8, 1)
    for (let number = 0; number < 35; number++) write('patients', { ...aPatient(`S${number}`), row_version: joined })
    t.equal((await look()).length, 0, 'above every version that was given')
    joined.fill(0, 0, 6)
    t.equal((await look()).length, 35)
  })

  t.test('in pages → is read to its end in one look, oldest change first', async (t) => {
    const { write, look, server } = await aFollowedHospital(t, { pageSize: 10 })
    const numbers = Array.from({ length: 25 }, (_, place) => `S${25 - place}`)
    for (const number of numbers) write('patients', aPatient(number))
    t.strictSame(await look(), numbers.map((number) => `patients/${number}`))
    t.equal(server.statements().filter((text) => text.includes('with ties') && text.includes('v_yiqiao_patients')).length, 3)
  })

  t.test('of a database that was restored from a backup → is read from its start, which takes in what differs', async (t) => {
    const { write, look, database } = await aFollowedHospital(t)
    for (const number of ['S1', 'S2', 'S3']) write('patients', aPatient(number))
    await look()
    database.restartVersions(100n)
    write('patients', aPatient('S2', { phone: '000-0000-0699' }))
    t.strictSame(await look(), ['patients/S2'])
  })
})

t.test('a view without a rowversion', async (t) => {
  const { write, look, time, server } = await aFollowedHospital(t, { pageSize: 10, views: ['roster'] })
  for (let number = 10; number < 35; number++) write('roster', aShift(`R${number}`))
  t.equal((await look()).length, 25, 'at first → is read whole, by key')
  write('roster', aShift('R10', { status: 'full', updated_at: '2027-03-01T07:01:00' }))
  t.strictSame(await look(), ['roster/R10'], '→ is read again a little back from the newest change')
  write('roster', aShift('R11', { status: 'full', updated_at: '2027-03-01T01:00:00' }))
  t.strictSame(await look(), [], '→ not further')
  time.now = new Date(time.now.getTime() + 3_600_000)
  t.strictSame(await look(), ['roster/R11'], '→ once an hour as far back as rereadDays')
  write('roster', aShift('R12', { status: 'full', updated_at: '2027-02-20T01:00:00' }))
  time.now = new Date(time.now.getTime() + 3_600_000)
  t.strictSame(await look(), [], 'what is changed with an older time → only the comparison finds')
  write('roster', aShift('R13', { status: 'full', updated_at: '2099-01-01T00:00:00' }))
  t.strictSame(await look(), ['roster/R13'])
  write('roster', aShift('R14', { status: 'full', updated_at: '2027-03-01T12:30:00' }))
  t.strictSame(await look(), ['roster/R14'], 'a clerk’s slip into the far future → hides nothing')
  t.ok(server.statements().every((text) => text.startsWith('select top (')), 'every statement only reads')
  t.ok(server.statements().every((text) => !/2027|R1\d/.test(text)), 'and holds no value')
})

t.test('a page that cannot be kept → is read again, and each row counts once', async (t) => {
  let refusals = 0
  const { write, look, poller, taken, codeOf } = await aFollowedHospital(t, {
    pageSize: 10,
    views: ['patients'],
    deps: (store) => ({ inTransaction: (work) => store.inTransaction(async (stores) => {
      const result = await work(stores)
      if (refusals > 0 && (await stores.settings.get('cursor.south.patients'))?.includes('"after":"00') === true && refusals-- > 0) throw new DomainError('STORE_UNAVAILABLE', 'full')
      return result
    }) })
  })
  await look()
  for (let number = 10; number < 30; number++) write('patients', aPatient(`S${number}`))
  refusals = 1
  await poller.look()
  t.equal(codeOf('patients'), 'STORE_UNAVAILABLE')
  await poller.look()
  t.strictSame((await taken()).map(({ controlId }) => controlId), Array.from({ length: 20 }, (_, place) => `patients/S${place + 10}`))
})

t.test('the nightly comparison', async (t) => {
  const { write, look, poller, taken, database, time, store } = await aFollowedHospital(t, { pageSize: 10 })
  for (let number = 10; number < 25; number++) write('charges', aCharge(`T${number}`))
  write('patients', aPatient('S1'))
  await look()
  const night = new Date('2027-03-01T18:30:00Z')
  time.now = night
  t.strictSame(await poller.compare(night), { compared: 16, missed: 0, changed: 0, vanished: 0 }, 'of what is the same → finds nothing')
  t.strictSame(await taken(), [])

  database.overwrite(hospitalViewNames.charges, aCharge('T11', { amount: '99.00' }))
  database.overwrite(hospitalViewNames.charges, aCharge('T30'))
  database.remove(hospitalViewNames.charges, 'T12')
  t.strictSame(await look(), [], 'what a HIS changes behind its rowversion → no look sees')
  const next = new Date('2027-03-02T18:30:00Z')
  time.now = next
  t.strictSame(await poller.compare(next), { compared: 16, missed: 1, changed: 1, vanished: 1 }, '→ but it does')
  t.strictSame((await taken()).map(({ controlId }) => controlId).sort(), ['charges/T11', 'charges/T30'], 'and takes it in')
  t.strictSame(await store.inReading(({ viewRows }) => viewRows.vanished({ source: 'south', view: 'charges' }, 10)), { count: 1, keys: ['T12'] }, 'and shows what is gone')
  t.match(poller.status().views.find(({ view }) => view === 'charges'), { vanished: 1, comparedAt: next })

  write('charges', aCharge('T12'))
  time.now = new Date('2027-03-03T18:30:00Z')
  t.strictSame(await poller.compare(time.now), { compared: 17, missed: 0, changed: 0, vanished: 0 })
  t.equal(poller.status().views.find(({ view }) => view === 'charges')?.vanished, 0, 'what is there again → is not gone any more')
})

t.test('a row that changes while it is compared → a look takes it in, and the comparison does not put back what it was', async (t) => {
  let isArmed = false
  const hospital = await aFollowedHospital(t, {
    deps: (store) => ({ inTransaction: async (work) => {
      if (isArmed) {
        isArmed = false
        hospital.write('charges', aCharge('T1', { amount: '30.00' }))
        await hospital.poller.look()
      }
      return store.inTransaction(work)
    } })
  })
  const { write, look, poller, taken, database, time } = hospital
  write('charges', aCharge('T1'))
  await look()
  database.overwrite(hospitalViewNames.charges, aCharge('T1', { amount: '20.00' }))
  time.now = new Date('2027-03-01T18:30:07Z')
  isArmed = true
  await poller.compare(new Date('2027-03-01T18:30:00Z'))
  const amounts = (await taken()).map(({ raw }) => readRowMessage(raw).row['amount'])
  t.equal(amounts.at(-1), '30.0000')
  t.strictSame(await look(), [])
})

t.test('what a comparison finds → was read when it was read, however late it runs', async (t) => {
  const { write, look, poller, taken, database, time } = await aFollowedHospital(t)
  write('patients', aPatient('S1'))
  await look()
  database.overwrite(hospitalViewNames.patients, aPatient('S1', { phone: '000-0000-0699' }))
  time.now = new Date('2027-03-02T01:00:00Z')
  await poller.compare(new Date('2027-03-01T18:30:00Z'))
  t.strictSame((await taken()).map(({ receivedAt }) => receivedAt), [time.now])
})

t.test('rows that their view cannot tell apart → are refused also at the edge of a page', async (t) => {
  const { write, look, codeOf, database } = await aFollowedHospital(t, { pageSize: 10, views: ['roster'] })
  for (let number = 10; number < 20; number++) write('roster', aShift(`R${number}`))
  database.view(hospitalViewNames.roster)?.rows.set('beside it', { row: aShift('R19', { status: 'full' }), version: 1n })
  await look()
  t.equal(codeOf('roster'), 'VIEW_KEY_AMBIGUOUS')
})

t.test('a clock that was set back → does not put off the hourly reach', async (t) => {
  const { write, look, time } = await aFollowedHospital(t, { views: ['roster'] })
  write('roster', aShift('R10'))
  time.now = new Date('2037-03-01T02:00:00Z')
  await look()
  time.now = new Date('2027-03-01T02:00:00Z')
  write('roster', aShift('R11', { updated_at: '2027-03-01T01:00:00' }))
  t.strictSame(await look(), ['roster/R11'])
})
