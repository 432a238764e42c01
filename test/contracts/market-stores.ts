import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import { newAudit } from '../../core/marketplace/audit-case.ts'
import type { AuditCase, AuditStep, Doctor, MarketHospital } from '../../core/marketplace/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import type { OpenStore } from './store-under-test.ts'
import { refusals } from './store-under-test.ts'

const at = new Date('2027-03-01T12:00:00+08:00')
const page = { limit: 50, offset: 0 }
const everyone = { hospitalIds: null, doctorId: null, wholeHospitalId: null, onlyAnaesthesia: false, hospitalId: null, specialty: null }
const aDoctor = (id: string, given: Partial<Doctor> = {}): Doctor => ({
  id, accountId: `account-${id}`, name: `医师${id}`, hospitalId: 'east', employer: '东湖医院', staffNumber: null, title: '主任医师', licenceNumber: `licence-${id}`, licensedOn: '2015-07-01' as CalendarDate,
  specialty: 'anaesthesia', phone: 'sealed', phoneTail: '0001', introduction: '', registeredAt: at, changedAt: at, ...given
})
const aHospital = (id: string, given: Partial<MarketHospital> = {}): MarketHospital => ({ id, accountId: `account-${id}`, name: `医院${id}`, creditCode: '91350100M000100Y43', licenceNumber: 'L1', contactName: '钱', contactPhone: 'sealed', registeredAt: at, changedAt: at, ...given })
const step = (before: AuditCase, state: AuditCase['state']): { readonly before: AuditCase, readonly after: AuditCase, readonly step: AuditStep } =>
  ({ before, after: { ...before, state, version: before.version + 1, submittedBy: 'owner', submittedAt: at, findings: ['evidence_missing'] }, step: { kind: before.kind, id: before.id, what: 'submit', from: before.state, to: state, reason: null, findings: ['evidence_missing'], by: 'owner', at } })

async function withDoctors (store: Pick<Store, 'inTransaction'>, doctors: ReadonlyArray<readonly [Doctor, AuditCase['state']]>): Promise<void> {
  await store.inTransaction(async ({ doctors: kept, auditCases }) => {
    for (const [doctor, state] of doctors) {
      await kept.save(doctor)
      await auditCases.add({ ...newAudit('doctor', doctor.id), state })
    }
  })
}

