import { statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { demoPatientOwesFen, demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { aService } from './a-service.ts'

t.test('the demo plays an outpatient day over MLLP → a newcomer follows one patient from the message to the amount owed [K-01 K-06]', async (t) => {
  const service = await aService(t, { isDemo: true })
  const tokens = service.credentials()
  t.strictSame(Object.keys(tokens).sort(), ['administrator', 'auditor', 'bureau', 'community', 'desk', 'doctor', 'doctor2', 'finance', 'finance2', 'guardian', 'hospital', 'hospital2',
    'integrator', 'operator', 'operator2', 'patient', 'patient2', 'pharmacist', 'reviewer', 'support', 'terminal', 'ward'])
  t.equal(statSync(path.join(service.dataDir, 'demo-credentials.json')).mode & 0o777, 0o600)
  const { operator = '', patient = '', patient2 = '', guardian = '', finance = '', hospital2 = '', administrator = '' } = tokens

  t.equal((await service.get('/demo/clock', operator)).body.now, '2027-03-01T07:30:00.000+08:00')
  const played = await service.post('/demo/simulators/his', operator, { act: 'day' })
  t.ok(played.body.result.sent > 300)
  await service.settled()
  t.equal((await service.get('/demo/clock', operator)).body.now, '2027-03-01T18:00:00.000+08:00')

  const status = (await service.get('/v1/ops/status', operator)).body
  t.match(status.messages, { received: 0, conflict: 0 })
  t.equal(status.messages.dead, 2, 'one message of each hospital was sent broken')
  const journal = (await service.get('/demo/simulators/his', operator)).body.items as Array<{ kind: string }>
  t.ok(journal.length > 300)

  const { personId } = (await service.get('/v1/me', patient)).body
  t.equal((await service.get(`/v1/patients/${personId}/owed`, patient)).body.amountFen, demoPatientOwesFen)
  for (const type of ['Encounter', 'Appointment', 'ServiceRequest', 'DiagnosticReport', 'Observation', 'ChargeItem', 'DocumentReference']) {
    t.ok((await service.get(`/fhir/${type}`, patient)).body.total > 0, `the patient has a ${type}`)
  }
  const record = (await service.get(`/fhir/Patient/${personId}`, patient)).body
  t.equal(record.name[0].family, demoPatients.patient.person.familyName)
  t.equal(record.photo[0].contentType, 'image/jpeg')
  t.equal((await service.get(`/fhir/Patient/${personId}`, patient2)).status, 404)
  t.equal((await service.get(`/fhir/Patient/${personId}`, hospital2)).status, 404, 'another hospital does not see the patient')
  const behind = (await service.get(`/v1/ops/messages?producedRecord=Patient/${personId}`, operator)).body.items
  t.ok(behind.length >= 2, 'the messages behind the record are found')

  t.test('a patient of the GB18030 hospital → has a name with a rare character', async (t) => {
    const { personId: westId } = (await service.get('/v1/me', patient2)).body
    const { familyName, givenName } = demoPatients.patient2.person
    t.match((await service.get(`/fhir/Patient/${westId}`, patient2)).body.name[0], { text: familyName + givenName })
  })
  t.test('a guardian → reads the ward', async (t) => {
    const me = (await service.get('/v1/me', guardian)).body
    t.equal((await service.get(`/fhir/Patient/${me.wards[0]}`, guardian)).status, 200)
  })
  t.test('a traveller with one resident id → is one person at both hospitals', async (t) => {
    const { stableId } = service.served.parts
    const [east, west] = [demoPatients.traveller, demoPatients.travellerInWest].map(({ hospital, person }) => stableId(hospital, 'Patient', person.mrn))
    const traveller = await service.tokenFor('patient', { personId: west ?? '' })
    t.strictSame((await service.get(`/v1/patients/${east ?? ''}`, traveller)).status, 200)
  })
  t.test('a merge is undone and done again → every patient owes the same, and the books balance', async (t) => {
    const retired = (await service.get('/fhir/Patient?active=false', administrator)).body.entry[0].resource
    const into = retired.link[0].other.reference.slice('Patient/'.length)
    const owedOf = async (id: string): Promise<number> => (await service.get(`/v1/patients/${id}/owed`, administrator)).body.amountFen
    const together = await owedOf(into)
    t.equal((await service.post(`/v1/patients/${retired.id}/unmerge`, operator, { into })).status, 200)
    t.equal(await owedOf(into) + await owedOf(retired.id), together)
    t.ok(await owedOf(retired.id) !== 0, 'the duplicate had charges of its own')
    t.equal((await service.post(`/v1/patients/${retired.id}/merge`, operator, { into })).status, 200)
    t.equal(await owedOf(into), together)
  })
  t.test('the night → jobs run in due order, and alerts were told once', async (t) => {
    const moved = (await service.post('/demo/clock', administrator, { advance: 'P1D' })).body
    t.equal(moved.now, '2027-03-02T18:00:00.000+08:00')
    const due = moved.ran.map(({ dueAt }: { dueAt: string }) => dueAt)
    t.strictSame(due, [...due].sort())
    t.match(moved.ran.map(({ job, status }: { job: string, status: string }) => `${job} ${status}`), ['unmatched-credits done'])
    t.ok(moved.ran.some(({ job }: { job: string }) => job === 'prove-ledger'))
    t.equal((await service.post('/demo/clock', administrator, { set: '2027-03-01T00:00:00+08:00' })).status, 409)
    for (const set of ['2028-03-08', '2028-03-08T23:59:59', 'tomorrow', '2028-13-08T00:00:00Z']) t.equal((await service.post('/demo/clock', administrator, { set })).status, 400, `${set} is no instant with its zone`)
    t.equal((await service.get('/v1/ledger/trial-balance', finance)).body.isProven, true)
    await service.served.parts.operations.monitor.look()
    await service.settled()
    const texts = (await service.get('/demo/simulators/sms', operator)).body.items as Array<{ body: { templateId: string, params: { alert: string } } }>
    const told = texts.map(({ body }) => `${body.templateId} ${body.params.alert}`)
    t.strictSame([...new Set(told)].sort(), [...told].sort(), 'each once')
    t.ok(told.includes('ALERT_OPENED dead-letters:east'))
  })
})

t.test('without --demo → there is no /demo', async (t) => {
  const service = await aService(t)
  const administrator = await service.tokenFor('administrator')
  t.equal((await service.get('/demo/clock', administrator)).status, 404)
  t.equal((await service.post('/demo/simulators/his', administrator, { act: 'day' })).status, 404)
})
