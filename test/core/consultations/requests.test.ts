import fc from 'fast-check'
import t from 'tap'
import { isMootRequest, type Consultation } from '../../../core/consultations/index.ts'
import { answerIn, requestIds, requestRecords, requestSource, type RequestStanding } from '../../../core/consultations/request-records.ts'
import { routingOf } from '../../../core/consultations/request-routing.ts'
import { takeIn } from '../../../core/intake/index.ts'
import { fen } from '../../../core/money.ts'
import { mergeRecord, type RecordChange, type RecordVersion } from '../../../core/records/index.ts'
import { freshStore } from '../../fixtures/store.ts'
import { depsOf } from '../intake/hospital-day.ts'

const nine = new Date('2027-03-01T09:00:00+08:00')
const after = (minutes: number): Date => new Date(nine.getTime() + minutes * 60_000)
const stableId = (hospital: string, kind: string, name: string): string => `${hospital}-${kind}-${name}`

/** Assigned at nine, to a doctor of the east whose system decides. */
function anOrder (over: Partial<Consultation> = {}): Consultation {
  return {
    id: 'c-1', number: 'CR-20270301-0001', hospitalId: 'east', patientId: 'p-1', kind: 'consultation', mode: 'video', channel: 'terminal', acceptedBy: 'his', by: 'terminal-1', complaint: '头痛两天',
    namedDoctorId: null, doctorId: 'd-1', priceFen: fen(0), feePermille: 0, state: 'assigned', reviewedFrom: null, declinedBy: [], hospitalAnswer: null, endReason: null, createdAt: nine, paidAt: nine, assignedAt: nine,
    acceptedAt: null, repliedAt: null, urgedAt: null, finishedAt: null, endedAt: null, dueAt: after(30), dueFor: 'accept', version: 1, ...over
  }
}
const accepted = anOrder({ state: 'in_progress', acceptedAt: after(1), hospitalAnswer: 'accepted' })
const finished = anOrder({ ...accepted, state: 'finished', finishedAt: after(20) })
const nothing: RequestStanding = { request: null, task: null, visit: null }

const said = (order: Consultation, standing: RequestStanding = nothing, at = nine, vitals: readonly string[] = []): readonly RecordChange[] => requestRecords(order, { stableId, standing, vitals, at })
const ofType = (changes: readonly RecordChange[], type: string): RecordChange | undefined => changes.find(({ resource }) => resource.resourceType === type)

/** What stands when these changes have come, one after the other. */
function stands (standing: RequestStanding, changes: readonly RecordChange[], at = nine): RequestStanding {
  const next = (type: string, before: RecordVersion | null): RecordVersion | null => {
    const change = ofType(changes, type)
    return change === undefined ? before : mergeRecord(before, change, at).record
  }
  return { request: next('ServiceRequest', standing.request), task: next('Task', standing.task), visit: next('Encounter', standing.visit) }
}

/** The hospital's answer as rf1-task makes it. */
const answer = (status: string, at: Date, source = 'm-1'): RecordChange => ({
  resource: { resourceType: 'Task', id: requestIds(anOrder(), stableId).task, status }, removed: [], weak: false, asOf: at, hospitalId: 'east', patientId: 'p-1', source, mappingVersion: 'v'
})

