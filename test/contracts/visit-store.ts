import type { Test } from 'tap'
import type { Visit, VisitStep } from '../../core/visits/index.ts'
import type { OpenStore } from './store-under-test.ts'

function aVisit (id: string, given: Partial<Visit> = {}): Visit {
  return {
    id,
    hospitalId: 'east',
    visitNumber: `V-${id}`,
    patientId: 'p1',
    class: 'outpatient',
    state: 'registered',
    startedAt: new Date('2026-03-02T00:30:00Z'),
    endedAt: null,
    department: '内科',
    practitionerId: 'd1',
    placerNumber: null,
    payMode: null,
    continuedAs: null,
    ...given
  }
}

function aStep (given: Partial<VisitStep> = {}): VisitStep {
  return { visitId: 'v1', kind: 'registered', key: 'Encounter/v1', at: new Date('2026-03-02T00:30:00Z'), about: null, queueNumber: null, room: null, ...given }
}

export function visitStoreContract (t: Test, open: OpenStore): void {
  t.test('a visit → is read back as saved, and replaced as a whole', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ visits }) => {
      const bare = aVisit('v1', { visitNumber: null, class: null, state: 'unconfirmed', startedAt: null, department: null, practitionerId: null })
      for (const visit of [bare, aVisit('v1'), aVisit('v1', { placerNumber: 'YQ0000000000001', payMode: 'postpay', continuedAs: 'v9' }), aVisit('v1', { state: 'closed', endedAt: new Date('2026-03-02T08:00:00Z') })]) {
        await visits.save(visit)
        t.strictSame(await visits.find('v1'), visit)
      }
      t.equal(await visits.find('nobody'), null)
    })
  })

  t.test('visits → are listed newest first, those without a start last, narrowed by each filter', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ visits }) => {
      await visits.save(aVisit('v1'))
      await visits.save(aVisit('v2', { startedAt: new Date('2026-03-05T00:00:00Z'), patientId: 'p2' }))
      await visits.save(aVisit('v3', { startedAt: null, hospitalId: 'west', state: 'unconfirmed' }))
      const all = { patientIds: null, hospitalId: null, state: null }
      const found = async (filter: Partial<Parameters<typeof visits.list>[0]>, page = { limit: 10, offset: 0 }): Promise<string> =>
        (await visits.list({ ...all, ...filter }, page)).map(({ id }) => id).join(' ')
      t.strictSame([await found({}), await found({ patientIds: ['p1'] }), await found({ patientIds: [] }), await found({ hospitalId: 'west' }),
        await found({ state: 'registered' }), await found({}, { limit: 1, offset: 1 })], ['v2 v1 v3', 'v1 v3', '', 'v3', 'v2 v1', 'v1'])
    })
  })

  t.test('a visit that goes on as another → is not listed, and its steps are the other\'s too', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ visits }) => {
      await visits.save(aVisit('v1', { continuedAs: 'v2' }))
      await visits.save(aVisit('v2'))
      t.strictSame((await visits.list({ patientIds: ['p1'], hospitalId: null, state: null }, { limit: 10, offset: 0 })).map(({ id }) => id), ['v2'])
      const registered = aStep({ visitId: 'v1' })
      const called = aStep({ visitId: 'v2', kind: 'called', key: 'A012/1', at: new Date('2026-03-02T01:00:00Z'), about: '内科候诊', queueNumber: 'A012', room: '1诊室' })
      t.strictSame([await visits.addStep(called), await visits.addStep(registered), await visits.addStep({ ...called, room: '2诊室' })], [true, true, false], 'each once')
      t.strictSame(await visits.steps('v2', 10), [registered, called])
      t.strictSame([await visits.steps('v1', 10), await visits.steps('v2', 1)], [[registered], [registered]])
    })
  })
}
