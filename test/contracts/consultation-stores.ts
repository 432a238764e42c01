import type { Test } from 'tap'
import type { AfterSales, DoctorFee } from '../../core/consultations/index.ts'
import { fen } from '../../core/money.ts'
import { aConsultation, minutes, opensAt } from '../core/consultations/a-clinic.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const page = { limit: 10, offset: 0 }
const anyOrder = { patientIds: null, hospitalId: null, doctorId: null, states: null }
const anyRequest = { consultationId: null, hospitalId: null, type: null, state: null }
const ids = (found: ReadonlyArray<{ readonly id: string }>): string => found.map(({ id }) => id).join(' ')

const aRequest = (id: string, given: Partial<AfterSales> = {}): AfterSales => ({
  id, consultationId: 'c1', hospitalId: 'east', patientId: 'p1', type: 'refund', state: 'open', reason: '没有回复', doctorId: null, askedAt: opensAt, askedBy: 'p1', dueAt: minutes(60), alertedAt: null, decidedAt: null, decidedBy: null, decision: null, ...given
})
const aFee = (doctorId: string, given: Partial<DoctorFee> = {}): DoctorFee => ({ doctorId, hospitalId: 'east', product: 'consultation.text', priceFen: fen(5_000), setAt: opensAt, setBy: doctorId, ...given })