export function marketStoresContract (t: Test, open: OpenStore): void {
  t.test('a doctor → is read back as saved; a list knows only who is approved, within its limits [M3 M4 M5]', async (t) => {
    const store = await open(t)
    const [d1, d2, d3, d4] = [aDoctor('d1', { staffNumber: 'D1' }), aDoctor('d2', { hospitalId: 'west' }), aDoctor('d3', { specialty: 'other' }), aDoctor('d4', { hospitalId: null })]
    await withDoctors(store, [[d1, 'approved'], [d2, 'approved'], [d3, 'approved'], [d4, 'suspended'], [aDoctor('d5'), 'changed'], [aDoctor('d6'), 'submitted']])
    await store.inTransaction(({ doctors }) => doctors.save({ ...d1, introduction: '新' }))
    await store.inReading(async ({ doctors }) => {
      t.strictSame(await doctors.find('d1'), { ...d1, introduction: '新' })
      t.strictSame(await doctors.byAccount('account-d4'), d4)
      t.strictSame([await doctors.find('nobody'), await doctors.byAccount('nobody')], [null, null])
      t.strictSame(await doctors.byLicence('licence-d4'), [{ id: 'd4', state: 'suspended' }])
      const idsOf = async (scope: Partial<typeof everyone> | object): Promise<readonly string[]> => (await doctors.listApproved({ ...everyone, ...scope }, page)).map(({ id }) => id)
      t.strictSame(await idsOf({}), ['d1', 'd2', 'd3'])
      t.strictSame(await idsOf({ hospitalIds: ['west'] }), ['d2'])
      t.strictSame(await idsOf({ hospitalIds: ['east'], onlyAnaesthesia: true }), ['d1'])
      t.strictSame(await idsOf({ wholeHospitalId: 'east', onlyAnaesthesia: true }), ['d1', 'd2', 'd3'])
      t.strictSame(await idsOf({ wholeHospitalId: 'west', onlyAnaesthesia: true }), ['d1', 'd2'])
      t.strictSame(await idsOf({ doctorId: 'd4' }), [])
      t.strictSame(await idsOf({ hospitalId: 'east', specialty: 'other' }), ['d3'])
    })
    const outcomes = await Promise.allSettled([store.inTransaction(({ doctors }) => doctors.save(aDoctor('d9', { accountId: 'account-d1' })))])
    t.strictSame(refusals(outcomes), ['STORE_WRITE_CONFLICT'], 'one doctor of an account')
  })

  t.test('an audit → takes one of two steps from a version, with its place in the history [M3]', async (t) => {
    const store = await open(t)
    const first = newAudit('doctor', 'd1')
    await store.inTransaction(({ auditCases }) => auditCases.add(first))
    const won = await Promise.all(Array.from({ length: 8 }, () => store.inTransaction(({ auditCases }) => auditCases.step(step(first, 'submitted')))))
    t.equal(won.filter((isWon) => isWon).length, 1)
    await store.inReading(async ({ auditCases }) => {
      t.strictSame(await auditCases.find('doctor', 'd1'), step(first, 'submitted').after)
      t.strictSame(await auditCases.find('hospital', 'd1'), null)
      t.strictSame(await auditCases.history('doctor', 'd1', 10), [step(first, 'submitted').step])
      t.strictSame((await auditCases.list({ kind: null, states: ['submitted', 'changed'] }, page)).map(({ id }) => id), ['d1'])
      t.strictSame(await auditCases.list({ kind: 'hospital', states: ['submitted'] }, page), [])
    })
  })

  t.test('evidence → is kept whole, and listed without what it holds [M3]', async (t) => {
    const store = await open(t)
    const evidence = { id: 'e1', kind: 'doctor', subjectId: 'd1', what: 'licence', contentType: 'image/png', byteCount: 9, sha256: 'abc', by: 'owner', at } as const
    await store.inTransaction(({ auditCases }) => auditCases.addEvidence(evidence, 'sealed:xyz'))
    await store.inReading(async ({ auditCases }) => {
      t.strictSame(await auditCases.evidenceOf('doctor', 'd1'), [evidence])
      t.strictSame(await auditCases.evidenceOf('hospital', 'd1'), [])
      t.strictSame(await auditCases.evidenceContent('e1'), { evidence, sealedContent: 'sealed:xyz' })
      t.equal(await auditCases.evidenceContent('e2'), null)
    })
  })

  t.test('hospitals, declared admissions and anaesthesias → are found as they stand [M3 M4 M6]', async (t) => {
    const store = await open(t)
    const until = new Date(at.getTime() + 1_000)
    await store.inTransaction(async ({ marketHospitals, auditCases, admissions, anaesthesias }) => {
      for (const [id, state] of [['h1', 'approved'], ['h2', 'draft']] as const) {
        await marketHospitals.save(aHospital(id))
        await auditCases.add({ ...newAudit('hospital', id), state })
      }
      await admissions.save({ id: 'x1', patientId: 'anna', hospitalId: 'h1', declaredAt: at, declaredBy: 'anna', until })
      for (const procedureId of ['p1', 'p2', 'p1']) await anaesthesias.save({ procedureId, practitionerId: 'd1', performedAt: at })
      await anaesthesias.save({ procedureId: 'p3', practitionerId: 'd2', performedAt: null })
      await anaesthesias.save({ procedureId: 'p2', practitionerId: null, performedAt: null })
      await anaesthesias.save({ procedureId: 'p4', practitionerId: null, performedAt: null })
    })
    await store.inReading(async ({ marketHospitals, admissions, anaesthesias }) => {
      t.strictSame(await marketHospitals.find('h2'), aHospital('h2'))
      t.strictSame((await marketHospitals.byAccount('account-h1'))?.id, 'h1')
      t.strictSame(await marketHospitals.byCreditCode('91350100M000100Y43'), [{ id: 'h1', state: 'approved' }, { id: 'h2', state: 'draft' }])
      t.strictSame((await marketHospitals.listApproved({ name: null }, page)).map(({ id }) => id), ['h1'])
      t.strictSame(await marketHospitals.listApproved({ name: '医院h2' }, page), [])
      t.strictSame((await admissions.inForce(['anna', 'berta'], at, 5)).map(({ id }) => id), ['x1'])
      t.strictSame(await admissions.inForce(['anna'], until, 5), [], 'over to the very instant')
      t.strictSame(await admissions.inForce(['berta'], at, 5), [])
      t.strictSame(await anaesthesias.counts(['d1', 'd2', 'd3']), new Map([['d1', 1], ['d2', 1]]))
    })
  })
}