t.test('an order that a hospital\'s system decides on [C3 T6]', async (t) => {
  const asked = said(anOrder(), nothing, nine, ['Observation/o-1', 'Observation/o-2'])
  t.test('that has a doctor → is a ServiceRequest for telehealth and a Task that is requested, told as REF^I12', async (t) => {
    t.match(asked.map(({ resource: { resourceType, id, status }, isOurs, toldAs }) => [resourceType, id, status, isOurs, toldAs]), [
      ['ServiceRequest', 'east-ServiceRequest-CR-20270301-0001', 'active', true, 'REF^I12'], ['Task', 'east-Task-referral:CR-20270301-0001', 'requested', true, undefined]
    ])
    t.match(ofType(asked, 'ServiceRequest')?.resource, {
      identifier: [{ system: 'urn:yiqiao:placer', value: 'CR-20270301-0001' }], category: [{ coding: [{ code: '448337001' }, { code: 'telehealth' }] }], subject: { reference: 'Patient/p-1' }, performer: [{ reference: 'Practitioner/d-1' }],
      reasonCode: [{ text: '头痛两天' }], supportingInfo: [{ reference: 'Observation/o-1' }, { reference: 'Observation/o-2' }], requester: { display: '自助终端' }
    })
    t.match(ofType(asked, 'Task')?.resource, { focus: { reference: 'ServiceRequest/east-ServiceRequest-CR-20270301-0001' }, for: { reference: 'Patient/p-1' }, owner: { reference: 'Practitioner/d-1' } })
  })
  t.test('with another doctor → is told as a change, and what was measured stays with it', async (t) => {
    const before = stands(nothing, asked)
    const changes = said(anOrder({ doctorId: 'd-2' }), before, after(5))
    t.equal(ofType(changes, 'ServiceRequest')?.toldAs, 'REF^I13')
    t.match(stands(before, changes, after(5)).request?.resource, { performer: [{ reference: 'Practitioner/d-2' }], supportingInfo: [{}, {}] })
  })
  t.test('that was accepted → is a virtual visit, which ends with it', async (t) => {
    const before = stands(nothing, asked)
    const opened = said(accepted, before, after(1))
    t.match(ofType(opened, 'Encounter'), { isOurs: true, toldAs: 'ADT^A04', resource: { status: 'in-progress', class: { code: 'VR' }, period: { start: after(1).toISOString() }, participant: [{ individual: { reference: 'Practitioner/d-1' } }] } })
    t.match(ofType(opened, 'Task')?.resource, { status: 'in-progress', executionPeriod: { start: after(1).toISOString() } })
    const ended = said(finished, stands(before, opened, after(1)), after(20))
    t.match([ofType(ended, 'Encounter'), ofType(ended, 'Task'), ofType(ended, 'ServiceRequest')], [
      { toldAs: 'ADT^A03', resource: { status: 'finished', period: { end: after(20).toISOString() } } }, { resource: { status: 'completed' } }, { toldAs: 'REF^I13', resource: { status: 'completed' } }
    ])
  })
  t.test('that ends without a yes → is taken back; a no of the hospital stands as it said it', async (t) => {
    const before = stands(nothing, asked)
    const silent = anOrder({ state: 'refunded', endReason: 'hospital_silent', endedAt: after(30) })
    t.match([ofType(said(silent, before, after(30)), 'ServiceRequest'), ofType(said(silent, before, after(30)), 'Task')], [{ toldAs: 'REF^I14', resource: { status: 'revoked' } }, { resource: { status: 'cancelled' } }])
    const refused = stands(before, [answer('rejected', after(2))], after(2))
    t.equal(ofType(said(anOrder({ state: 'refunded', hospitalAnswer: 'refused', endReason: 'hospital_refused', endedAt: after(2) }), refused, after(2)), 'Task'), undefined)
  })
  t.test('said again, with nothing new → says nothing new', async (t) => {
    const before = stands(nothing, asked)
    const opened = stands(before, said(accepted, before, after(1)), after(1))
    for (const change of said(accepted, opened, after(9))) {
      const current = { ServiceRequest: opened.request, Task: opened.task, Encounter: opened.visit }[change.resource.resourceType as 'Task'] ?? null
      t.not(mergeRecord(current, change, after(9)).outcome, 'changed', change.resource.resourceType)
    }
  })
  t.test('that nobody was asked for → leaves no record', async (t) => {
    t.strictSame([said(anOrder({ state: 'created' })), said(anOrder({ state: 'paid', doctorId: null })), said(anOrder({ state: 'refunded', endedAt: nine }))], [[], [], []])
  })
  t.test('that the doctor decides on → is recorded, and only its visit goes to the hospital', async (t) => {
    const changes = said({ ...accepted, acceptedBy: 'doctor' })
    t.strictSame(changes.map(({ resource: { resourceType }, isOurs = false }) => [resourceType, isOurs]), [['ServiceRequest', false], ['Task', false], ['Encounter', true]])
  })
})

t.test('whatever the hospital\'s clock shows, its answer stands against the asking, in either order [T9]', async (t) => {
  const offset = fc.integer({ min: -90 * 60_000, max: 90 * 60_000 }).map((ms) => new Date(nine.getTime() + ms))
  fc.assert(fc.property(offset, fc.constantFrom('accepted', 'rejected', 'received', 'cancelled'), fc.boolean(), (at, status, isFirst) => {
    const asking = ofType(said(anOrder()), 'Task')
    const changes = [asking, answer(status, at)].flatMap((change) => change ?? [])
    const task = (isFirst ? changes.toReversed() : changes).reduce<RecordVersion | null>((record, change) => mergeRecord(record, change, nine).record, null)
    return task?.resource['status'] === status
  }))
  t.strictSame(['accepted', 'rejected', 'received', 'cancelled', 'requested'].map((status) => answerIn(mergeRecord(null, answer(status, nine), nine).record)), ['accepted', 'refused', 'pending', 'expired', null])
  t.equal(answerIn(mergeRecord(null, answer('accepted', nine, requestSource), nine).record), null, 'what was said here is no answer')
})

