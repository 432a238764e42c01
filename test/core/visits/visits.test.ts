import fc from 'fast-check'
import t from 'tap'
import { ownNumberFrom } from '../../../core/identity/index.ts'
import type { RecordChange } from '../../../core/records/index.ts'
import { checkIn, joinedVisits, progressOf, registerVisit, stepOf, type RegisterVisit, type Visit, type VisitStep, type VisitStepKind } from '../../../core/visits/index.ts'
import { visitNotice } from '../../../core/visits/visit-notices.ts'
import { mergedSteps } from '../../../core/visits/visit-step.ts'

const at = new Date('2027-03-01T08:00:00+08:00')
const minutes = (count: number): Date => new Date(at.getTime() + count * 60_000)

function aVisit (given: Partial<Visit> = {}): Visit {
  return {
    id: 'v1', hospitalId: 'east', visitNumber: 'EV1', placerNumber: null, patientId: 'p1', class: 'outpatient', state: 'in_progress', payMode: 'postpay', startedAt: at, endedAt: null,
    department: '内科', practitionerId: null, continuedAs: null, ...given
  }
}

const aStep = (kind: VisitStepKind, minute: number, given: Partial<VisitStep> = {}): VisitStep =>
  ({ visitId: 'v1', kind, key: `${kind}/${minute}`, at: minutes(minute), about: null, queueNumber: null, room: null, ...given })

t.test('the progress of a visit', async (t) => {
  const call = aStep('called', 20, { about: '内科候诊', queueNumber: 'A012', room: '1诊室' })
  const course = [aStep('registered', 0), aStep('checked_in', 10), aStep('waiting', 11), call]

  t.test('is in order of time, and says where the patient is called to', async (t) => {
    t.strictSame(progressOf(aVisit(), course), {
      stage: 'called',
      call: { about: '内科候诊', queueNumber: 'A012', room: '1诊室', at: minutes(20) },
      steps: course.map(({ kind, key, at: time, about, queueNumber, room }) => ({ kind, key, at: time, about, queueNumber, room }))
    })
  })
  t.test('orders say what is to come, and not where the patient is', async (t) => {
    const ordered = progressOf(aVisit(), [...course, aStep('in_consult', 25), aStep('exam_ordered', 30), aStep('prescribed', 31)])
    t.match(ordered, { stage: 'in_consult', call: null })
  })
  t.test('nobody is called any more once the visit is over', async (t) => {
    t.match(progressOf(aVisit({ state: 'closed' }), course), { stage: 'closed', call: null })
    t.match(progressOf(aVisit({ state: 'cancelled' }), []), { stage: 'cancelled', call: null, steps: [] })
  })
  t.test('a registration that we and the hospital tell is one step', async (t) => {
    t.equal(progressOf(aVisit(), [aStep('registered', 0), aStep('registered', 1)]).steps.length, 1)
  })
  t.test('is the same in whatever order it was told', async (t) => {
    const all = [...course, aStep('in_consult', 20), aStep('report_ready', 40)]
    fc.assert(fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (told) => {
      t.strictSame(progressOf(aVisit(), told), progressOf(aVisit(), all))
    }))
  })
})

t.test('a call that the visit and its place in the queue tell → is one step, which knows room and queue', async (t) => {
  const facts = { visitId: 'v1', kind: 'called', at, per: 'moment', queueNumber: 'A012' } as const
  const [ofVisit, ofQueue] = [{ ...facts, room: '1诊室' }, { ...facts, about: '内科候诊' }].map((one) => stepOf(one, { recordId: 'x', saidAt: at })) as [VisitStep, VisitStep]
  t.strictSame(mergedSteps([ofVisit, ofQueue]), [{ visitId: 'v1', kind: 'called', key: `A012/${at.getTime()}`, at, about: '内科候诊', queueNumber: 'A012', room: '1诊室' }])
  t.equal(stepOf({ ...facts, at: null, per: 'record' }, { recordId: 'Task/1', saidAt: minutes(3) }).at.getTime(), minutes(3).getTime(), 'what tells no time counts from when it was said')
})

t.test('registering', async (t) => {
  const taken: RecordChange[] = []
  const deps = { takeIn: async (changes: readonly RecordChange[]) => { taken.push(...changes) }, stableId: (...parts: readonly string[]) => parts.join('/'), nextId: () => '018f3c2e-1111-4222-8333-444455556666' }
  const wish: RegisterVisit = { patientId: 'p1', hospitalId: 'east', department: '内科', practitionerId: null, payMode: 'postpay', isEmergency: false, by: 'kiosk:t1' }
  const suspended = { state: 'suspended', mayPayAfterCare: false, reasons: ['contract_suspended', 'overdue'] }
  const number = ownNumberFrom('018f3c2e-1111-4222-8333-444455556666')

  t.test('after care without a contract in force → is refused with every reason, and nothing is written', async (t) => {
    await t.rejects(registerVisit(deps, wish, { answer: suspended, at }), { code: 'CONTRACT_NOT_IN_FORCE', message: /contract_suspended, overdue.*self_pay/ })
    t.strictSame(taken, [])
  })
  t.test('paying at once, and in an emergency → is never refused', async (t) => {
    for (const change of [{ payMode: 'self_pay' }, { isEmergency: true }] as const) {
      t.strictSame(await registerVisit(deps, { ...wish, ...change }, { answer: suspended, at }), { visitId: `east/Encounter/${number}` })
    }
  })
  t.test('makes a visit of ours, planned, under a number that the hospital can echo', async (t) => {
    taken.length = 0
    await registerVisit(deps, { ...wish, practitionerId: 'd1' }, { answer: { state: 'active', mayPayAfterCare: true, reasons: [] }, at })
    t.match(taken, [{ isOurs: true, hospitalId: 'east', patientId: 'p1', source: 'kiosk:t1', asOf: at, resource: {
      resourceType: 'Encounter', id: `east/Encounter/${number}`, status: 'planned', class: { code: 'AMB' }, subject: { reference: 'Patient/p1' }, identifier: [{ system: 'urn:yiqiao:placer', value: number }],
      extension: [{ url: 'urn:yiqiao:fhir:pay-mode', valueCode: 'postpay' }], participant: [{ individual: { reference: 'Practitioner/d1' } }]
    } }])
  })
})