export function consultationStoresContract (t: Test, open: OpenStore): void {
  t.test('an order → is what was saved, found by number and by each filter, the newest first', async (t) => {
    const { inTransaction } = await open(t)
    const whole = aConsultation({
      id: 'c1', number: 'CR-1', acceptedBy: 'his', channel: 'terminal', namedDoctorId: 'd1', doctorId: 'd1', feePermille: 100, state: 'refund_review', reviewedFrom: 'assigned', declinedBy: ['d8', 'd9'], hospitalAnswer: 'pending', endReason: 'no_doctor',
      assignedAt: minutes(1), acceptedAt: minutes(2), repliedAt: minutes(3), urgedAt: minutes(4), finishedAt: minutes(5), endedAt: minutes(6), dueAt: minutes(7), dueFor: 'accept', version: 9
    })
    await inTransaction(async ({ consultations }) => {
      await consultations.save({ ...whole, state: 'created' })
      await consultations.save(whole)
      await consultations.save(aConsultation({ id: 'c2', number: 'CR-2', patientId: 'p2', hospitalId: 'west', createdAt: minutes(1), doctorId: 'd2', state: 'assigned' }))
      await consultations.save(aConsultation({ id: 'c3', number: 'CR-3', createdAt: minutes(2), doctorId: 'd2', state: 'in_progress' }))
    })
    await inTransaction(async ({ consultations }) => {
      t.strictSame([await consultations.find('c1'), await consultations.findForChange('c1'), await consultations.byNumber('CR-1')], [whole, whole, whole])
      t.strictSame([await consultations.find('c0'), await consultations.byNumber('CR-0')], [null, null])
      const found = async (filter: object): Promise<string> => ids(await consultations.list({ ...anyOrder, ...filter }, page))
      t.strictSame([await found({}), await found({ patientIds: ['p2'] }), await found({ patientIds: [] }), await found({ hospitalId: 'east' }), await found({ doctorId: 'd2' }), await found({ states: ['assigned', 'refund_review'] })],
        ['c3 c2 c1', 'c2', '', 'c3 c1', 'c3 c2', 'c2 c1'])
      t.equal(ids(await consultations.list(anyOrder, { limit: 1, offset: 1 })), 'c2')
      t.strictSame([...await consultations.openOf(['d1', 'd2'])], [['d2', 2]], 'one in review is not before the doctor')
    })
  })

  t.test('what is due → comes oldest first, and the next time is known', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ consultations }) => {
      t.equal(await consultations.nextDue(), null)
      for (const [id, dueAt] of [['c1', minutes(9)], ['c2', minutes(5)], ['c3', null]] as const) await consultations.save(aConsultation({ id, number: id, dueAt, dueFor: dueAt === null ? null : 'pay' }))
      t.strictSame(await consultations.nextDue(), minutes(5))
      t.strictSame([ids(await consultations.due(minutes(4), 9)), ids(await consultations.due(minutes(9), 9)), ids(await consultations.due(minutes(9), 1))], ['', 'c2 c1', 'c2'])
    })
  })

  t.test('numbers of a day → count on without a gap, also at once; one number is one order', async (t) => {
    const { inTransaction } = await open(t)
    const numbers = await Promise.all(Array.from({ length: 12 }, (_, place) => inTransaction(({ consultations }) => consultations.nextOfDay(place < 10 ? '20270301' : '20270302'))))
    t.strictSame(numbers.sort((one, other) => one - other), [1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    await inTransaction(({ consultations }) => consultations.save(aConsultation({ id: 'c1', number: 'CR-1' })))
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ consultations }) => consultations.save(aConsultation({ id: 'c2', number: 'CR-1' })))])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('after-sales → are listed the newest first, and are late once', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ afterSales }) => {
      await afterSales.save(aRequest('a1'))
      await afterSales.save(aRequest('a2', { type: 'urge', state: 'done', dueAt: null, askedAt: minutes(1), decidedAt: minutes(1), reason: null }))
      await afterSales.save(aRequest('a3', { consultationId: 'c2', hospitalId: 'west', askedAt: minutes(2), dueAt: minutes(30), decidedBy: 'r1', decision: 'x' }))
      t.strictSame([await afterSales.find('a1'), await afterSales.findForChange('a0')], [aRequest('a1'), null])
      const found = async (filter: object): Promise<string> => ids(await afterSales.list({ ...anyRequest, ...filter }, page))
      t.strictSame([await found({}), await found({ consultationId: 'c1' }), await found({ hospitalId: 'west' }), await found({ type: 'urge' }), await found({ state: 'open' })], ['a3 a2 a1', 'a2 a1', 'a3', 'a2', 'a3 a1'])
      t.strictSame([await afterSales.nextLate(), ids(await afterSales.late(minutes(60), 9))], [minutes(30), 'a3 a1'])
      await afterSales.save(aRequest('a3', { alertedAt: minutes(31), dueAt: minutes(30) }))
      await afterSales.save(aRequest('a1', { state: 'approved' }))
      t.strictSame([await afterSales.nextLate(), await afterSales.late(minutes(90), 9)], [null, []])
    })
  })

  t.test('fees → are replaced as a whole, and found up to a price; presence is the last word', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ doctorFees, presences }) => {
      await doctorFees.replace('d1', [aFee('d1'), aFee('d1', { product: 'inquiry.text', priceFen: fen(0) })])
      await doctorFees.replace('d2', [aFee('d2', { priceFen: fen(3_000) })])
      await doctorFees.replace('d3', [aFee('d3', { hospitalId: 'west', priceFen: fen(1_000) })])
      const upTo = async (mostFen: number): Promise<string> => (await doctorFees.upTo({ hospitalId: 'east', product: 'consultation.text', mostFen }, 9)).map(({ doctorId }) => doctorId).join(' ')
      t.strictSame([await upTo(5_000), await upTo(4_999), await upTo(10)], ['d1 d2', 'd2', ''])
      await doctorFees.replace('d1', [aFee('d1', { priceFen: fen(6_000) })])
      t.strictSame(await doctorFees.ofDoctors(['d1', 'd9']), [aFee('d1', { priceFen: fen(6_000) })])
      await presences.save({ doctorId: 'd1', isOnline: true, seenAt: opensAt })
      await presences.save({ doctorId: 'd1', isOnline: false, seenAt: minutes(1) })
      t.strictSame(await presences.ofDoctors(['d1', 'd2']), [{ doctorId: 'd1', isOnline: false, seenAt: minutes(1) }])
    })
  })
}