t.test('the way of a request → is told step by step, and an acknowledgement is no yes [T6 T9]', async (t) => {
  const sent = { state: 'waiting' as const, createdAt: nine, composedAt: null, answeredAt: null, failure: null }
  const way = (order: Consultation, over: Partial<typeof sent> | object = {}, task: RecordVersion | null = null): string => routingOf(order, { task, sent: { ...sent, ...over } }).state
  t.strictSame([
    way(anOrder()), way(anOrder(), { composedAt: nine, failure: { code: 'OUTSIDE_DOWN' } }), way(anOrder(), { composedAt: nine }), way(anOrder(), { composedAt: nine, failure: { code: 'OUTSIDE_UNAVAILABLE' } }),
    way(anOrder(), { state: 'sent', composedAt: nine, answeredAt: nine }), way(anOrder(), { state: 'sent', answeredAt: nine }, mergeRecord(null, answer('received', after(1)), after(1)).record)
  ], ['draft', 'draft', 'sent', 'sent', 'acked', 'pending'])
  t.strictSame([
    way(accepted), way({ ...accepted, repliedAt: after(3) }), way(finished), way(anOrder({ state: 'refunded', hospitalAnswer: 'refused', endedAt: nine })), way(anOrder({ state: 'refunded', hospitalAnswer: 'expired', endedAt: nine })),
    way(anOrder({ state: 'refunded', endReason: 'hospital_silent', endedAt: nine })), way({ ...accepted, state: 'refunded', endReason: 'refund_approved', endedAt: nine })
  ], ['accepted', 'connected', 'closed', 'rejected', 'expired', 'expired', 'closed'])
  t.strictSame(routingOf(anOrder(), { task: null, sent: null }), { state: 'draft', at: nine })
})

t.test('a message that waited for the hospital [T6]', async (t) => {
  const destination = { name: 'east-his', hospitalId: 'east', kind: 'mllp' as const, sends: [{ resource: 'ServiceRequest', message: 'REF^I12', when: 'asked' as const }, { resource: 'ServiceRequest', message: 'REF^I14', when: 'asked' as const }] }
  const late = anOrder({ state: 'refunded', endReason: 'hospital_silent', endedAt: after(30), dueAt: null, dueFor: null })
  /** The order is told, ends unanswered after 30 minutes if `isOver`, and what waits is looked at. */
  const moot = async ({ at, isOver, failed = [], isSent = false }: { readonly at: Date, readonly isOver: boolean, readonly failed?: readonly string[], readonly isSent?: boolean }): Promise<Readonly<Record<string, boolean>>> => {
    const store = await freshStore(t)
    return await store.inTransaction(async (stores) => {
      let serial = 0
      const deps = { ...depsOf(stores), destinations: [destination], ids: { next: () => `00000000-0000-7000-8000-${String(serial += 1).padStart(12, '0')}` } }
      await stores.consultations.save(anOrder())
      await takeIn(deps, said(anOrder()), nine)
      const [asking] = await stores.outbound.list({ destination: 'east-his' }, { limit: 9, before: null })
      if (asking === undefined) throw new Error('the request is told')
      await stores.outbound.keep(asking.id, { controlId: 'C1', content: new Uint8Array([1]), charset: 'utf8', composedAt: nine, notes: [] })
      for (const code of failed) await stores.outbound.failed(asking.id, { failure: { code, detail: '', place: null }, at: nine })
      if (isSent) {
        await stores.outbound.answered(asking.id, { code: 'AA', verdict: 'accepted', bytes: new Uint8Array(), at: nine })
        await stores.outbox.markDone(asking.id, nine)
      }
      if (isOver) {
        const [request, task] = await stores.records.current([{ type: 'ServiceRequest', id: requestIds(late, stableId).request }, { type: 'Task', id: requestIds(late, stableId).task }])
        await stores.consultations.save(late)
        await takeIn(deps, said(late, { request: request ?? null, task: task ?? null, visit: null }, after(30)), after(30))
      }
      const waiting = await stores.outbound.list({ destination: 'east-his' }, { limit: 9, before: null })
      return Object.fromEntries(await Promise.all(waiting.map(async (message) => [message.message ?? '', await isMootRequest(stores, message, at)] as const)))
    })
  }
  t.strictSame(await moot({ at: after(10), isOver: false }), { 'REF^I12': false }, 'is wanted while there is time')
  t.strictSame(await moot({ at: after(30), isOver: false }), { 'REF^I12': true }, 'is moot when its time is up')
  t.strictSame(await moot({ at: after(31), isOver: true }), { 'REF^I12': true, 'REF^I14': true }, 'and so is what would take it back')
  t.strictSame(await moot({ at: after(31), isOver: true, failed: ['OUTSIDE_DOWN'] }), { 'REF^I12': true, 'REF^I14': true }, 'where there was no connection')
  t.strictSame(await moot({ at: after(31), isOver: true, failed: ['OUTSIDE_UNAVAILABLE', 'OUTSIDE_DOWN'] }), { 'REF^I12': true, 'REF^I14': false }, 'unless the hospital may have heard of it once')
  t.strictSame((await moot({ at: after(31), isOver: true, isSent: true }))['REF^I14'], false, 'or has')
})