t.test('our numbers have 15 characters, as many as HL7 lets one have', async (t) => {
  fc.assert(fc.property(fc.uuid(), (uuid) => {
    t.match(ownNumberFrom(uuid), /^YQ[0-9A-V]{13}$/)
  }))
})

t.test('checking in', async (t) => {
  const taken: RecordChange[] = []
  const deps = (steps: readonly VisitStep[]) => ({
    visits: { steps: async () => steps },
    records: { current: async () => [] },
    takeIn: async (changes: readonly RecordChange[]) => { taken.push(...changes) }
  })
  const checkedIn = async (visit: Visit, steps: readonly VisitStep[] = []): Promise<readonly RecordChange[]> => {
    taken.length = 0
    await checkIn(deps(steps), { visit, by: 'app:t1' }, at)
    return [...taken]
  }
  t.match(await checkedIn(aVisit({ state: 'planned' })), [{ isOurs: true, resource: { id: 'v1', status: 'arrived', extension: [{ url: 'urn:yiqiao:fhir:queue' }] } }])
  t.notOk('status' in ((await checkedIn(aVisit()))[0]?.resource ?? { status: '' }), 'a visit that the hospital counts as begun does not go back')
  t.strictSame([await checkedIn(aVisit(), [aStep('checked_in', 5)]), await checkedIn(aVisit({ state: 'closed' }))], [[], []], 'once, whoever did it')
  await t.rejects(checkedIn(aVisit({ state: 'cancelled' })), { code: 'VISIT_CANCELLED' })
})

t.test('a hospital that echoes our number → goes on with its own record, which we then point to', async (t) => {
  const registered = aVisit({ id: 'east/Encounter/YQ1', placerNumber: 'YQ1', visitNumber: 'YQ1' })
  const standing = new Map([[registered.id, registered]])
  const deps = { visits: { find: async (id: string) => standing.get(id) ?? null }, stableId: (...parts: readonly string[]) => parts.join('/') }
  const echo = aVisit({ placerNumber: 'YQ1', payMode: null })
  const joined = await joinedVisits(deps, [echo], { source: 'm1', at })
  t.strictSame(joined.map(({ resource, weak }) => [resource.id, weak, resource['extension']]), [
    ['east/Encounter/YQ1', false, [{ url: 'urn:yiqiao:fhir:visit-continued-as', valueReference: { reference: 'Encounter/v1' } }]],
    ['v1', true, [{ url: 'urn:yiqiao:fhir:pay-mode', valueCode: 'postpay' }]]
  ])
  standing.set(registered.id, { ...registered, continuedAs: 'v1' })
  t.strictSame(await joinedVisits(deps, [echo], { source: 'm1', at }), [], 'once')
  t.strictSame(await joinedVisits(deps, [registered, aVisit()], { source: 'm1', at }), [], 'our own record, and a visit without our number, are as they are')
})

t.test('a notice of a step', async (t) => {
  const told = (step: VisitStep, visit = aVisit(), now = minutes(21)) => visitNotice(step, visit, { id: 'n1', at: now })
  const call = aStep('called', 20, { about: '内科候诊', queueNumber: 'A012', room: '1诊室' })

  t.test('says a number and a room, never what for', async (t) => {
    t.match(told(call), { kind: 'notice', key: 'called:v1:called/20', payload: { template: 'queue_called', patientId: 'p1', phone: null, params: { hospitalId: 'east', visitId: 'v1', visitNumber: 'EV1', queueNumber: 'A012', room: '1诊室' } } })
    t.notMatch(JSON.stringify(['report_ready', 'skin_test_done', 'dispensed', 'infusion_ready'].map((kind) => told(aStep(kind as VisitStepKind, 20, { about: '血常规' })))), /血常规/)
  })
  t.test('is for visits that are paid after care, and for what is new', async (t) => {
    t.strictSame([told(call, aVisit({ payMode: 'self_pay' })), told(call, aVisit({ payMode: null })), told(call, aVisit(), minutes(200)), told(aStep('exam_ordered', 20))], [null, null, null, null])
  })
  t.test('of a registration is one, whether we or the hospital tell it', async (t) => {
    const [ours, theirs] = [aVisit({ id: 'v0', placerNumber: 'YQ1' }), aVisit({ placerNumber: 'YQ1' })].map((visit) => told(aStep('registered', 20), visit)?.key)
    t.equal(ours, theirs)
  })
})
